"""Network mode ROUTED (4.20 and later): another firewall, read in CloudStack's sources and not measured.

Its nftables chains end in a drop in both directions, a port-less TCP or UDP rule is all ports, a start port 0 becomes
all ports, and what a numeric protocol or an odd ICMP rule does there is doubtful (configure.py, ip4_acl). So an answer
is given only for packets about which that reading and the measured semantics agree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vpnaudit.acl import services
from vpnaudit.acl.order import Line, View, order_of, readings
from vpnaudit.acl.packets import PacketSet
from vpnaudit.acl.table import allowed_packets

if TYPE_CHECKING:
    from vpnaudit.acl.rules import AclRule, Content, Direction
    from vpnaudit.acl.semantics import Reading, Semantics
    from vpnaudit.acl.services import Span

_WHY = "the VPC is in network mode ROUTED, whose firewall was not measured and differs here"


def unsure_when_routed(
    content: Content, direction: Direction, semantics: Semantics, passing: PacketSet, where: Span
) -> tuple[PacketSet, str]:
    """The packets of an address interval about which nothing is said in a ROUTED VPC, and why.

    `passing` is what the measured router lets through for these addresses.
    """
    odd = [
        rule.number
        for rule, reading in zip(content.rules, readings(content, semantics), strict=True)
        if rule.direction == direction and _odd(rule, reading)
    ]
    if odd:
        return PacketSet.box(where), f"{_WHY}: rule {', '.join(map(str, odd))}"
    written = order_of(content, direction, semantics, View.WRITTEN)
    lines = tuple(_all_ports(line) if content.rules[line.position].start_port == 0 else line for line in written.lines)
    routed = allowed_packets(replace(written, lines=lines, default_allow=False), content.actions, where)
    unsure = (routed - passing) | (passing - routed)
    return unsure, _WHY if unsure else ""


def _odd(rule: AclRule, reading: Reading) -> bool:
    return rule.protocol.isdigit() or bool(reading.misread) or reading.state == "refused"


def _all_ports(line: Line) -> Line:
    protocol, _ = services.split(line.service[0])
    return line._replace(service=services.span(protocol))
