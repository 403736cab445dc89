"""What reaches what: remote networks down, tiers across, for each connection; behind each cell the rule that
decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vpnaudit.estate.tables import records
from vpnaudit.report.page import Html, fragment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.explore import Exploration

MOST = 60
"""Above this many connections the rest is left to the tables of the run folder and to `.reach(connection)`."""

_KEYS = {"all": "m", "some": "l", "none": "n", "cannot-tell": "o"}
_WORDS = {"all": "all", "some": "some", "none": "none", "cannot-tell": "?"}
_ARROWS = {"ingress": "→", "egress": "←"}


@dataclass(frozen=True)
class Cell:
    """One remote network, tier and direction. `arrow` points as the first packet goes, the remote network on the
    left.
    """

    arrow: str
    verdict: str
    key: str
    lines: list[tuple[str, str]]


@dataclass(frozen=True)
class Connection:
    """One connection: tiers across, and for each remote network the cells of each tier, ingress first."""

    label: str
    place: str
    tiers: list[str]
    rows: list[tuple[str, list[list[Cell]]]]


def reach_matrix(exploration: Exploration, connection: str | None = None) -> Html:
    """The matrix of one connection (as `Exploration.reach` finds it), or of all that have one."""
    cells = exploration.reach(connection) if connection else exploration.estate["reach"]
    matrices = connections(
        records(cells.sort_values(["source", "label", "connection_id", "remote", "tier"], kind="stable"))
    )
    return fragment(
        "reach_matrix",
        connections=matrices[:MOST],
        left=max(len(matrices) - MOST, 0),
        total=len(matrices),
        one=connection is not None,
    )


def connections(cells: Iterable[dict[str, Any]]) -> list[Connection]:
    """Rows of `reach` as matrices, in their order."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for cell in cells:
        groups.setdefault((cell["source"], cell["connection_id"]), []).append(cell)
    return [_connection(source, rows) for (source, _), rows in groups.items()]


def _connection(source: str, cells: list[dict[str, Any]]) -> Connection:
    tiers = {cell["tier_id"]: cell["tier"] or cell["tier_id"] for cell in cells}
    at = {(cell["remote"], cell["tier_id"], cell["direction"]): cell for cell in cells}
    remotes = dict.fromkeys(cell["remote"] for cell in cells)
    rows = [
        (
            remote or "networks not said",
            [[_cell(at[remote, tier, way]) for way in _ARROWS if (remote, tier, way) in at] for tier in tiers],
        )
        for remote in remotes
    ]
    return Connection(cells[0]["label"], source, list(tiers.values()), rows)


def _cell(row: dict[str, Any]) -> Cell:
    texts = {
        "passes": row["passes"],
        "decides": row["decides"],
        "dropped": row["counter_example"],
        "because": row["why"],
    }
    lines = [(name, text) for name, text in texts.items() if text]
    return Cell(_ARROWS[row["direction"]], _WORDS[row["verdict"]], _KEYS[row["verdict"]], lines)
