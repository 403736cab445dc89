"""Reach, its parts and single packets agree with a walk over the rules, packet by packet."""

from ipaddress import IPv4Network, ip_address
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.acl import services
from vpnaudit.acl.decision import addresses_of, decision_of_packet, packets_of, reach
from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.packets import EMPTY, Packet, PacketSet
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import allowed_packets
from vpnaudit.errors import ConfigError

from .small_space import ADDRESSES, KINDS, PACKETS, lists, written_verdict

NEW, OLD, UNKNOWN = Semantics.V4_23, Semantics.V4_11, Semantics.UNKNOWN
directions = st.sampled_from(["ingress", "egress"])


@settings(max_examples=50, deadline=None)
@given(lists(), directions)
def test_the_written_order_agrees_with_a_walk_over_the_rules_text(acl, direction):
    passing = allowed_packets(ordered(acl, direction, NEW, View.WRITTEN), tuple(rule.allow for rule in acl.rules))
    numbers = {"tcp": 6, "udp": 17, "icmp": 1}
    for address in ADDRESSES:
        for proto, kind in KINDS:
            expected = written_verdict(acl, address, numbers.get(proto, proto), kind, direction)
            assert (Packet.of(address, proto, **kind) in passing) == expected


@settings(max_examples=50, deadline=None)
@given(lists(), directions, st.sampled_from([NEW, OLD]))
def test_reach_agrees_with_a_walk_over_the_router_lines(acl, direction, semantics):
    order = ordered(acl, direction, semantics)
    passage = reach(acl, "0.0.0.0/0", direction, semantics)
    owner = {packet: part for part in passage.parts for packet in PACKETS if packet in part.packets}
    for packet in PACKETS:
        first = next(
            (
                n
                for n in order.lines
                if n.addresses[0] <= packet.remote <= n.addresses[1] and n.service[0] <= packet.service <= n.service[1]
            ),
            None,
        )
        passes = acl.rules[first.position].allow if first else direction == "egress"
        assert (packet in passage.allowed) == owner[packet].allow == passes
        assert owner[packet].rule is (acl.rules[first.position] if first else None)
        decision = decision_of_packet(acl, packet, direction, semantics)
        assert (decision.verdict, decision.rule) == ("pass" if passes else "drop", owner[packet].rule)


@settings(max_examples=60, deadline=None)
@given(lists(), directions, st.sampled_from(["10.0.0.0/29", "10.0.0.2/31", "0.0.0.0/0", "172.16.0.9/32"]))
def test_parts_are_disjoint_and_together_what_was_asked(acl, direction, remote):
    passage = reach(acl, remote, direction, NEW)
    together = EMPTY
    for part in passage.parts:
        assert part.packets
        together |= part.packets
    assert together == passage.asked == packets_of(remote)
    assert not any(one.packets & two.packets for one, two in combinations(passage.parts, 2))
    assert passage.allowed | passage.denied == passage.asked
    assert not passage.allowed & passage.denied


@settings(max_examples=60, deadline=None)
@given(lists(), directions)
def test_the_counter_example_is_in_its_set_and_fares_as_the_set_says(acl, direction):
    passage = reach(acl, "10.0.0.0/29", direction, NEW)
    for packets, verdict in ((passage.allowed, "pass"), (passage.denied, "drop")):
        sample = packets.sample()
        if sample is not None:
            assert sample in packets
            assert decision_of_packet(acl, sample, direction, NEW).verdict == verdict
    assert passage.verdict == ("all" if not passage.denied else "some" if passage.allowed else "none")


@settings(max_examples=50, deadline=None)
@given(lists(), directions, st.sampled_from(["10.0.0.0/29", "0.0.0.0/0"]))
def test_in_a_routed_vpc_all_but_the_unsure_packets_fare_as_elsewhere(acl, direction, remote):
    routed, measured = (reach(acl, remote, direction, NEW, routed=routed) for routed in (True, False))
    assert (routed.allowed, routed.denied) == (measured.allowed - routed.unsure, measured.denied - routed.unsure)
    assert routed.asked == measured.asked
    assert routed.parts == (() if routed.unsure else measured.parts)
    assert bool(routed.why) is bool(routed.unsure)


def rule(number, protocol="all", *cidrs, allow=True, direction="ingress", **options):
    return AclRule(number, protocol, direction, allow, cidrs or None, id=f"id-{number}", **options)


def test_a_tier_without_a_list_is_closed_inwards_and_open_outwards():
    nothing = AclList()
    inwards, outwards = reach(nothing, "10.0.0.0/8", "ingress", NEW), reach(nothing, "10.0.0.0/8", "egress", NEW)
    assert (inwards.verdict, inwards.words()) == ("none", "nothing")
    assert (outwards.verdict, outwards.words()) == ("all", "everything to 10.0.0.0/8")
    assert [part.rule for part in inwards.parts] == [None]


def test_equal_lists_share_the_work_and_keep_their_own_rules():
    one, two = (AclList((AclRule(1, "all", "ingress", allow=True, id=name),)) for name in ("a", "b"))
    assert [reach(acl, "10.0.0.0/8", "ingress", NEW).parts[0].rule.id for acl in (one, two)] == ["a", "b"]


def test_a_trace_says_which_rules_were_tried_and_what_did_not_fit():
    acl = AclList(
        (
            rule(1, "tcp", "10.1.0.0/16", start_port=22, end_port=22),
            rule(2, "udp", start_port=53, end_port=53),
            rule(3, allow=False),
        )
    )
    decision = decision_of_packet(acl, Packet.of("10.2.0.1", "tcp", port=22), "ingress", NEW)
    assert (decision.verdict, decision.rule.number) == ("drop", 3)
    assert [(step.rule.number, step.mismatch) for step in decision.trace] == [(1, "address"), (2, "service"), (3, "")]
    assert decision_of_packet(acl, Packet.of("10.2.0.1", "tcp", port=22), "egress", NEW).rule is None


def test_what_cannot_be_read_is_not_guessed_at():
    acl = AclList((rule(1, "tcp", start_port=22, end_port=22), rule(2, "47")))
    passage = reach(acl, "10.0.0.0/8", "ingress", UNKNOWN)
    assert (passage.verdict, passage.parts, passage.allowed) == ("not-modelled", (), EMPTY)
    assert (
        passage.words()
        == "cannot tell for everything from 10.0.0.0/8: rule 2: what protocol 47 does depends on the CloudStack"
        " version, which is not known"
    )
    decision = decision_of_packet(acl, Packet.of("10.0.0.1", "tcp", port=22), "ingress", UNKNOWN)
    assert (decision.verdict, decision.rule, decision.trace) == ("not-modelled", None, ())
    assert reach(acl, "10.0.0.0/8", "egress", UNKNOWN).verdict == "all"
    assert reach(acl, "10.0.0.0/8", "ingress", NEW).verdict == "some"


def test_a_remote_network_that_cannot_be_read_is_an_error_with_advice():
    with pytest.raises(ConfigError, match="no IPv4 network"):
        reach(AclList(), "2001:db8::/32", "ingress", NEW)


@pytest.mark.parametrize(
    ("icmp", "first", "last"),
    [
        ((8, -1), 8 * 256, 8 * 256 + 255),
        ((8, 0), 8 * 256, 8 * 256),
        ((3, 4), 3 * 256 + 4, 3 * 256 + 4),
        ((255, 255), 65_535, 65_535),
        ((0, -1), 0, 255),
    ],
)
def test_a_type_of_icmp_has_one_code_or_all_of_its_own(icmp, first, last):
    address = int(ip_address("10.0.0.1"))
    expected = PacketSet.box((address, address), services.span(services.ICMP, first, last))
    assert packets_of("10.0.0.1/32", "icmp", icmp=icmp) == expected


@given(
    st.ip_addresses(v=4).map(str),
    st.sampled_from(["", "/8", "/08", "/255.0.0.0", "/0.0.0.255", "/33", "/x", "/", "/ 8", "/+8", "/٨"]),
)
def test_a_remote_network_is_read_as_the_standard_library_reads_it(address, mask):
    try:
        network = IPv4Network(address + mask, strict=False)
    except ValueError:
        with pytest.raises(ConfigError, match="is no IPv4 network"):
            addresses_of(address + mask)
    else:
        assert addresses_of(address + mask) == (int(network.network_address), int(network.broadcast_address))


@pytest.mark.parametrize("proto", ["tcp", "udp", "gre", "0"])
def test_a_type_of_icmp_says_nothing_of_another_protocol(proto):
    assert packets_of("10.0.0.1/32", proto, icmp=(8, 0)) == packets_of("10.0.0.1/32", proto)
