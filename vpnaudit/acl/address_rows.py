"""One direction of a list for all remote addresses at once, as rows of addresses whose packets fare alike.

A question about a network inside one row is answered without painting; its own addresses only go into the words.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vpnaudit.acl.order import order_of
from vpnaudit.acl.packets import PacketSet
from vpnaudit.acl.table import DEFAULT, strips

if TYPE_CHECKING:
    from vpnaudit.acl.packets import Band, Spans
    from vpnaudit.acl.rules import Content, Direction
    from vpnaudit.acl.semantics import Semantics
    from vpnaudit.acl.table import Cells, Ints


@dataclass(frozen=True, slots=True)
class Treatment:
    """What becomes of the packets of one remote address.

    `parts`: for each rule that decides some, its position and their services, in the order in which the rules are first
    tried, `DEFAULT` last.
    """

    parts: tuple[tuple[int, Spans], ...]
    allowed: Spans
    denied: Spans

    def decider(self, service: int) -> int:
        """The position of the rule that decides a service."""
        return next(position for position, spans in self.parts if any(a <= service <= b for a, b in spans))


class AddressRows:
    """Row r holds the addresses `edges[r]` … `edges[r + 1]` - 1."""

    def __init__(self, content: Content, direction: Direction, semantics: Semantics) -> None:
        order = order_of(content, direction, semantics)
        self._passes = (*content.actions, order.default_allow)
        tried = [*dict.fromkeys(line.position for line in order.lines), DEFAULT]
        self._rank = {position: rank for rank, position in enumerate(tried)}
        self._rows: list[tuple[Cells, Ints]] = []
        starts: list[Ints] = []
        for strip in strips(order, depth=1):
            new = np.append(True, (strip.first[1:] != strip.first[:-1]).any(axis=1))
            starts.append(strip.rows[:-1][new])
            self._rows += [(cells, strip.columns) for cells in strip.first[new]]
        self.edges: Ints = np.append(np.concatenate(starts), 2**32)
        self._treatments: dict[tuple[bytes, bytes], Treatment] = {}

    def holding(self, lows: Ints, highs: Ints) -> Ints:
        """For each interval the row that holds all of it; -1 where several rows have a part."""
        first, last = (np.searchsorted(self.edges, ends, side="right") - 1 for ends in (lows, highs))
        return np.where(first == last, first, -1)

    def treatment(self, row: int) -> Treatment:
        """What becomes of the packets of any address in a row; one object for rows that fare alike."""
        cells, columns = self._rows[row]
        key = cells.tobytes(), columns.tobytes()
        if key not in self._treatments:
            self._treatments[key] = self._worked_out(cells, columns)
        return self._treatments[key]

    def passage(self, low: int, high: int) -> tuple[PacketSet, list[tuple[int, PacketSet]]]:
        """What passes of an interval of addresses that may take several rows, and the packets of each rule that decides
        some, in the order in which the rules are first tried.
        """
        bands: dict[int, list[Band]] = {}
        passing: list[Band] = []
        first = bisect_right(self.edges, low) - 1
        for row in range(first, bisect_right(self.edges, high)):
            treatment = self.treatment(row)
            span = max(low, int(self.edges[row])), min(high, int(self.edges[row + 1]) - 1)
            passing.append((*span, treatment.allowed))
            for position, spans in treatment.parts:
                bands.setdefault(position, []).append((*span, spans))
        in_order = sorted(bands, key=self._rank.__getitem__)
        return PacketSet.from_bands(passing), [(p, PacketSet.from_bands(bands[p])) for p in in_order]

    def _worked_out(self, cells: Cells, columns: Ints) -> Treatment:
        starts = [0, *(np.flatnonzero(cells[1:] != cells[:-1]) + 1).tolist()]
        edges = columns[[*starts, len(cells)]].tolist()
        parts: dict[int, list[tuple[int, int]]] = {}
        sides: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for position, low, end in zip(cells[starts].tolist(), edges, edges[1:], strict=False):
            parts.setdefault(position, []).append((low, end - 1))
            side = sides[self._passes[position]]
            if side and side[-1][1] + 1 == low:
                side[-1] = side[-1][0], end - 1
            else:
                side.append((low, end - 1))
        in_order = sorted(parts, key=self._rank.__getitem__)
        return Treatment(tuple((p, tuple(parts[p])) for p in in_order), tuple(sides[True]), tuple(sides[False]))
