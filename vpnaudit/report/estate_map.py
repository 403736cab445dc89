"""The estate as a drawing: a row for each VPC, marks for its connections, arcs for tunnels that stay inside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.tables import records
from vpnaudit.findings import SEVERITIES
from vpnaudit.report.causes import connections_of, with_cause
from vpnaudit.report.words import count

if TYPE_CHECKING:
    from vpnaudit.audit import Audit

NAMED = 120
"""Above this many connections their names go, and the marks stay."""

WIDTH, ROW, LEFT, FIRST, TOP = 1000, 20, 118, 470, 44
_NAMED_STEP, _BARE_STEP = 176, 17
_LETTERS = dict(zip(SEVERITIES, "CHMLI", strict=True))


@dataclass(frozen=True)
class Mark:
    """One connection. `worst` is a severity, or `none`; `inside` says that the far side is a VPC of the estate."""

    x: int
    y: int
    label: str
    worst: str
    letter: str
    cause: str | None
    inside: bool
    up: bool


@dataclass(frozen=True)
class Line:
    """One VPC, or with `heading` a zone."""

    y: int
    name: str
    network: str
    address: str
    note: str
    marks: list[Mark]
    heading: bool = False


@dataclass(frozen=True)
class Arc:
    """A tunnel between two VPCs of the estate; `worst` as in `Mark`."""

    path: str
    ends: tuple[int, int]
    worst: str


@dataclass(frozen=True)
class Map:
    """The drawing: its lines and arcs, and the counts that its title states."""

    width: int
    height: int
    lines: list[Line]
    arcs: list[Arc]
    outside: int
    connections: int
    vpcs: int
    hit: int
    named: bool
    columns: tuple[int, int, int]


def drawing(audit: Audit) -> Map:
    """Lay the estate out. The same audit gives the same drawing."""
    tunnels = _judged(audit)
    vpcs = audit.estate["vpcs"].merge(
        audit.estate["vpn_gateways"][["source", "vpc_id", "public_ip"]].rename(columns={"vpc_id": "id"}),
        on=["source", "id"],
        how="left",
    )
    vpcs = vpcs.drop_duplicates(["source", "id"])
    rank = (
        tunnels.groupby(["source", "vpc_id"])["rank"]
        .min()
        .rename("rank")
        .reset_index()
        .rename(columns={"vpc_id": "id"})
    )
    vpcs = vpcs.merge(rank, on=["source", "id"], how="left").fillna(
        {"rank": len(SEVERITIES) + 1, "zone": "zone not collected"}
    )
    vpcs = vpcs.sort_values(["source", "zone", "rank", "name", "id"], kind="stable")
    named = len(tunnels) <= NAMED
    lines, places = _lines(vpcs, tunnels, named=named)
    arcs = _arcs(audit, tunnels, places)
    hit = int((tunnels["rank"] <= SEVERITIES.index("high")).sum())
    outside, height = int((~tunnels["inside"]).sum()), (lines[-1].y if lines else TOP) + 2 * ROW
    return Map(WIDTH, height, lines, arcs, outside, len(tunnels), len(vpcs), hit, named, (LEFT, LEFT + 142, LEFT + 246))


def _judged(audit: Audit) -> pd.DataFrame:
    """Connections with the rank of their worst open finding, its cause, and whether the far side is a VPC of the
    estate.
    """
    tunnels = audit.estate["tunnels"]
    findings = with_cause(audit)
    flat = findings[["cause"]].assign(rank=findings["severity"].map(SEVERITIES.index).astype("Int64"))
    touched = (
        connections_of(findings, audit.estate)
        .merge(flat, left_on="row", right_index=True)
        .sort_values("row", kind="stable")
    )
    worst = touched.drop_duplicates(["source", "connection"])[["source", "connection", "rank", "cause"]].rename(
        columns={"connection": "id"}
    )
    rows = tunnels.merge(worst, on=["source", "id"], how="left")
    pairs = audit.estate["pairs"]
    inside = pd.MultiIndex.from_frame(rows[["source", "id"]]).isin(pd.MultiIndex.from_frame(pairs[["source", "id"]]))
    rows["rank"] = rows["rank"].fillna(len(SEVERITIES)).astype(int)
    far = rows["customer_gateway"].fillna(rows["gateway"]).fillna("not collected")
    return rows.assign(inside=inside, far=far).sort_values(["source", "vpc_id", "rank", "far", "id"], kind="stable")


def _lines(vpcs: pd.DataFrame, tunnels: pd.DataFrame, *, named: bool) -> tuple[list[Line], dict[tuple[str, str], int]]:
    ends = {key: records(part) for key, part in tunnels.groupby(["source", "vpc_id"])}
    lines: list[Line] = []
    places: dict[tuple[str, str], int] = {}
    y = TOP
    for (source, zone), part in vpcs.groupby(["source", "zone"], sort=True):
        connections = count(sum(len(ends.get((source, vpc), [])) for vpc in part["id"]), "connection")
        size = f"{count(len(part), 'VPC')}, {connections}"
        lines.append(Line(y, f"{source} / {zone}", "", "", size, [], heading=True))
        y += ROW + 4
        for vpc in records(part):
            key = (str(source), str(vpc["id"]))
            places[key] = y
            marks = _marks(ends.get(key, []), y, named=named)
            lines.append(
                Line(
                    y,
                    _text(vpc["name"], vpc["id"]),
                    _text(vpc["cidr"]),
                    _text(vpc["public_ip"]),
                    _note(vpc, marks),
                    marks,
                )
            )
            y = max([y, *(mark.y for mark in marks)]) + ROW
        y += ROW // 2
    return lines, places


def _note(vpc: dict[Any, Any], marks: list[Mark]) -> str:
    if marks:
        return ""
    return "no VPN gateway" if pd.isna(vpc["public_ip"]) else "gateway without a connection"


def _marks(rows: list[dict[Any, Any]], y: int, *, named: bool) -> list[Mark]:
    step = _NAMED_STEP if named else _BARE_STEP
    across = (WIDTH - FIRST) // step
    marks = []
    for number, row in enumerate(rows):
        worst = SEVERITIES[row["rank"]] if row["rank"] < len(SEVERITIES) else "none"
        cause = None if pd.isna(row["cause"]) else str(row["cause"])
        place = (FIRST + step * (number % across), y + ROW * (number // across))
        up = row["state"] == "Connected" if not pd.isna(row["state"]) else False
        marks.append(
            Mark(*place, str(row["far"]), worst, _LETTERS.get(worst, "\u2013"), cause, bool(row["inside"]), up)
        )
    return marks


def _arcs(audit: Audit, tunnels: pd.DataFrame, places: dict[tuple[str, str], int]) -> list[Arc]:
    """One arc for each two VPCs that a tunnel joins, coloured by the worst of both ends; wide arcs reach further
    left.
    """
    rank = tunnels.set_index(["source", "id"])["rank"]
    pairs = audit.estate["pairs"]
    worst: dict[tuple[int, int], int] = {}
    for row in records(pairs[["source", "id", "vpc_id", "far_source", "far_vpc_id"]].dropna()):
        near, far = places.get((row["source"], row["vpc_id"])), places.get((row["far_source"], row["far_vpc_id"]))
        if near is None or far is None or near == far:
            continue
        key = (min(near, far), max(near, far))
        worst[key] = min(worst.get(key, len(SEVERITIES)), int(rank.get((row["source"], row["id"]), len(SEVERITIES))))
    longest = max([1, *(low - high for high, low in worst)])
    arcs = []
    for (high, low), rank_of_arc in sorted(worst.items(), key=lambda item: (-item[1], item[0])):
        x, bulge = LEFT - 12, 18 + (LEFT - 34) * (low - high) // longest
        path = f"M{x} {high - 4}C{x - bulge * 4 // 3} {high - 4} {x - bulge * 4 // 3} {low - 4} {x} {low - 4}"
        arcs.append(
            Arc(path, (high - 4, low - 4), SEVERITIES[rank_of_arc] if rank_of_arc < len(SEVERITIES) else "none")
        )
    return arcs


def _text(value: Any, otherwise: Any = "") -> str:
    return str(value) if not pd.isna(value) else str(otherwise)
