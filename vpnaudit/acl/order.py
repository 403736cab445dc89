"""The order in which rules decide: as written (by number) and as the router runs it.

The router inserts each rule with one iptables command at a counted place. A rule with k CIDRs becomes k kernel rules,
but is counted once, so the rules after it land between its CIDRs (CsNetfilter.py; apache/cloudstack 12668). A refused
rule is counted too, so the rules after it land behind the final DROP, or nowhere. `_insert` repeats that counting,
which was measured to be exact.

Not in the model, since no tunnel carries it: 224.0.0.18 and 225.0.0.50 are accepted before and between the rules;
packets to the tier's own gateway address skip the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from vpnaudit.acl.rules import once_a_content
from vpnaudit.acl.semantics import read

if TYPE_CHECKING:
    from vpnaudit.acl.rules import AclList, Content, Direction
    from vpnaudit.acl.semantics import Reading, Semantics
    from vpnaudit.acl.services import Span


class View(Enum):
    """Four steps from what is written to what runs; neighbours differ by one cause."""

    WRITTEN = "as written: the text's meaning, first match by number"
    READ = "as the router reads each rule, still in the order of the numbers"
    INSERTED = "as the router inserts the rules, had none been refused"
    RUN = "as the router runs the list"


class Line(NamedTuple):
    """One kernel rule: a rectangle, and the position of its rule in `AclList.rules`."""

    position: int
    addresses: Span
    service: Span


@dataclass(frozen=True, slots=True)
class Ordered:
    """The lines of one direction in the order in which they are tried, and what happens to a packet that none of them
    takes.

    Positions are those of `AclList.rules`. `refused`: iptables did not take the rule, by itself or because its place
    does not exist; `behind_drop`: the rule stands after the final DROP; `left_out`: never sent; `unknown`: cannot be
    read, so that nothing is sure.
    """

    direction: Direction
    lines: tuple[Line, ...]
    default_allow: bool
    refused: tuple[int, ...] = ()
    behind_drop: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    @property
    def closes_when_reapplied(self) -> bool:
        """Whether the next configuration run puts every rule behind the DROP: the tier's ingress is then closed
        (measured).
        """
        return bool(self.behind_drop)


def ordered(acl: AclList, direction: Direction, semantics: Semantics, view: View = View.RUN) -> Ordered:
    """The lines of one direction of a list, in the order of a view."""
    return order_of(acl.content, direction, semantics, view)


def order_of(content: Content, direction: Direction, semantics: Semantics, view: View = View.RUN) -> Ordered:
    """The same of a content; only what runs is asked for often, and remembered."""
    return _run(content, direction, semantics) if view is View.RUN else _ordered(content, direction, semantics, view)


@once_a_content
def readings(content: Content, semantics: Semantics) -> tuple[Reading, ...]:
    """What each rule of a content says and is made of."""
    return tuple(read(rule, semantics) for rule in content.rules)


@once_a_content
def as_written(content: Content, direction: Direction, semantics: Semantics) -> bool:
    """Whether all views of a direction are one: each rule that is sent has one CIDR and runs as it is written."""
    return all(
        reading.state == "left-out"
        or (reading.state == "runs" and reading.run == reading.written and len(reading.addresses) == 1)
        for rule, reading in zip(content.rules, readings(content, semantics), strict=True)
        if rule.direction == direction
    )


@once_a_content
def _run(content: Content, direction: Direction, semantics: Semantics) -> Ordered:
    return _ordered(content, direction, semantics, View.RUN)


def _ordered(content: Content, direction: Direction, semantics: Semantics, view: View) -> Ordered:
    of_direction = [
        (position, reading)
        for position, (rule, reading) in enumerate(zip(content.rules, readings(content, semantics), strict=True))
        if rule.direction == direction
    ]
    states = {state: tuple(p for p, r in of_direction if r.state == state) for state in ("unknown", "left-out")}
    live = [(p, r) for p, r in of_direction if r.state in ("runs", "refused")]
    refused: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()
    if as_written(content, direction, semantics):
        lines = [Line(position, reading.addresses[0], reading.run) for position, reading in live]
    elif view in (View.WRITTEN, View.READ):
        lines = [line for position, reading in live for line in _lines(position, reading, view)]
    else:
        lines, refused, behind = _insert(live, direction, view)
    return Ordered(
        direction, tuple(lines), direction == "egress", refused, behind, states["left-out"], states["unknown"]
    )


def _lines(position: int, reading: Reading, view: View) -> list[Line]:
    # A refused rule has nothing that is run; until its refusal is looked at (RUN) it counts as it is written.
    service = reading.written if view is View.WRITTEN or reading.state == "refused" else reading.run
    return [] if service is None else [Line(position, addresses, service) for addresses in reading.addresses]


def _insert(
    live: list[tuple[int, Reading]], direction: Direction, view: View
) -> tuple[list[Line], tuple[int, ...], tuple[int, ...]]:
    """Repeat the insertions: lines before the DROP, rules refused, rules behind the DROP."""
    # The chain's own entries are None: two accepts for multicast and, in an ingress chain, the final DROP.
    chain: list[Line | None] = [None, None, None] if direction == "ingress" else [None, None]
    place = len(chain) - 1
    refused = []
    for position, reading in live:
        if (view is View.RUN and reading.state == "refused") or place > len(chain):
            refused.append(position)
        else:
            for line in _lines(position, reading, view):
                chain.insert(place, line)
        place += 1
    drop = max(i for i, entry in enumerate(chain) if entry is None) if direction == "ingress" else len(chain)
    behind = dict.fromkeys(line.position for line in chain[drop:] if line is not None)
    return [line for line in chain[:drop] if line is not None], tuple(refused), tuple(behind)
