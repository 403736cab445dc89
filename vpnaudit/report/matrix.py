"""Rules across, connections down: what every check gave, one letter a cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.tables import records
from vpnaudit.findings import SEVERITIES
from vpnaudit.report.causes import connections_of, with_cause

if TYPE_CHECKING:
    from vpnaudit.audit import Audit

NAMED_CONNECTIONS = 80
"""Above this many connections a row is a VPC, and a cell shows the worst verdict and on how many connections."""

ACROSS = 56
"""Rules that stand side by side on a sheet of A4 across; more of them are further tables below."""

_ORDER = (*SEVERITIES, "cannot-tell", "waived", "pass", "not-applicable")
_LETTERS = dict(zip(_ORDER, ("C", "H", "M", "L", "I", "?", "W", "✓", "·"), strict=True))
_KEYS = dict(zip(_ORDER, ("c", "h", "m", "l", "i", "o", "w", "", "n"), strict=True))
_SAME = {
    "pass": "passes everywhere",
    "not-applicable": "applies nowhere",
    "cannot-tell": "cannot tell anywhere",
    "waived": "is waived everywhere",
}


@dataclass(frozen=True)
class Cell:
    """What one rule says of one row. `key` is its class in the page, `cause` leads to the finding, `times` is for rows
    of VPCs.
    """

    letter: str
    key: str
    cause: str | None
    times: int


@dataclass(frozen=True)
class Row:
    """One connection, or one VPC, and a cell for each rule that is drawn."""

    name: str
    place: str
    cells: list[Cell]


@dataclass(frozen=True)
class Grid:
    """The matrix. `same` names rules that say the same of every row, which are not drawn."""

    rules: list[str]
    rows: list[Row]
    same: list[tuple[str, list[str]]]
    by_vpc: bool
    connections: int

    @property
    def parts(self) -> list[Grid]:
        """The same in tables that a sheet of paper holds, of nearly equal width; none of the rules is left out."""
        number = -(-len(self.rules) // ACROSS)
        cuts = [len(self.rules) * part // number for part in range(number + 1)] if number else []
        return [
            replace(
                self,
                rules=self.rules[begin:end],
                rows=[replace(row, cells=row.cells[begin:end]) for row in self.rows],
            )
            for begin, end in pairwise(cuts)
        ]


def grid(audit: Audit) -> Grid:
    """The verdicts that touch connections; a verdict on a gateway, VPC or tier counts for each connection that uses
    it.
    """
    tunnels = audit.estate["tunnels"]
    by_vpc = len(tunnels) > NAMED_CONNECTIONS
    verdicts = _verdicts_by_connection(audit)
    tunnels = tunnels.assign(name=tunnels["vpc"].fillna("not collected") if by_vpc else tunnels["label"])
    tunnels["place"] = tunnels["source"] + " / " + tunnels["zone"].fillna("zone not collected")
    verdicts = verdicts.merge(
        tunnels[["source", "id", "name", "place"]].rename(columns={"id": "connection"}), on=["source", "connection"]
    )
    keys = ["place", "name"] if by_vpc else ["place", "name", "connection"]
    worst = verdicts.sort_values("rank", kind="stable").drop_duplicates([*keys, "rule"])
    times = (
        verdicts[verdicts["rank"] < len(SEVERITIES)]
        .groupby([*keys, "rule"])["connection"]
        .nunique()
        .rename("times")
        .reset_index()
    )
    worst = worst.merge(times, on=[*keys, "rule"], how="left").fillna({"times": 0})
    same = _same(worst, len(worst.drop_duplicates(keys)))
    drawn = worst[~worst["rule"].isin(same.keys())]
    weight = (
        drawn.assign(bad=drawn["rank"] < len(SEVERITIES))
        .groupby("rule")
        .agg(rank=("rank", "min"), bad=("bad", "sum"))
        .reset_index()
    )
    rules = weight.sort_values(["rank", "bad", "rule"], ascending=[True, False, True])["rule"].tolist()
    rows = [
        _row((str(name[0]), str(name[1])), part, rules, by_vpc=by_vpc) for name, part in worst.groupby(keys, sort=True)
    ]
    same_by_kind = [
        (_SAME[kind], sorted(rule for rule, verdict in same.items() if verdict == kind))
        for kind in _SAME
        if kind in same.values()
    ]
    return Grid(rules, rows, same_by_kind, by_vpc, len(tunnels))


def _verdicts_by_connection(audit: Audit) -> pd.DataFrame:
    """One row for each rule and connection it says something of: source, connection, rule, rank, cause."""
    rows = audit.coverage
    owner = with_cause(audit).set_index("fingerprint")["cause"]
    kind = rows["severity"].where(rows["verdict"] == "fail", rows["verdict"])
    flat = rows[["rule"]].assign(rank=kind.map(_ORDER.index), cause=rows["fingerprint"].map(owner))
    return connections_of(rows, audit.estate).merge(flat, left_on="row", right_index=True)


def _same(worst: pd.DataFrame, rows: int) -> dict[str, str]:
    """Rules that say one thing, other than a failure, of every row."""
    spread = worst.groupby("rule")["rank"].agg(["min", "max", "size"])
    even = spread[(spread["min"] == spread["max"]) & (spread["size"] == rows) & (spread["min"] >= len(SEVERITIES))]
    return {str(rule): _ORDER[int(rank)] for rule, rank in even["min"].items()}


def _row(key: tuple[str, str], part: pd.DataFrame, rules: list[str], *, by_vpc: bool) -> Row:
    by_rule = {row["rule"]: row for row in records(part)}
    nothing = Cell("", "n", None, 0)
    cells = [_cell(by_rule[rule], by_vpc=by_vpc) if rule in by_rule else nothing for rule in rules]
    return Row(key[1], key[0], cells)


def _cell(row: dict[Any, Any], *, by_vpc: bool) -> Cell:
    kind = _ORDER[int(row["rank"])]
    cause = None if pd.isna(row["cause"]) else str(row["cause"])
    return Cell(_LETTERS[kind], _KEYS[kind], cause if kind in SEVERITIES else None, int(row["times"]) if by_vpc else 0)
