"""First-match decisions over the whole plane at once: which line decides each packet, and which rule would decide
without it.

The plane is cut at every edge of every line into cells; lines are painted from the last to the first, so what is seen
in the end is the first match, and what lies right below it the next match of another rule. Painting goes by strips of
addresses, each with the edges of its own lines only, so that memory stays small and narrow rules cost little.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vpnaudit.acl import services
from vpnaudit.acl.packets import EVERY_ADDRESS, PacketSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vpnaudit.acl.order import Line, Ordered
    from vpnaudit.acl.packets import Band
    from vpnaudit.acl.services import Span

Ints = npt.NDArray[np.int64]
Cells = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

DEFAULT = -1
"""Stands in cells for "no line matches"."""
_ROWS = 256
_BLOCK = 256
_FEW = 64
"""So few lines are painted sooner than compared."""


@dataclass(frozen=True, slots=True)
class Strip:
    """A part of the plane. Row r holds addresses `rows[r]` … `rows[r + 1]` - 1, column c services `columns[c]` …
    `columns[c + 1]` - 1.

    `first` and `following` hold for each cell the position of the rule that decides and of the next other rule that
    matches, `DEFAULT` where there is none.
    """

    rows: Ints
    columns: Ints
    first: Cells
    following: Cells

    def cells(self, boxes: Ints) -> Iterator[tuple[int, tuple[slice, slice]]]:
        """Positions of the boxes (see `boxes_of`) that the strip holds a part of, each with the cells that it meets, as
        row and column slices.
        """
        hits = boxes[(boxes[:, 1] < self.rows[-1]) & (boxes[:, 2] >= self.rows[0])]
        for position, row, column in zip(hits[:, 0].tolist(), *_cells(hits, self.rows, self.columns), strict=True):
            yield position, (row, column)

    def parts(self, boxes: Ints) -> Iterator[tuple[int, list[Band]]]:
        """For each rule that decides something here, and for DEFAULT, its packets as bands; only the rows of a rule are
        looked at.
        """
        rows: dict[int, set[int]] = {DEFAULT: set(range(len(self.rows) - 1))}
        for position, (row, _) in self.cells(boxes):
            rows.setdefault(position, set()).update(range(row.start, row.stop))
        for position, row_numbers in rows.items():
            at = np.array(sorted(row_numbers), dtype=np.intp)
            bands = [band for band in self.bands(self.first[at] == position, at) if band[2]]
            if bands:
                yield position, bands

    def bands(self, mask: Mask, at: Ints | None = None) -> Iterator[Band]:
        """The cells of a mask as bands of a packet set; `at` says which rows of the strip the mask's rows are, if not
        all.
        """
        spans_of: dict[bytes, tuple[Span, ...]] = {}
        columns = self.columns.tolist()
        lows, highs = (self.rows[:-1], self.rows[1:]) if at is None else (self.rows[at], self.rows[at + 1])
        keys = (line.tobytes() for line in np.packbits(mask, axis=1))
        for row, (key, low, high) in enumerate(zip(keys, lows.tolist(), highs.tolist(), strict=True)):
            if key not in spans_of:
                steps = np.diff(mask[row].astype(np.int8), prepend=0, append=0)
                starts, ends = np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist()
                spans_of[key] = tuple((columns[a], columns[b] - 1) for a, b in zip(starts, ends, strict=True))
            yield low, high - 1, spans_of[key]


def strips(order: Ordered, within: Span = EVERY_ADDRESS, *, depth: int = 2) -> Iterator[Strip]:
    """The decisions for all remote addresses of an interval, as strips in address order.

    With `depth` 1 only `first` is right, and narrow lines below wide ones cost nothing.
    """
    for (strip,) in _strips([order], within, depth):
        yield strip


def _strips(orders: Sequence[Ordered], within: Span, depth: int) -> Iterator[tuple[Strip, ...]]:
    """The same for several orders on one grid, so that their cells can be compared."""
    lines_of = [_below_few(_within(boxes_of(order.lines), within), depth) for order in orders]
    rows = _edges(lines_of, 1, within)
    for at in range(0, len(rows) - 1, _ROWS):
        part = rows[at : at + _ROWS + 1]
        span = int(part[0]), int(part[-1]) - 1
        lines_of_part = [_visible(_within(lines, span), depth) for lines in lines_of]
        columns = _edges(lines_of_part, 3, services.EVERY)
        yield tuple(_paint(lines, part, columns, depth) for lines in lines_of_part)


def _edges(lines_of: Sequence[Ints], at: int, whole: Span) -> Ints:
    """Where the cells of an axis begin, and where the last one ends: `at` is the column of the first of each line."""
    ends = [np.append(lines[:, at], lines[:, at + 1] + 1) for lines in lines_of]
    return np.unique(np.concatenate([*ends, np.array([whole[0], whole[1] + 1])]))


def _within(lines: Ints, within: Span) -> Ints:
    """The parts of lines that lie in an interval of addresses."""
    lines = lines[(lines[:, 1] <= within[1]) & (lines[:, 2] >= within[0])]
    lines[:, 1] = np.maximum(lines[:, 1], within[0])
    lines[:, 2] = np.minimum(lines[:, 2], within[1])
    return lines


def boxes_of(lines: Sequence[Line]) -> Ints:
    """Position, first and last address, first and last service of each line."""
    return np.array([(line.position, *line.addresses, *line.service) for line in lines], dtype=np.int64).reshape(-1, 5)


def _below_few(lines: Ints, depth: int) -> Ints:
    """The lines without those that the widest ones hide; what else is hidden is seen strip by strip."""
    if len(lines) <= _FEW:
        return lines
    area = (lines[:, 2] - lines[:, 1] + 1) * (lines[:, 4] - lines[:, 3] + 1).astype(np.float64)
    widest = np.sort(np.argpartition(area, -_FEW)[-_FEW:])
    shown = np.ones(len(lines), dtype=np.bool_)
    for at in range(0, len(lines), _BLOCK * _BLOCK):
        block = np.arange(at, min(at + _BLOCK * _BLOCK, len(lines)))
        shown[block] = ~_hidden(lines[block].T, lines[widest].T, depth, widest < block[:, None])
    return lines[shown]


def _visible(lines: Ints, depth: int) -> Ints:
    """The lines without those that are under `depth` other rules, each of which covers them alone: they cannot show
    anywhere.
    """
    if len(lines) <= _FEW:
        return lines
    ranks = _ranks(lines)
    shown = np.empty(0, dtype=np.intp)
    for at in range(0, len(lines), _BLOCK):
        # What covers a line that is covered covers all below that one too, so the visible lines above are enough.
        block = np.arange(at, min(at + _BLOCK, len(lines)))
        above = np.concatenate([shown, block])
        shown = np.concatenate(
            [shown, block[~_hidden(ranks[:, block], ranks[:, above], depth, above < block[:, None])]]
        )
    return lines[shown]


def _ranks(lines: Ints) -> npt.NDArray[np.uint32]:
    """Position, addresses and services of each line as rows of numbers that compare as they do, in few bits."""
    columns = [np.unique(lines[:, at], return_inverse=True)[1] for at in range(5)]
    for low, high in ((1, 2), (3, 4)):
        edges = np.unique(lines[:, low : high + 1])
        columns[low], columns[high] = np.searchsorted(edges, lines[:, low]), np.searchsorted(edges, lines[:, high])
    return np.array(columns, dtype=np.min_scalar_type(2 * len(lines)))


def _hidden(block: npt.NDArray[Any], above: npt.NDArray[Any], depth: int, stands_above: Mask) -> Mask:
    """Which lines of a block are covered by one of the same rule, or by lines of `depth` rules, as far as `above` holds
    lines that stand above them.
    """
    position, low, high, first, last = (column[:, None] for column in block)
    covers = (above[1] <= low) & (above[2] >= high)
    covers &= above[3] <= first
    covers &= above[4] >= last
    covers &= stands_above
    hidden: Mask = covers.any(axis=1)
    at = np.flatnonzero(hidden)
    if depth > 1 and len(at):
        few, rules = covers[at], above[0]
        lowest = np.where(few, rules, rules.max()).min(axis=1)
        highest = np.where(few, rules, 0).max(axis=1)
        hidden[at] = (lowest < highest) | (few & (rules == position[at])).any(axis=1)
    return hidden


def _paint(lines: Ints, rows: Ints, columns: Ints, depth: int) -> Strip:
    first = np.full((len(rows) - 1, len(columns) - 1), DEFAULT, dtype=np.int32)
    following = first.copy() if depth > 1 else first
    positions = lines[:, 0].tolist()
    boxes = reversed([*zip(positions, *_cells(lines, rows, columns), strict=True)])
    if depth == 1:
        for position, row, column in boxes:
            first[row, column] = position
        return Strip(rows, columns, first, following)
    several = {position for position, count in Counter(positions).items() if count > 1}
    for position, row, column in boxes:
        seen, below = first[row, column], following[row, column]
        if position in several:
            np.copyto(below, seen, where=seen != position)
        else:
            below[...] = seen
        seen[...] = position
    return Strip(rows, columns, first, following)


def _cells(boxes: Ints, rows: Ints, columns: Ints) -> tuple[list[slice], list[slice]]:
    """Row and column slices of the cells that each box (position, addresses, services) meets; a box may end inside a
    cell.
    """
    r0 = np.maximum(np.searchsorted(rows, boxes[:, 1], side="right") - 1, 0)
    r1 = np.minimum(np.searchsorted(rows, boxes[:, 2], side="right"), len(rows) - 1)
    c0 = np.searchsorted(columns, boxes[:, 3], side="right") - 1
    c1 = np.searchsorted(columns, boxes[:, 4], side="right")
    return [slice(*ends) for ends in zip(r0.tolist(), r1.tolist(), strict=True)], [
        slice(*ends) for ends in zip(c0.tolist(), c1.tolist(), strict=True)
    ]


def allowed_packets(order: Ordered, actions: tuple[bool, ...], within: Span = EVERY_ADDRESS) -> PacketSet:
    """The packets with a remote address in an interval that pass; `actions` says for each position of the list whether
    it allows.
    """
    # DEFAULT is -1: the default of the direction stands last.
    passes = np.array([*actions, order.default_allow])
    return PacketSet.from_bands(
        band for strip in strips(order, within, depth=1) for band in strip.bands(passes[strip.first])
    )


def changed_packets(
    one: Ordered,
    actions_of_one: tuple[bool, ...],
    two: Ordered,
    actions_of_two: tuple[bool, ...],
    within: Span = EVERY_ADDRESS,
) -> tuple[PacketSet, PacketSet]:
    """The packets with a remote address in an interval that only the second lets through, and those that only the first
    does.
    """
    passes = [np.array([*a, order.default_allow]) for order, a in ((one, actions_of_one), (two, actions_of_two))]
    opened: list[Band] = []
    closed: list[Band] = []
    for both in _strips([one, two], within, 1):
        before, after = (verdicts[strip.first] for verdicts, strip in zip(passes, both, strict=True))
        for side, change in ((opened, after & ~before), (closed, before & ~after)):
            if change.any():
                side.extend(both[0].bands(change))
    return PacketSet.from_bands(opened), PacketSet.from_bands(closed)
