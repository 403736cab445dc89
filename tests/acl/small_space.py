"""A world of 9 addresses and a few dozen kinds of packet: small enough for brute force, with a point in every cell its
rules cut.
"""

from ipaddress import IPv4Address, IPv4Network
from itertools import product

from hypothesis import strategies as st

from vpnaudit.acl.decision import packets_of
from vpnaudit.acl.packets import Packet, PacketSet
from vpnaudit.acl.rules import AclList, AclRule

ADDRESSES = [f"10.0.0.{n}" for n in range(8)] + ["172.16.0.9"]
PORTS = (0, 1, 2, 3, 4, 65535)
KINDS = (
    [("tcp", {"port": p}) for p in PORTS]
    + [("udp", {"port": p}) for p in PORTS]
    + [("icmp", {"icmp_type": t, "icmp_code": c}) for t, c in product((0, 8, 13, 255), (0, 1, 7))]
    + [(p, {}) for p in (0, 47, 50, 255)]
)
PACKETS = [Packet.of(address, proto, **kind) for address in ADDRESSES for proto, kind in KINDS]

cidrs = st.builds(lambda n, mask: f"10.0.0.{n}/{mask}", st.integers(0, 7), st.sampled_from([29, 30, 31, 32])) | st.just(
    "0.0.0.0/0"
)
ports = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted) | st.just((0, 65535)) | st.just((None, None))
kinds = st.tuples(st.sampled_from([None, -1, 0, 8]), st.sampled_from([None, -1, 0, 1]))


@st.composite
def rules(draw, *, odd: bool = True, direction: str | None = None):
    """A rule as the API shows it; `odd` allows texts that the router refuses or reads as something else."""
    words = ["tcp", "udp", "icmp", "all", "47"]
    protocol = draw(st.sampled_from(words + (["TCP", "ICMP", "1", "6", "17", "0", "cp"] if odd else [])))
    start, end = draw(ports) if protocol.lower() in ("tcp", "udp", "6", "17") else (None, None)
    kind, code = draw(kinds) if protocol.lower() in ("icmp", "1") else (None, None)
    if not odd:
        start, end = (0, 65535) if start is None and protocol in ("tcp", "udp") else (start, end)
        code = None if kind in (None, -1) else code
    elif protocol == "icmp" and draw(st.integers(0, 9)) == 0:
        kind = 255
    return AclRule(
        number=draw(st.integers(1, 10_000)),
        protocol=protocol,
        direction=direction or draw(st.sampled_from(["ingress", "egress"])),
        allow=draw(st.booleans()),
        cidrs=draw(st.lists(cidrs | st.just("2001:db8::/32"), min_size=0, max_size=3).map(tuple)) or None,
        start_port=start,
        end_port=end,
        icmp_type=kind,
        icmp_code=code,
        id=f"rule-{draw(st.integers(0, 99_999))}",
    )


def lists(*, max_size: int = 7, **options):
    """A list of up to `max_size` rules with different numbers."""
    return st.lists(rules(**options), max_size=max_size, unique_by=lambda rule: rule.number).map(
        lambda rules_of_list: AclList(tuple(rules_of_list))
    )


@st.composite
def sets(draw):
    """A packet set as a union of boxes, or one minus another."""
    packets = PacketSet()
    for rule in draw(st.lists(rules(odd=False), max_size=4)):
        named = boxes(rule)
        packets = packets | named if rule.allow else packets - named
    return packets


def boxes(rule: AclRule) -> PacketSet:
    """The packets that the text of a plain rule names, built without the package's own reading."""
    packets = PacketSet()
    for cidr in rule.cidrs or ("0.0.0.0/0",):
        if ":" in cidr:
            continue
        if rule.start_port is not None:
            packets |= packets_of(cidr, rule.protocol, ports=(rule.start_port, rule.end_port))
        elif rule.icmp_type is not None and rule.icmp_type >= 0:
            packets |= packets_of(cidr, "icmp", icmp=(rule.icmp_type, -1 if rule.icmp_code is None else rule.icmp_code))
        else:
            packets |= packets_of(cidr, rule.protocol)
    return packets


def written_verdict(acl: AclList, address: str, proto, kind, direction: str) -> bool:
    """The reference: walk the rules by number, first match decides; words and addresses only, no intervals."""
    numbers = {"tcp": 6, "udp": 17, "icmp": 1}
    packet = numbers.get(proto, proto)
    for rule in sorted(acl.rules, key=lambda r: r.number):
        word = rule.protocol.lower()
        named = numbers.get(word, int(word) if word.isdigit() else word)
        near = rule.cidrs is None or any(
            ":" not in c and IPv4Address(address) in IPv4Network(c, strict=False) for c in rule.cidrs
        )
        if rule.direction == direction and near and named in ("all", packet) and detail_fits(rule, named, kind):
            return rule.allow
    return direction == "egress"


def detail_fits(rule: AclRule, named, kind) -> bool:
    if named in (6, 17) and rule.start_port is not None:
        return rule.start_port <= kind["port"] <= rule.end_port
    if named == 1 and rule.icmp_type not in (None, -1):
        return kind["icmp_type"] == rule.icmp_type and rule.icmp_code in (None, -1, kind["icmp_code"])
    return True
