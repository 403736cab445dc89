"""What is wrong in one list: rules that never decide, rules that change nothing, and where the router departs from the
text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vpnaudit.acl.decision import not_modelled
from vpnaudit.acl.order import View, as_written, order_of, readings
from vpnaudit.acl.packets import EMPTY, EVERY_ADDRESS, PacketSet
from vpnaudit.acl.rules import DIRECTIONS, once_a_content
from vpnaudit.acl.table import DEFAULT, boxes_of, changed_packets, strips

if TYPE_CHECKING:
    from vpnaudit.acl.order import Line, Ordered
    from vpnaudit.acl.rules import AclList, AclRule, Content, Direction
    from vpnaudit.acl.semantics import Semantics
    from vpnaudit.acl.services import Span
    from vpnaudit.acl.table import Strip


_CELLS_KEPT = 4_000_000
"""Strips up to so many cells (8 bytes each) are kept for the second look; of longer lists they are painted again."""
_NO_PLACE = "its place does not exist any more, since a rule before it was refused"


@dataclass(frozen=True, slots=True)
class Difference:
    """Two judgements of the same packets: what only the second lets through, and what only the first does."""

    opened: PacketSet = EMPTY
    closed: PacketSet = EMPTY

    def __bool__(self) -> bool:
        return bool(self.opened or self.closed)

    def words(self, direction: Direction) -> str:
        """Both sides in words."""
        side = "from" if direction == "ingress" else "to"
        effects = [
            f"{verb} {packets.words(side)}"
            for verb, packets in (("opens", self.opened), ("closes", self.closed))
            if packets
        ]
        return "; ".join(effects) or "no difference"


@dataclass(frozen=True, slots=True)
class Departures:
    """How what runs in one direction departs from what is written, by cause, and in all.

    `reading`: rules run as something else than their text. `order`: several CIDRs in one rule. `refusal`: a refused
    rule, and what it does to the rules after it. The three are steps from written to run, so each packet's change has
    one cause or several.
    """

    reading: Difference = Difference()
    order: Difference = Difference()
    refusal: Difference = Difference()
    total: Difference = Difference()


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule that never decides as the router runs the list.

    `covered_by`: one rule that covers it alone, where one of the deciding rules does, else all rules that decide its
    packets. `contradicted_by`: those of the deciding rules that do the opposite of what this rule says.
    """

    rule: AclRule
    covered_by: tuple[AclRule, ...]
    contradicted_by: tuple[AclRule, ...]


@dataclass(frozen=True, slots=True)
class Redundant:
    """A rule that decides packets, all of which would fare the same without it; `instead` decides then, None is the
    default.
    """

    rule: AclRule
    instead: tuple[AclRule | None, ...]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A rule, and in a sentence what the router does with it."""

    rule: AclRule
    why: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is to say about one list on one router version.

    `not_modelled` names for a direction why nothing is said about it; `shadowed`, `redundant` and `departures` then
    leave it out. `behind_drop` are rules that stand after the final DROP because of a refused one; the next
    configuration run then closes the ingress. A dead or misread rule can be shadowed too. `redundant` is not asked in a
    direction with refused rules: there, taking out any rule moves the others.
    """

    shadowed: tuple[Shadowed, ...]
    redundant: tuple[Redundant, ...]
    dead: tuple[Flagged, ...]
    misread: tuple[Flagged, ...]
    refused: tuple[Flagged, ...]
    left_out: tuple[Flagged, ...]
    behind_drop: tuple[AclRule, ...]
    departures: dict[Direction, Departures]
    not_modelled: dict[Direction, str]


@dataclass(slots=True)
class _Yield:
    """What one direction yields, in positions, so that it serves every list with the same content."""

    shadowed: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)
    redundant: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    refused: tuple[int, ...] = ()
    behind_drop: tuple[int, ...] = ()
    departures: Departures = Departures()
    not_modelled: str = ""


def analyse(acl: AclList, semantics: Semantics) -> Analysis:
    """Analyse a list; lists with the same content are worked out once in a process."""
    by_direction = {direction: _analyse(acl.content, direction, semantics) for direction in DIRECTIONS}
    rules, flags = acl.rules, _flags(acl.content, semantics)
    flagged = {
        kind: tuple(Flagged(rules[p], why) for k, p, why in flags if k == kind)
        for kind in ("dead", "misread", "left-out")
    }
    refusals = {p: why for kind, p, why in flags if kind == "refused"}
    return Analysis(
        shadowed=tuple(
            Shadowed(rules[p], tuple(rules[q] for q in cover), tuple(rules[q] for q in against))
            for f in by_direction.values()
            for p, cover, against in f.shadowed
        ),
        redundant=tuple(
            Redundant(rules[p], tuple(None if q == DEFAULT else rules[q] for q in instead))
            for f in by_direction.values()
            for p, instead in f.redundant
        ),
        dead=flagged["dead"],
        misread=flagged["misread"],
        refused=tuple(Flagged(rules[p], refusals.get(p, _NO_PLACE)) for f in by_direction.values() for p in f.refused),
        left_out=flagged["left-out"],
        behind_drop=tuple(rules[p] for f in by_direction.values() for p in f.behind_drop),
        departures={direction: f.departures for direction, f in by_direction.items() if not f.not_modelled},
        not_modelled={direction: f.not_modelled for direction, f in by_direction.items() if f.not_modelled},
    )


@once_a_content
def _flags(content: Content, semantics: Semantics) -> tuple[tuple[str, int, str], ...]:
    """What the text of single rules is flagged for: kind, position, reason."""
    flags: list[tuple[str, int, str]] = []
    for position, reading in enumerate(readings(content, semantics)):
        flags += [
            ("dead", position, reading.dead),
            ("misread", position, reading.misread),
            (reading.state, position, reading.why),
        ]
    return tuple(flag for flag in flags if flag[2])


def difference(
    before: AclList, after: AclList, direction: Direction, semantics: Semantics, within: Span = EVERY_ADDRESS
) -> Difference | None:
    """What a change of a list opens and closes for remote addresses of an interval, as run; None when either is not
    modelled.
    """
    contents = before.content, after.content
    if any(not_modelled(content, direction, semantics) for content in contents):
        return None
    (one, of_one), (two, of_two) = ((order_of(content, direction, semantics), content.actions) for content in contents)
    return Difference(*changed_packets(one, of_one, two, of_two, within))


@once_a_content
def _analyse(content: Content, direction: Direction, semantics: Semantics) -> _Yield:
    why = not_modelled(content, direction, semantics)
    if why:
        return _Yield(not_modelled=why)
    order = order_of(content, direction, semantics)
    yields = _Yield(
        refused=order.refused, behind_drop=order.behind_drop, departures=_departures(content, direction, semantics)
    )
    _fill(yields, order, np.array([*content.actions, order.default_allow]))
    return yields


def _departures(content: Content, direction: Direction, semantics: Semantics) -> Departures:
    if as_written(content, direction, semantics):
        return Departures()
    orders = {view: order_of(content, direction, semantics, view) for view in View}
    known: dict[tuple[tuple[Line, ...], tuple[Line, ...]], Difference] = {}

    def between(one: View, two: View) -> Difference:
        first, second = orders[one], orders[two]
        if first.lines == second.lines:
            return Difference()
        lines = first.lines, second.lines
        if lines not in known:
            known[lines] = Difference(*changed_packets(first, content.actions, second, content.actions))
        return known[lines]

    return Departures(
        reading=between(View.WRITTEN, View.READ),
        order=between(View.READ, View.INSERTED),
        refusal=between(View.INSERTED, View.RUN),
        total=between(View.WRITTEN, View.RUN),
    )


def _fill(yields: _Yield, order: Ordered, passes: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    """Find the shadowed and the redundant rules: one pass to know which, a second for the rules that take their
    packets.
    """
    decides, needed = np.zeros_like(passes), np.zeros_like(passes)
    painted: list[Strip] = []
    size = 0
    for strip in strips(order):
        decides[strip.first] = True
        needed[strip.first[passes[strip.first] != passes[strip.following]]] = True
        size += strip.first.size
        if size <= _CELLS_KEPT:
            painted.append(strip)
    lines_of: dict[int, list[Line]] = {}
    for line in order.lines:
        lines_of.setdefault(line.position, []).append(line)
    marks_of = {p: np.zeros_like(passes) for p in sorted(lines_of) if not (needed[p] or (decides[p] and order.refused))}
    boxes = boxes_of([line for position in marks_of for line in lines_of[position]])
    for strip in (painted if size <= _CELLS_KEPT else strips(order)) if len(boxes) else ():
        for position, cells in strip.cells(boxes):
            deciding = strip.first[cells]
            if decides[position]:
                deciding = strip.following[cells][deciding == position]
            marks_of[position][deciding] = True
    place = {position: at for at, position in enumerate(lines_of)} | {len(passes) - 1: len(passes)}
    for position, marks in marks_of.items():
        successors = sorted(np.flatnonzero(marks).tolist(), key=place.__getitem__)
        if decides[position]:
            yields.redundant.append((position, tuple(DEFAULT if p == len(passes) - 1 else p for p in successors)))
        else:
            against = tuple(p for p in successors if passes[p] != passes[position])
            yields.shadowed.append((position, _alone(position, successors, lines_of), against))


def _alone(position: int, deciding: list[int], lines_of: dict[int, list[Line]]) -> tuple[int, ...]:
    """The first deciding rule that covers a rule alone, each of its lines by one line; all deciding rules where none
    does.
    """
    for candidate in deciding:
        if all(any(_inside(line, cover) for cover in lines_of[candidate]) for line in lines_of[position]):
            return (candidate,)
    return tuple(deciding)


def _inside(line: Line, cover: Line) -> bool:
    (low, high), (first, last) = line.addresses, line.service
    return (
        cover.addresses[0] <= low
        and high <= cover.addresses[1]
        and cover.service[0] <= first
        and last <= cover.service[1]
    )
