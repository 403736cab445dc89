"""What the cells of a notebook show, one function a section. Each takes what `vpnaudit.open` gave and returns a piece
of HTML.
"""

from __future__ import annotations

import platform
import shlex
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pandas as pd

from vpnaudit.errors import ConfigError
from vpnaudit.estate.tables import records
from vpnaudit.findings import CANNOT_TELL, SEVERITIES, VERDICTS
from vpnaudit.report import parameters as notebook_parameters
from vpnaudit.report import words
from vpnaudit.report.cause_blocks import Block, blocks, facets
from vpnaudit.report.causes import by_severity, causes, headline
from vpnaudit.report.estate_map import drawing
from vpnaudit.report.matrix import grid
from vpnaudit.report.page import Html, fragment, inline_style
from vpnaudit.rules import all_rules
from vpnaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.explore import Exploration

MOST_GAPS = 40

_BLOCKS: WeakKeyDictionary[Exploration, list[Block]] = WeakKeyDictionary()


def parameters(namespace: Mapping[str, Any]) -> Html:
    """The style of all that follows; and, where somebody set a name that the notebook does not have, a notice that says
    so.

    Call it with `globals()`. Raises `ConfigError` where a parameter has a value of another type than the notebook
    declares.
    """
    declared, unknown = notebook_parameters.audit_namespace(namespace)
    return Html(inline_style() + fragment("parameters", unknown=unknown, declared=sorted(declared)).markup)


def summary(exploration: Exploration) -> Html:
    """The verdict, how much of the estate it rests on, what to do first, and the scope."""
    audit, estate = exploration.audit, exploration.estate
    clear, connections = audit.clear_connections
    table = causes(audit)
    judged = sum(audit.counts[verdict] for verdict in ("fail", "waived", "pass"))
    return fragment(
        "summary",
        audit=audit,
        sources=records(estate["sources"]),
        names=words.list_up(estate.sources) or "no source",
        verdict=headline(audit, table),
        clear=clear,
        connections=connections,
        connected=int((estate["connections"]["state"] == "Connected").sum()),
        judged=judged,
        applying=judged + audit.counts["cannot-tell"],
        causes=by_severity(table),
        most=max([1, *by_severity(table).values()]),
        todo=_blocks(exploration)[:3],
        open=_reasons(audit.coverage),
        unexpected=int((~estate["gaps"]["expected"].fillna(value=False)).sum()),
        scope={name: len(estate[table]) for name, table in _SCOPE.items()},
        far_sides=_far_sides(estate["outcomes"]),
    )


def _far_sides(outcomes: pd.DataFrame) -> dict[str, int]:
    """How many connections have a far side that is known, by where it is known from: `connection` or `peers`."""
    far = outcomes.drop_duplicates(["source", "id"])["far"]
    return {place: int((far == place).sum()) for place in ("connection", "peers")}


_SCOPE = {
    "zone": "zones",
    "VPC": "vpcs",
    "connection": "connections",
    "customer gateway": "customer_gateways",
    "router": "routers",
}


def not_assessed(exploration: Exploration) -> Html:
    """What could not be judged: why, how much, what it leaves open and how to close it; all verdicts; what could not be
    collected.
    """
    gaps = exploration.gaps.sort_values(["expected", "source", "table"], na_position="first", kind="stable")
    counts = exploration.audit.counts
    applying = sum(number for verdict, number in counts.items() if verdict != "not-applicable")
    return fragment(
        "not_assessed",
        reasons=_reasons(exploration.coverage),
        open=counts["cannot-tell"],
        applying=applying,
        verdicts=[
            (verdict, *words.VERDICTS[verdict], counts[verdict])
            for verdict in ("cannot-tell", "fail", "waived", "pass", "not-applicable")
        ],
        gaps=records(gaps.head(MOST_GAPS)),
        all_gaps=len(gaps),
        requests=len(exploration.estate["requests"]),
        notes=exploration.notes,
    )


def findings(exploration: Exploration, least_severity: str = "info") -> Html:
    """Every cause at or above a severity, worst first, each with all reasons, the command that mends it and the cells
    it rests on.

    Raises `ConfigError` where `least_severity` is no severity.
    """
    if least_severity not in SEVERITIES:
        raise ConfigError(f"least_severity is {least_severity!r}; it is one of {', '.join(SEVERITIES)}.")
    severities = SEVERITIES[: SEVERITIES.index(least_severity) + 1]
    every = _blocks(exploration)
    on_page = [block for block in every if block.severity in severities]
    return fragment(
        "findings",
        blocks=on_page,
        facets=facets(on_page),
        unlisted=len(every) - len(on_page),
        least=least_severity,
        severities=SEVERITIES,
    )


def findings_on(exploration: Exploration, source: str, connection: str) -> Html:
    """The causes that touch one connection, or its customer gateway."""
    tunnels = exploration.estate["tunnels"]
    mine = tunnels[(tunnels["source"] == source) & (tunnels["id"] == connection)]
    ids = {connection, *mine["customer_gateway_id"].dropna()}
    on_page = [
        b
        for b in _blocks(exploration)
        if any(row["source"] == source and {row["subject_id"], row["other_id"]} & ids for row in b.findings)
    ]
    return fragment("findings", blocks=on_page, facets=facets(on_page), unlisted=0, least="info", severities=SEVERITIES)


def waivers(exploration: Exploration) -> Html:
    """Exceptions of the policy, with the days that are left and what each covers; expired ones too."""
    at = exploration.estate.collected_at
    waived = exploration.coverage[exploration.coverage["verdict"] == "waived"]
    rows = []
    for waiver in exploration.policy.waivers:
        covered = waived[
            (waived["rule"] == waiver.rule) & ((waived["subject_id"] == waiver.subject) | (waiver.subject == "*"))
        ]
        left = None if at is None else (waiver.until - at.date()).days
        rows.append(
            {"waiver": waiver, "covers": sorted(set(covered["subject"].dropna())), "checks": len(covered), "left": left}
        )
    return fragment("waivers", rows=rows)


def estate_map(exploration: Exploration) -> Html:
    """Every VPC with its connections, worst first, and an arc for each tunnel that stays inside the estate."""
    return fragment("estate_map", map=drawing(exploration.audit))


def matrix(exploration: Exploration) -> Html:
    """Rules across, connections down: one letter a verdict."""
    return fragment("matrix", grid=grid(exploration.audit))


def method(exploration: Exploration) -> Html:
    """For each rule what it looks for, how often it could judge, and what it cannot see."""
    counts = pd.crosstab(exploration.coverage["rule"], exploration.coverage["verdict"]).reindex(
        columns=list(VERDICTS), fill_value=0
    )
    rules = [
        {"rule": rule, "counts": counts.loc[rule.id].to_dict() if rule.id in counts.index else None}
        for rule in all_rules().values()
    ]
    return fragment("method", rules=rules, policy=exploration.policy)


def provenance(exploration: Exploration, peers: str = "") -> Html:
    """What the report was made from, by whom and with what, and how to make it again. `peers` is what the snapshot was
    opened with: files for far ends.
    """
    files = [text for text in map(str.strip, peers.split(",")) if text]
    again = ["vpnaudit", "report", "SNAPSHOT", "--policy", exploration.policy.name]
    used = {name: version(name) for name in ("pandas", "plotly")}
    owners = exploration.estate["subjects"]["account"].dropna().unique()
    return fragment(
        "provenance",
        policy=exploration.policy,
        sources=records(exploration.estate["sources"]),
        digest=exploration.estate.digest,
        peers=files,
        command=shlex.join([*again, *(word for path in files for word in ("--peers", path))]),
        tool=f"vpnaudit {__version__}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {used[name]}" for name in used),
        limits={
            name: value
            for name, value in exploration.policy.model_dump().items()
            if name not in ("name", "title", "waivers")
        },
        accounts=words.list_up(sorted(map(str, owners)), most=12),
    )


def table(frame: pd.DataFrame, caption: str, most: int = 60) -> Html:
    """A frame as a table: columns by name, missing values as a dash, and a note where rows are left out."""
    rows = frame.head(most)
    cells = rows.astype("object").where(rows.notna(), None).to_numpy().tolist()
    return fragment("table", columns=[str(name) for name in frame.columns], rows=cells, caption=caption, all=len(frame))


def _blocks(exploration: Exploration) -> list[Block]:
    """The causes of this exploration, put together once."""
    if exploration not in _BLOCKS:
        _BLOCKS[exploration] = blocks(exploration.audit, exploration.mends)
    return _BLOCKS[exploration]


def _reasons(coverage: pd.DataFrame) -> list[dict[str, Any]]:
    """Why checks could not be judged, most first."""
    rows = []
    open_ = coverage[coverage["verdict"] == "cannot-tell"]
    for reason, part in open_.groupby("reason"):
        rules = part["rule"].value_counts()
        rows.append(
            {
                "reason": str(reason),
                "words": CANNOT_TELL[str(reason)],
                "checks": len(part),
                "rules": words.list_up([f"{rule} ({number})" for rule, number in rules.items()]),
                "sentences": part["sentence"].dropna().value_counts().index[:3].tolist(),
                "close": words.HOW_TO_CLOSE[str(reason)],
            }
        )
    return sorted(rows, key=lambda row: (-row["checks"], row["reason"]))
