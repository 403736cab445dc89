"""First match over the whole plane at once is first match packet by packet."""

import random

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vpnaudit.acl import services
from vpnaudit.acl.decision import packets_of
from vpnaudit.acl.order import ordered
from vpnaudit.acl.packets import EVERY_ADDRESS, PacketSet
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import DEFAULT, _below_few, _visible, allowed_packets, boxes_of, changed_packets, strips

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


@settings(max_examples=40, deadline=None)
@given(lists(), lists(), st.sampled_from(["ingress", "egress"]), st.sampled_from(["10.0.0.0/30", "0.0.0.0/0"]))
def test_what_changes_between_two_lists_is_what_only_one_of_them_lets_through(one, two, direction, cidr):
    (low, high, _), *_ = packets_of(cidr, "all").bands
    orders = [(ordered(acl, direction, NEW), acl.content.actions) for acl in (one, two)]
    before, after = (allowed_packets(*order, (low, high)) for order in orders)
    assert changed_packets(*orders[0], *orders[1], (low, high)) == (after - before, before - after)


@pytest.mark.parametrize("seed", range(3))
def test_lines_that_are_hidden_in_a_long_list_change_no_decision(seed, monkeypatch):
    draw = random.Random(seed)
    rules = []
    for number in range(1, 500):
        cidrs = tuple(f"10.0.{draw.randrange(4)}.0/{draw.randint(14, 26)}" for _ in range(draw.randint(1, 2)))
        ports = sorted(draw.randrange(9) for _ in range(2))
        rules.append(AclRule(number, draw.choice(("tcp", "all")), "ingress", draw.random() < 0.5, cidrs, *ports))
    order = ordered(AclList(tuple(rules)), "ingress", NEW)
    cells = [cells_at(order, depth) for depth in (1, 2)]
    monkeypatch.setattr("vpnaudit.acl.table._FEW", len(order.lines))  # nothing is hidden in so short a list
    assert (cells[0][0], *cells[1]) == (cells_at(order, 1)[0], *cells_at(order, 2))


def test_lines_below_the_widest_cost_no_rows(monkeypatch):
    """The 64 widest lines are /16 of every service. What lies below them is narrow in address, though at an edge that
    many networks share, or wide in address and narrow in service.
    """
    monkeypatch.setattr("vpnaudit.acl.table._BLOCK", 8)  # 64 lines a block: several
    wide = [f"10.{number}.0.0/16" for number in range(64)]
    hosts = [f"10.{number}.{third}.255/32" for number in range(64) for third in (63, 127, 255)]
    rules = [AclRule(number, "all", "ingress", True, (cidr,)) for number, cidr in enumerate(wide, 1)]
    rules += [AclRule(number, "tcp", "ingress", False, (cidr,), 1, 9) for number, cidr in enumerate(hosts, 100)]
    rules += [AclRule(1000 + number, "tcp", "ingress", False, ("0.0.0.0/0",), number, number) for number in range(3)]
    order = ordered(AclList(tuple(rules)), "ingress", NEW)
    rows = np.unique(np.concatenate([strip.rows for strip in strips(order, depth=1)]))
    assert rows.tolist() == [0, *((10 << 24) + (number << 16) for number in range(65)), 1 << 32]


def test_a_strip_has_the_columns_of_its_own_lines_alone():
    """Each of 400 networks opens a port of its own."""
    rules = [
        AclRule(number, "tcp", "ingress", True, (f"10.{number >> 8}.{number & 255}.0/24",), 2 * number, 2 * number)
        for number in range(1, 400)
    ]
    parts = list(strips(ordered(AclList(tuple(rules)), "ingress", NEW)))
    assert len(parts) > 1
    for strip in parts:
        low, high = (int(strip.rows[at]) - (10 << 24) for at in (0, -1))
        own = [number for number in range(1, 400) if low < (number + 1) << 8 and number << 8 < high]
        edges = {services.span(6, 2 * number, 2 * number)[0] + after for number in own for after in (0, 1)}
        assert strip.columns.tolist() == sorted({services.EVERY[0], services.EVERY[1] + 1, *edges})


def cells_at(order, depth):
    """Who decides, and who would next, at some points."""
    first, following = [], []
    for strip in strips(order, depth=depth):
        addresses = [(10 << 24) + at for at in range(0, 2048, 32) if strip.rows[0] <= (10 << 24) + at < strip.rows[-1]]
        rows = np.searchsorted(strip.rows, addresses, "right") - 1
        columns = np.searchsorted(strip.columns, [services.span(6, port)[0] for port in range(10)], "right") - 1
        first += strip.first[np.ix_(rows, columns)].tolist()
        following += strip.following[np.ix_(rows, columns)].tolist()
    return first, following


def test_more_lines_than_a_strip_holds_are_cut_into_several():
    rules = tuple(AclRule(n, "all", "ingress", n % 2 == 0, (f"10.{n // 250}.{n % 250}.0/25",)) for n in range(1, 700))
    order = ordered(AclList(rules), "ingress", NEW)
    assert len(list(strips(order))) > 1
    passing = allowed_packets(order, tuple(rule.allow for rule in rules))
    assert passing == sum_of(rule.cidrs[0] for rule in rules if rule.allow)
    assert PacketSet.box(EVERY_ADDRESS) - passing


def sum_of(cidrs):
    return PacketSet.from_bands(sorted(band for cidr in cidrs for band in packets_of(cidr, "all").bands))


@settings(max_examples=40, deadline=None)
@given(lists(), st.sampled_from(["ingress", "egress"]), st.sampled_from([1, 2]))
def test_the_parts_of_a_strip_are_the_cells_of_each_rule_that_decides(acl, direction, depth):
    order = ordered(acl, direction, NEW)
    for strip in strips(order, depth=depth):
        deciding = np.unique(strip.first).tolist()
        expected = {p: PacketSet.from_bands(strip.bands(strip.first == p)) for p in deciding}
        parts = {p: PacketSet.from_bands(bands) for p, bands in strip.parts(boxes_of(order.lines))}
        assert parts == expected
        size = sum(packets.size for packets in parts.values())
        assert size == int(strip.rows[-1] - strip.rows[0]) * services.COUNT


def hidden_by(line, above, depth):
    """Whether a line cannot show below these: the reference, one pair at a time."""
    covering = [
        one[0] for one in above if one[1] <= line[1] and line[2] <= one[2] and one[3] <= line[3] and line[4] <= one[4]
    ]
    return bool(covering) and (depth == 1 or line[0] in covering or len(set(covering)) > 1)


intervals = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(sorted)
planes = st.lists(st.tuples(st.integers(0, 9), intervals, intervals), min_size=4, max_size=20).map(
    lambda drawn: np.array(sorted(((position, *a, *b) for position, a, b in drawn), key=lambda line: line[0]))
)


@settings(max_examples=60, deadline=None)
@given(planes, st.sampled_from([1, 2]))
def test_the_visible_lines_are_those_that_nothing_above_hides(lines, depth):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vpnaudit.acl.table._FEW", 2)
        patch.setattr("vpnaudit.acl.table._BLOCK", 3)
        visible = _visible(lines, depth).tolist()
    rows = lines.tolist()
    assert visible == [row for at, row in enumerate(rows) if not hidden_by(row, rows[:at], depth)]


@settings(max_examples=60, deadline=None)
@given(planes, st.sampled_from([1, 2]))
def test_what_the_widest_lines_hide_is_left_out(lines, depth):
    rows = lines.tolist()
    areas = [(last - first + 1) * (high - low + 1) for _, first, last, low, high in rows]
    widest = sorted(areas)[-3:]
    assume(areas.count(widest[0]) == widest.count(widest[0]))  # else any of the equal ones may be among them
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vpnaudit.acl.table._FEW", 3)
        patch.setattr("vpnaudit.acl.table._BLOCK", 2)
        shown = _below_few(lines, depth).tolist()
    above = [[row for row, area in zip(rows[:at], areas, strict=False) if area >= widest[0]] for at in range(len(rows))]
    assert shown == [row for row, wide in zip(rows, above, strict=True) if not hidden_by(row, wide, depth)]
