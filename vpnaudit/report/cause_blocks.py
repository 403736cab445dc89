"""All that a cause shows: its findings, reasons, fix, command, evidence and references."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vpnaudit.estate.tables import records
from vpnaudit.report.causes import causes, with_cause
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from vpnaudit.audit import Audit
    from vpnaudit.findings import Rule

MEMBERS, CELLS = 12, 16
_PATH = ("source", "zone", "domain", "account", "project", "vpc", "customer_gateway")


@dataclass(frozen=True)
class Mend:
    """One way to mend: on which side, what, with which command (empty: none does), what it interrupts, how to go
    back; the plan that it is, and the block that prints this command (empty: this one does).
    """

    side: str
    what: str
    command: str
    interrupts: str
    rollback: str
    plan: str = ""
    printed_in: str = ""


@dataclass(frozen=True)
class Block:
    """One cause. `rules` and `findings` are all that it explains, worst first; the others are what is shown of them."""

    id: str
    severity: str
    subject: str
    sentence: str
    path: list[tuple[str, str]]
    rules: list[Rule]
    findings: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    evidence: list[dict[str, Any]]
    mends: list[Mend]
    connections: int

    @property
    def imperative(self) -> str:
        """What to do, in one sentence; the block of the cause has the rest."""
        what = self.mends[0].what if self.mends else ""
        return (what or self.rules[0].text["How to fix it"]).split(". ")[0].removesuffix(".") + "."

    @property
    def places(self) -> dict[str, list[str]]:
        """What the filter looks at: distinct values by facet."""
        rows = self.findings
        return {
            "source": _distinct(row["source"] for row in rows),
            "zone": _distinct(part for row in rows for part in (row["zone"] or "").split(", ")),
            "account": _distinct(row["project"] or row["account"] for row in rows),
            "rule": [rule.id for rule in self.rules],
        }


def blocks(audit: Audit, mends: pd.DataFrame) -> list[Block]:
    """Every open cause, in the order of `causes.causes`; `mends` is what `plan.remedies` says of the audit."""
    findings, table = with_cause(audit), causes(audit)
    mends_by_finding = {str(fingerprint): part for fingerprint, part in mends.fillna("").groupby("fingerprint")}
    members = {str(cause): records(part) for cause, part in findings.groupby("cause", sort=False)}
    return _once(
        [
            _block(str(cause), members[str(cause)], mends_by_finding, int(row["connections"]))
            for cause, row in table.iterrows()
        ]
    )


def _once(whole: list[Block]) -> list[Block]:
    """Each command in the first block that has it; the others say where it stands."""
    first: dict[str, str] = {}
    for block in whole:
        for mend in block.mends:
            if mend.command:
                first.setdefault(mend.command, block.id)
    return [replace(block, mends=[_printed(mend, block, first) for mend in block.mends]) for block in whole]


def _printed(mend: Mend, block: Block, first: dict[str, str]) -> Mend:
    place = first.get(mend.command, block.id)
    return mend if place == block.id else replace(mend, command="", rollback="", printed_in=place)


def facets(blocks_on_page: list[Block]) -> dict[str, list[tuple[str, int]]]:
    """What can be filtered for, and how many causes each value has."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in ("source", "zone", "account", "rule")}
    for block in blocks_on_page:
        for name, values in block.places.items():
            counters[name].update(values)
    return {name: sorted(counter.items()) for name, counter in counters.items()}


def _block(
    cause: str, rows: list[dict[str, Any]], mends_by_finding: dict[str, pd.DataFrame], connections: int
) -> Block:
    worst = rows[0]
    rules = all_rules()
    return Block(
        id=cause,
        severity=worst["severity"],
        subject=worst["subject"],
        sentence=worst["sentence"] or "",
        path=[(name.replace("_", " "), str(worst[name])) for name in _PATH if worst[name]],
        rules=[rules[rule] for rule in _distinct((row["rule"] for row in rows), ordered=False)],
        findings=rows,
        reasons=_rows(
            (reason for row in rows for reason in row["reasons"]), ("field", "ours", "theirs", "expected", "who")
        ),
        evidence=_rows((cell for row in rows for cell in row["evidence"]), ("table", "id", "column", "value")),
        mends=_mends(rows, mends_by_finding),
        connections=connections,
    )


def _mends(rows: list[dict[str, Any]], mends_by_finding: dict[str, pd.DataFrame]) -> list[Mend]:
    parts = [mends_by_finding[row["fingerprint"]] for row in rows if row["fingerprint"] in mends_by_finding]
    mends = [Mend(*line) for part in parts for line in _lines(part)]
    distinct: dict[tuple[str, str], Mend] = {}
    for mend in mends:  # one command mends all that share it: the first, which is the worst finding's, says why
        distinct.setdefault(("", mend.command) if mend.command else (mend.side, mend.what), mend)
    return sorted(distinct.values(), key=lambda mend: not mend.command)


def _lines(part: pd.DataFrame) -> list[list[str]]:
    return part[["side", "what", "command", "interrupts", "rollback", "plan"]].astype("object").to_numpy().tolist()


def _rows(rows: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Distinct rows, in order."""
    distinct = {tuple(row.get(column) for column in columns): None for row in rows}
    return [dict(zip(columns, row, strict=True)) for row in distinct]


def _distinct(values: Iterable[Any], *, ordered: bool = True) -> list[str]:
    texts = list(dict.fromkeys(str(value) for value in values if value))
    return sorted(texts) if ordered else texts
