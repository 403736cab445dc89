"""What passes between a remote network and a tier, and which rule says so; judged by what the router runs."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Literal

import numpy as np

from vpnaudit.acl import services
from vpnaudit.acl.ipv4 import BITS, network
from vpnaudit.acl.order import order_of, ordered, readings
from vpnaudit.acl.packets import EMPTY, PacketSet
from vpnaudit.acl.routed import unsure_when_routed
from vpnaudit.acl.rules import once_a_content
from vpnaudit.acl.table import DEFAULT, allowed_packets, boxes_of, strips
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from vpnaudit.acl.order import Line
    from vpnaudit.acl.packets import Band, Packet
    from vpnaudit.acl.rules import AclList, AclRule, Content, Direction
    from vpnaudit.acl.semantics import Semantics
    from vpnaudit.acl.services import Span

Verdict = Literal["all", "some", "none", "not-modelled"]


@dataclass(frozen=True, slots=True)
class Part:
    """Packets that one rule decides; `rule` None is the direction's default (ingress drops, egress accepts)."""

    rule: AclRule | None
    allow: bool
    packets: PacketSet


@dataclass(frozen=True, slots=True)
class Reach:
    """What passes for one remote CIDR and one direction of a list.

    `asked` is every packet in question. `parts` are disjoint, together `asked`, in the order in which their rules are
    first tried, the default last. `unsure` holds the packets that no measurement speaks for, `why` the reason; verdict
    `not-modelled` means that it is not empty, and `allowed` then holds only what passes for sure.
    """

    direction: Direction
    asked: PacketSet
    allowed: PacketSet
    parts: tuple[Part, ...]
    unsure: PacketSet = EMPTY
    why: str = ""

    @property
    def verdict(self) -> Verdict:
        """`all`, `some` or `none` of the packets pass, or `not-modelled`."""
        if self.unsure:
            return "not-modelled"
        if self.allowed == self.asked:
            return "all"
        return "some" if self.allowed else "none"

    @property
    def denied(self) -> PacketSet:
        """The packets that are dropped for sure; its `sample()` is the counter-example to `all`, that of `allowed` to
        `none`.
        """
        return self.asked - self.allowed - self.unsure

    def words(self) -> str:
        """What passes, in words."""
        side = "from" if self.direction == "ingress" else "to"
        if self.unsure:
            return f"cannot tell for {self.unsure.words(side)}: {self.why}"
        return self.allowed.words(side)


@dataclass(frozen=True, slots=True)
class Tried:
    """One step of a trace: a rule, the part of it that was tried (its CIDR as addresses), and what did not fit; empty:
    it matched.
    """

    rule: AclRule
    addresses: Span
    mismatch: Literal["", "address", "service"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens to one packet: verdict, the rule that decides (None: the default), and the rules tried up to
    there.
    """

    verdict: Literal["pass", "drop", "not-modelled"]
    rule: AclRule | None
    trace: tuple[Tried, ...]
    why: str = ""


def addresses_of(cidr: str) -> Span:
    """First and last address of an IPv4 CIDR; host bits are masked, as the router does.

    Raises:
        ConfigError: it is no IPv4 CIDR.
    """
    address, slash, mask = cidr.partition("/")
    try:
        if not slash or (mask.isascii() and mask.isdigit()):
            return network(address, int(mask) if slash else BITS)
        by_netmask = IPv4Network(cidr, strict=False)
    except ValueError as error:
        raise ConfigError(f"{cidr!r} is no IPv4 network: give one such as 192.168.10.0/24") from error
    return int(by_netmask.network_address), int(by_netmask.broadcast_address)


def packets_of(
    cidr: str, proto: str | int | None = None, *, ports: Span | None = None, icmp: Span | None = None
) -> PacketSet:
    """A flow as a packet set: remote CIDR, protocol (None: every), port interval, or ICMP type and code (code -1: any).

    Raises:
        ConfigError: a CIDR or protocol cannot be read, or ports are given for a protocol without ports.
    """
    where = addresses_of(cidr)
    if proto is None or str(proto).lower() == "all":
        return PacketSet.box(where)
    number = services.protocol_number(proto)
    if number is None:
        raise ConfigError(
            f"{proto!r} is no protocol: give tcp, udp, icmp, another name such as gre, or a number from 0 to 255"
        )
    if ports is not None and number not in (services.TCP, services.UDP):
        raise ConfigError(f"{proto} has no ports: leave them out")
    if ports is not None:
        return PacketSet.box(where, services.span(number, *ports))
    if icmp is not None and number == services.ICMP:
        kind, code = icmp
        return PacketSet.box(
            where, services.span(number, kind * 256 + max(code, 0), kind * 256 + (255 if code < 0 else code))
        )
    return PacketSet.box(where, services.span(number))


def reach(acl: AclList, remote: str, direction: Direction, semantics: Semantics, *, routed: bool = False) -> Reach:
    """What passes between a remote CIDR and a tier with this list (an empty list for a tier that has none).

    `routed` is for VPCs in network mode ROUTED, whose other firewall was read and not measured: where it would differ,
    the verdict is `not-modelled`; elsewhere `parts` name the rules by which the measured firewall comes to the same
    answer.

    Raises:
        ConfigError: `remote` is no IPv4 CIDR.
    """
    answer = _reach(acl.content, addresses_of(remote), direction, semantics, routed)
    parts = tuple(
        Part(None if position == DEFAULT else acl.rules[position], allow, packets)
        for (position, allow, packets) in answer.parts
    )
    return Reach(direction, answer.asked, answer.allowed, parts, answer.unsure, answer.why)


@dataclass(frozen=True, slots=True)
class _Answer:
    asked: PacketSet
    allowed: PacketSet
    parts: tuple[tuple[int, bool, PacketSet], ...]
    unsure: PacketSet
    why: str


@once_a_content
def _reach(content: Content, where: Span, direction: Direction, semantics: Semantics, routed: bool) -> _Answer:
    """The answer for a content: equal lists are worked out once."""
    asked = PacketSet.box(where)
    why = not_modelled(content, direction, semantics)
    if why:
        return _Answer(asked, EMPTY, (), asked, why)
    order = order_of(content, direction, semantics)
    verdicts = np.array([*content.actions, order.default_allow])
    bands: dict[int, list[Band]] = {}
    open_bands: list[Band] = []
    boxes = boxes_of(order.lines)
    for strip in strips(order, where, depth=1):
        open_bands += strip.bands(verdicts[strip.first])
        for position, rule_bands in strip.parts(boxes):
            bands.setdefault(position, []).extend(rule_bands)
    passing = PacketSet.from_bands(open_bands)
    if routed:
        unsure, why = unsure_when_routed(content, direction, semantics, passing, where)
        if unsure:
            return _Answer(asked, passing - unsure, (), unsure, why)
    tried = [
        *dict.fromkeys(line.position for line in order.lines if line.position in bands),
        *([DEFAULT] if DEFAULT in bands else []),
    ]
    parts = tuple((position, bool(verdicts[position]), PacketSet.from_bands(bands[position])) for position in tried)
    return _Answer(asked, passing, parts, EMPTY, "")


def not_modelled(content: Content, direction: Direction, semantics: Semantics) -> str:
    """Why nothing can be said about a direction of a list: the rules that cannot be read; empty when all can."""
    unknown = order_of(content, direction, semantics).unknown
    reading_of = readings(content, semantics)
    return "; ".join(f"rule {content.rules[p].number}: {reading_of[p].why}" for p in unknown)


def decision_of_packet(
    acl: AclList, packet: Packet, direction: Direction, semantics: Semantics, *, routed: bool = False
) -> Decision:
    """What the router does with the first packet of a flow. Replies to what passed are not asked here: they always
    pass.
    """
    order = ordered(acl, direction, semantics)
    why = not_modelled(acl.content, direction, semantics)
    if why:
        return Decision("not-modelled", None, (), why)
    if routed:
        at = (packet.remote, packet.remote)
        passing = allowed_packets(order, acl.content.actions, at)
        unsure, why = unsure_when_routed(acl.content, direction, semantics, passing, at)
        if packet in unsure:
            return Decision("not-modelled", None, (), why)
    trace = []
    for line in order.lines:
        rule, mismatch = acl.rules[line.position], _mismatch(line, packet)
        trace.append(Tried(rule, line.addresses, mismatch))
        if not mismatch:
            return Decision("pass" if rule.allow else "drop", rule, tuple(trace))
    return Decision("pass" if order.default_allow else "drop", None, tuple(trace))


def _mismatch(line: Line, packet: Packet) -> Literal["", "address", "service"]:
    if not line.addresses[0] <= packet.remote <= line.addresses[1]:
        return "address"
    return "" if line.service[0] <= packet.service <= line.service[1] else "service"
