"""First match over the whole plane at once is first match packet by packet."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.acl.decision import packets_of
from vpnaudit.acl.order import ordered
from vpnaudit.acl.packets import EVERY_ADDRESS, PacketSet
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import DEFAULT, allowed_packets, strips

from .small_space import PACKETS, lists

NEW = Semantics.V4_23


def decides(order, packet):
    """The position of the first line that holds the packet: the reference, one packet at a time."""
    for line in order.lines:
        if (
            line.addresses[0] <= packet.remote <= line.addresses[1]
            and line.service[0] <= packet.service <= line.service[1]
        ):
            return line.position
    return DEFAULT


@settings(max_examples=40, deadline=None)
@given(lists(), st.sampled_from(["ingress", "egress"]))
def test_every_cell_holds_the_rule_that_decides_its_packets(acl, direction):
    order = ordered(acl, direction, NEW)
    for packet in PACKETS:
        cells = [
            strip.first[
                np.searchsorted(strip.rows, packet.remote, "right") - 1,
                np.searchsorted(strip.columns, packet.service, "right") - 1,
            ]
            for strip in strips(order)
            if strip.rows[0] <= packet.remote < strip.rows[-1]
        ]
        assert cells == [decides(order, packet)]


@settings(max_examples=40, deadline=None)
@given(lists(), st.sampled_from(["10.0.0.0/30", "172.16.0.9/32"]))
def test_an_answer_for_some_addresses_is_the_answer_for_all_cut_to_them(acl, cidr):
    order = ordered(acl, "ingress", NEW)
    actions = tuple(rule.allow for rule in acl.rules)
    where = packets_of(cidr, "all")
    (low, high, _), *_ = where.bands
    assert allowed_packets(order, actions, (low, high)) == allowed_packets(order, actions) & where


def test_more_lines_than_a_strip_holds_are_cut_into_several():
    rules = tuple(AclRule(n, "all", "ingress", n % 2 == 0, (f"10.{n // 250}.{n % 250}.0/25",)) for n in range(1, 700))
    order = ordered(AclList(rules), "ingress", NEW)
    assert len(list(strips(order))) > 1
    passing = allowed_packets(order, tuple(rule.allow for rule in rules))
    assert passing == sum_of(rule.cidrs[0] for rule in rules if rule.allow)
    assert PacketSet.box(EVERY_ADDRESS) - passing


def sum_of(cidrs):
    return PacketSet.from_bands(sorted(band for cidr in cidrs for band in packets_of(cidr, "all").bands))
