"""A ROUTED VPC has another firewall: only what both readings agree on is said."""

import pytest

from vpnaudit.acl.decision import decision_of_packet, reach
from vpnaudit.acl.packets import EVERY_ADDRESS, PacketSet
from vpnaudit.acl.routed import unsure_when_routed
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics

NEW = Semantics.V4_23


def rule(number, protocol="all", *cidrs, allow=True, direction="ingress", **more):
    return AclRule(number, protocol, direction, allow, cidrs or None, **more)


@pytest.mark.parametrize(
    ("rules", "direction", "verdict"),
    [
        ((), "ingress", "none"),
        ((), "egress", "not-modelled"),
        ((rule(1, direction="egress"),), "egress", "all"),
        ((rule(1, direction="egress", allow=False),), "egress", "none"),
        ((rule(1, "tcp", "10.0.0.0/8", start_port=443, end_port=443),), "ingress", "some"),
        ((rule(1, "tcp"),), "ingress", "not-modelled"),
        ((rule(1, "tcp", start_port=0, end_port=22),), "ingress", "not-modelled"),
        ((rule(1, "tcp", start_port=0, end_port=65535),), "ingress", "some"),
        ((rule(1, "47"), rule(2)), "ingress", "not-modelled"),
        ((rule(1, "icmp", icmp_type=-1, icmp_code=0), rule(2)), "ingress", "not-modelled"),
        ((rule(1, "ICMP"), rule(2)), "ingress", "not-modelled"),
    ],
)
def test_a_routed_vpc_is_judged_only_where_both_firewalls_agree(rules, direction, verdict):
    passage = reach(AclList(rules), "10.0.0.0/8", direction, NEW, routed=True)
    assert passage.verdict == verdict
    if passage.unsure:
        assert "ROUTED" in passage.words()
        sample = passage.unsure.sample()
        assert decision_of_packet(AclList(rules), sample, direction, NEW, routed=True).verdict == "not-modelled"
    for packets, expected in ((passage.allowed, "pass"), (passage.denied, "drop")):
        if packets:
            assert decision_of_packet(AclList(rules), packets.sample(), direction, NEW, routed=True).verdict == expected


def test_a_rule_that_is_read_in_two_ways_is_named_and_leaves_everything_open():
    unsure, why = unsure_when_routed(AclList((rule(7, "47"),)).content, "ingress", NEW, PacketSet(), EVERY_ADDRESS)
    assert unsure == PacketSet.box(EVERY_ADDRESS)
    assert why.endswith("rule 7")
