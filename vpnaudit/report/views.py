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
from vpnaudit.report import parameters as given_to
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

SHOWN_GAPS = 40

_KNOWN: WeakKeyDictionary[Exploration, list[Block]] = WeakKeyDictionary()


def parameters(namespace: Mapping[str, Any]) -> Html:
    """The style of all that follows; and, where the notebook was given a name that it does not have, a notice that says
    so.

    Call it with `globals()`. Raises `ConfigError` where a parameter has a value of another type than the notebook
    declares.
    """
    declared, unknown = given_to.audit_namespace(namespace)
    return Html(inline_style() + fragment("parameters", unknown=unknown, declared=sorted(declared)).markup)


def summary(seen: Exploration) -> Html:
    """The verdict, how much of the estate it rests on, what to do first, and the scope."""
    audit, estate = seen.audit, seen.estate
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
        todo=_blocks(seen)[:3],
        open=_reasons(audit.coverage),
        unexpected=int((~estate["gaps"]["expected"].fillna(value=False)).sum()),
        seen={name: len(estate[table]) for name, table in _SCOPE.items()},
        far_sides=_told_by(estate["outcomes"]),
    )


def _told_by(outcomes: pd.DataFrame) -> dict[str, int]:
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


def not_assessed(seen: Exploration) -> Html:
    """What could not be judged: why, how much, what it leaves open and how to close it; all verdicts; what could not be
    collected.
    """
    gaps = seen.gaps.sort_values(["expected", "source", "table"], na_position="first", kind="stable")
    counts = seen.audit.counts
    applying = sum(number for verdict, number in counts.items() if verdict != "not-applicable")
    return fragment(
        "not_assessed",
        reasons=_reasons(seen.coverage),
        open=counts["cannot-tell"],
        applying=applying,
        verdicts=[
            (verdict, *words.VERDICTS[verdict], counts[verdict])
            for verdict in ("cannot-tell", "fail", "waived", "pass", "not-applicable")
        ],
        gaps=records(gaps.head(SHOWN_GAPS)),
        all_gaps=len(gaps),
        requests=len(seen.estate["requests"]),
        notes=seen.notes,
    )


def findings(seen: Exploration, least_severity: str = "info") -> Html:
    """Every cause at or above a severity, worst first, each with all reasons, the command that mends it and the cells
    it rests on.

    Raises `ConfigError` where `least_severity` is no severity.
    """
    if least_severity not in SEVERITIES:
        raise ConfigError(f"least_severity is {least_severity!r}; it is one of {', '.join(SEVERITIES)}.")
    listed = SEVERITIES[: SEVERITIES.index(least_severity) + 1]
    every = _blocks(seen)
    shown = [block for block in every if block.severity in listed]
    return fragment(
        "findings",
        blocks=shown,
        facets=facets(shown),
        unlisted=len(every) - len(shown),
        least=least_severity,
        severities=SEVERITIES,
    )


def findings_on(seen: Exploration, source: str, connection: str) -> Html:
    """The causes that touch one connection, or its customer gateway."""
    tunnels = seen.estate["tunnels"]
    mine = tunnels[(tunnels["source"] == source) & (tunnels["id"] == connection)]
    ids = {connection, *mine["customer_gateway_id"].dropna()}
    shown = [
        b
        for b in _blocks(seen)
        if any(row["source"] == source and {row["subject_id"], row["other_id"]} & ids for row in b.findings)
    ]
    return fragment("findings", blocks=shown, facets=facets(shown), unlisted=0, least="info", severities=SEVERITIES)


def waivers(seen: Exploration) -> Html:
    """Exceptions of the policy, with the days that are left and what each covers; expired ones too."""
    at = seen.estate.collected_at
    waived = seen.coverage[seen.coverage["verdict"] == "waived"]
    rows = []
    for waiver in seen.policy.waivers:
        covered = waived[
            (waived["rule"] == waiver.rule) & ((waived["subject_id"] == waiver.subject) | (waiver.subject == "*"))
        ]
        left = None if at is None else (waiver.until - at.date()).days
        rows.append(
            {"waiver": waiver, "covers": sorted(set(covered["subject"].dropna())), "checks": len(covered), "left": left}
        )
    return fragment("waivers", rows=rows)


def estate_map(seen: Exploration) -> Html:
    """Every VPC with its connections, worst first, and an arc for each tunnel that stays inside the estate."""
    return fragment("estate_map", map=drawing(seen.audit))


def matrix(seen: Exploration) -> Html:
    """Rules across, connections down: one letter a verdict."""
    return fragment("matrix", grid=grid(seen.audit))


def method(seen: Exploration) -> Html:
    """For each rule what it looks for, how often it could judge, and what it cannot see."""
    counts = pd.crosstab(seen.coverage["rule"], seen.coverage["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    rules = [
        {"rule": rule, "counts": counts.loc[rule.id].to_dict() if rule.id in counts.index else None}
        for rule in all_rules().values()
    ]
    return fragment("method", rules=rules, policy=seen.policy)


def provenance(seen: Exploration, peers: str = "") -> Html:
    """What the report was made from, by whom and with what, and how to make it again. `peers` is what the snapshot was
    opened with: files for far ends.
    """
    files = [text for text in map(str.strip, peers.split(",")) if text]
    again = ["vpnaudit", "report", "SNAPSHOT", "--policy", seen.policy.name]
    used = {name: version(name) for name in ("pandas", "papermill", "nbconvert", "plotly")}
    owners = seen.estate["subjects"]["account"].dropna().unique()
    return fragment(
        "provenance",
        seen=seen,
        sources=records(seen.estate["sources"]),
        digest=seen.estate.digest,
        peers=files,
        command=shlex.join([*again, *(word for path in files for word in ("--peers", path))]),
        tool=f"vpnaudit {__version__}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {used[name]}" for name in used),
        limits={
            name: value for name, value in seen.policy.model_dump().items() if name not in ("name", "title", "waivers")
        },
        accounts=words.list_up(sorted(map(str, owners)), most=12),
    )


def table(frame: pd.DataFrame, caption: str, most: int = 60) -> Html:
    """A frame as a table: columns by name, missing values as a dash, and a note where rows are left out."""
    shown = frame.head(most)
    cells = shown.astype("object").where(shown.notna(), None).to_numpy().tolist()
    return fragment("table", columns=[str(name) for name in frame.columns], rows=cells, caption=caption, all=len(frame))


def _blocks(seen: Exploration) -> list[Block]:
    """The causes of this exploration, put together once."""
    if seen not in _KNOWN:
        _KNOWN[seen] = blocks(seen.audit)
    return _KNOWN[seen]


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
                "said": part["sentence"].dropna().value_counts().index[:3].tolist(),
                "close": words.HOW_TO_CLOSE[str(reason)],
            }
        )
    return sorted(rows, key=lambda row: (-row["checks"], row["reason"]))
