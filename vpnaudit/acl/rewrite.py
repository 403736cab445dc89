"""The list that makes the router run what is written: one CIDR a rule, plain words, numbers given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Address, summarize_address_range
from typing import TYPE_CHECKING

from vpnaudit.acl import services
from vpnaudit.acl.analysis import Difference
from vpnaudit.acl.decision import not_modelled
from vpnaudit.acl.order import View, ordered, readings
from vpnaudit.acl.rules import DIRECTIONS, AclList, AclRule
from vpnaudit.acl.semantics import Semantics, read
from vpnaudit.acl.table import changed_packets

if TYPE_CHECKING:
    from vpnaudit.acl.rules import Direction
    from vpnaudit.acl.semantics import Reading
    from vpnaudit.acl.services import Span

_WHOLE = (0, services.DETAILS - 1)


@dataclass(frozen=True, slots=True)
class Line:
    """One rule of the new list (without id) and the rule that it comes from; `changed` when more than its number is
    new.
    """

    rule: AclRule
    origin: AclRule
    changed: bool


@dataclass(frozen=True)
class Rewrite:
    """The new list, for both directions, and what it cannot mend.

    `dropped` are rules that no rule text of this version expresses (ICMP type 255 or protocol 0 alone, numeric
    protocols before 4.14, words that are no protocol), and `remaining` says for each direction which packets still fare
    otherwise than written because of that. `restart`: rules stood behind the final DROP, and they or their successors
    stay there until the router is rebuilt (VPC restart with clean-up).
    """

    lines: tuple[Line, ...]
    dropped: tuple[AclRule, ...]
    old: AclList
    semantics: Semantics

    @cached_property
    def acl(self) -> AclList:
        """The new list."""
        return AclList(tuple(line.rule for line in self.lines))

    @cached_property
    def remaining(self) -> dict[Direction, Difference]:
        """See the class."""
        return {way: _remaining(self.old, self.acl, way, self.semantics) for way in DIRECTIONS}

    @property
    def restart(self) -> bool:
        """See the class."""
        return any(ordered(self.old, way, self.semantics).behind_drop for way in DIRECTIONS)

    @property
    def exact(self) -> bool:
        """Whether the router, given the new list, does exactly what the old one says."""
        return not any(self.remaining.values())


def rewrite(acl: AclList, semantics: Semantics) -> Rewrite | None:
    """Write a list anew so that the router runs what is written, and prove it by the same model; None when it cannot be
    read.
    """
    if any(not_modelled(acl.content, direction, semantics) for direction in DIRECTIONS):
        return None
    lines: list[Line] = []
    dropped = []
    number = 0
    for rule, reading in zip(acl.rules, readings(acl.content, semantics), strict=True):
        texts = _texts(rule, reading, semantics)
        if not texts:
            dropped.append(rule)
        for text in texts:
            number = max(rule.number, number + 1)
            lines.append(Line(AclRule(number, *text.content[1:]), rule, changed=text != rule))
    return Rewrite(tuple(lines), tuple(dropped), acl, semantics)


def _remaining(old: AclList, new: AclList, direction: Direction, semantics: Semantics) -> Difference:
    written, run = ordered(old, direction, semantics, View.WRITTEN), ordered(new, direction, semantics)
    return Difference(*changed_packets(written, old.content.actions, run, new.content.actions))


def _texts(rule: AclRule, reading: Reading, semantics: Semantics) -> list[AclRule]:
    """The rules that say the same in words the router takes; empty when there are none."""
    if reading.state == "left-out" and not reading.misread:
        return [rule]
    plain = _plain(rule, reading, semantics)
    if plain is None:
        return []
    widest = [
        span
        for span in dict.fromkeys(reading.addresses)
        if not any(_within(span, wider) for wider in reading.addresses)
    ]
    if len(reading.addresses) == 1:
        return [plain]
    ipv6 = tuple(entry for entry in rule.cidrs or () if ":" in entry)
    return [replace(plain, cidrs=(_cidr(span), *(ipv6 if index == 0 else ()))) for index, span in enumerate(widest)]


def _plain(rule: AclRule, reading: Reading, semantics: Semantics) -> AclRule | None:
    """The rule with its protocol, ports, type and code as the router reads them rightly; the rule itself where it does
    already.
    """
    written = reading.written
    if written is None:
        return None
    if reading.state == "runs" and reading.run == written:
        return rule
    (protocols, details), *_ = services.disjoint_pieces([written])
    bare = replace(rule, start_port=None, end_port=None, icmp_type=None, icmp_code=None)
    if protocols[0] in (services.TCP, services.UDP):
        return replace(bare, protocol=services.PROTOCOL_NAMES[protocols[0]], start_port=details[0], end_port=details[1])
    if protocols[0] != services.ICMP:
        return None
    (kind, code), last = divmod(details[0], 256), details[1]
    if details == _WHOLE:
        kind, code = -1, -1
    elif last > details[0]:
        code = -1
    plain = replace(bare, protocol="icmp", icmp_type=kind, icmp_code=code)
    return plain if read(plain, semantics).run == written else None


def _within(span: Span, wider: Span) -> bool:
    return span != wider and wider[0] <= span[0] and span[1] <= wider[1]


def _cidr(span: Span) -> str:
    (network,) = summarize_address_range(IPv4Address(span[0]), IPv4Address(span[1]))
    return str(network)
