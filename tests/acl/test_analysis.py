"""What the analysis says about a list equals brute force over a small world, in which every cell has a packet."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.acl.analysis import Departures, Difference, _analyse, _inside, analyse, difference
from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.packets import EMPTY
from vpnaudit.acl.rules import DIRECTIONS, AclList, AclRule
from vpnaudit.acl.semantics import Semantics

from .small_space import PACKETS, lists

NEW, OLD, UNKNOWN = Semantics.V4_23, Semantics.V4_11, Semantics.UNKNOWN
semantics_known = st.sampled_from([NEW, OLD])


def walk(acl, packet, direction, semantics, view=View.RUN):
    """The position that decides a packet, None for the default, by trying one line after the other."""
    for line in ordered(acl, direction, semantics, view).lines:
        if (
            line.addresses[0] <= packet.remote <= line.addresses[1]
            and line.service[0] <= packet.service <= line.service[1]
        ):
            return line.position
    return None


def passes(acl, packet, direction, semantics, view=View.RUN):
    position = walk(acl, packet, direction, semantics, view)
    return direction == "egress" if position is None else acl.rules[position].allow


@settings(max_examples=60, deadline=None)
@given(lists(max_size=8), semantics_known)
def test_shadowed_rules_are_those_of_brute_force(acl, semantics):
    expected, covers = set(), {}
    for direction in ("ingress", "egress"):
        lines = ordered(acl, direction, semantics).lines
        deciding = {packet: walk(acl, packet, direction, semantics) for packet in PACKETS}
        for position in {line.position for line in lines} - set(deciding.values()):
            expected.add(position)
            mine = [n for n in lines if n.position == position]
            hit = [
                p
                for p in PACKETS
                if any(
                    n.addresses[0] <= p.remote <= n.addresses[1] and n.service[0] <= p.service <= n.service[1]
                    for n in mine
                )
            ]
            covers[position] = {acl.rules[deciding[p]] for p in hit}
    shadowed = analyse(acl, semantics).shadowed
    assert {acl.rules.index(shadow.rule) for shadow in shadowed} == expected
    for shadow in shadowed:
        deciding = covers[acl.rules.index(shadow.rule)]
        assert set(shadow.covered_by) <= deciding
        assert len(shadow.covered_by) == 1 or set(shadow.covered_by) == deciding
        assert set(shadow.contradicted_by) == {rule for rule in deciding if rule.allow != shadow.rule.allow}


@settings(max_examples=60, deadline=None)
@given(lists(max_size=8), semantics_known)
def test_redundant_rules_are_those_whose_removal_changes_nothing(acl, semantics):
    analysis = analyse(acl, semantics)
    refused = {direction: bool(ordered(acl, direction, semantics).refused) for direction in ("ingress", "egress")}
    named = {acl.rules.index(entry.rule) for entry in analysis.redundant}
    for position, rule in enumerate(acl.rules):
        direction = rule.direction
        without = AclList(tuple(other for other in acl.rules if other is not rule))
        decides = any(walk(acl, p, direction, semantics) == position for p in PACKETS)
        same = all(passes(acl, p, direction, semantics) == passes(without, p, direction, semantics) for p in PACKETS)
        assert (position in named) == (decides and same and not refused[direction]), rule
    for entry in analysis.redundant:
        without = AclList(tuple(other for other in acl.rules if other is not entry.rule))
        instead = set()
        for packet in PACKETS:
            if walk(acl, packet, entry.rule.direction, semantics) == acl.rules.index(entry.rule):
                position = walk(without, packet, entry.rule.direction, semantics)
                instead.add(None if position is None else without.rules[position])
        assert set(entry.instead) == instead


@settings(max_examples=50, deadline=None)
@given(lists(max_size=6), semantics_known)
def test_departures_are_the_packets_that_fare_otherwise(acl, semantics):
    steps = {
        "reading": (View.WRITTEN, View.READ),
        "order": (View.READ, View.INSERTED),
        "refusal": (View.INSERTED, View.RUN),
        "total": (View.WRITTEN, View.RUN),
    }
    for direction, departures in analyse(acl, semantics).departures.items():
        for name, (one, two) in steps.items():
            change = getattr(departures, name)
            for packet in PACKETS:
                before, after = (passes(acl, packet, direction, semantics, view) for view in (one, two))
                assert (packet in change.opened) == (after and not before)
                assert (packet in change.closed) == (before and not after)


@settings(max_examples=60, deadline=None)
@given(lists(max_size=5, direction="ingress"), lists(max_size=5, direction="ingress"))
def test_a_change_of_a_list_is_a_difference_of_two_packet_sets(before, after):
    change = difference(before, after, "ingress", NEW)
    for packet in PACKETS:
        one, two = passes(before, packet, "ingress", NEW), passes(after, packet, "ingress", NEW)
        assert ((packet in change.opened), (packet in change.closed)) == (two and not one, one and not two)


def rule(number, protocol="all", *cidrs, allow=True, direction="ingress", **options):
    return AclRule(number, protocol, direction, allow, cidrs or None, id=f"id-{number}", **options)


WEB = {"start_port": 443, "end_port": 443}


def test_a_rule_behind_the_opposite_is_contradicted():
    acl = AclList(
        (
            rule(1, "tcp", "192.168.0.0/16", allow=False, start_port=1, end_port=65535),
            rule(2, "tcp", "192.168.20.0/24", **WEB),
            rule(3, "tcp", "192.168.20.7/32", **WEB),
        )
    )
    analysis = analyse(acl, NEW)
    assert [(s.rule.number, s.covered_by, s.contradicted_by) for s in analysis.shadowed] == [
        (n, acl.rules[:1], acl.rules[:1]) for n in (2, 3)
    ]


def test_a_union_of_rules_shadows_too():
    halves = (rule(1, "tcp", "10.0.0.0/25", **WEB), rule(2, "tcp", "10.0.0.128/25", **WEB))
    acl = AclList((*halves, rule(3, "tcp", "10.0.0.0/24", **WEB)))
    (shadow,) = analyse(acl, NEW).shadowed
    assert (shadow.rule.number, shadow.covered_by, shadow.contradicted_by) == (3, halves, ())


def test_the_last_deny_of_an_ingress_list_is_redundant_with_the_default():
    (redundant,) = analyse(AclList((rule(1, "tcp", **WEB), rule(2, allow=False))), NEW).redundant
    assert (redundant.rule.number, redundant.instead) == (2, (None,))


def test_a_deny_with_several_cidrs_is_bypassed():
    acl = AclList(
        (rule(1, "all", "192.168.20.0/25", "192.168.20.128/25", allow=False), rule(2, "tcp", "192.168.20.0/24", **WEB))
    )
    departures = analyse(acl, NEW).departures
    assert str(departures["ingress"].order.opened) == "tcp 443 from 192.168.20.0/25"
    assert departures["ingress"].order == departures["ingress"].total
    assert departures["ingress"].order.words("ingress") == "opens tcp 443 from 192.168.20.0/25"
    assert departures["egress"] == Departures()


def test_a_healthy_list_has_nothing_to_say():
    acl = AclList(
        (
            rule(1, "tcp", "192.168.10.0/24", **WEB),
            rule(2, "icmp", "192.168.10.0/24", icmp_type=8, icmp_code=-1),
            rule(3, direction="egress", allow=False),
        )
    )
    analysis = analyse(acl, NEW)
    lists_of_findings = (
        analysis.shadowed,
        analysis.redundant,
        analysis.dead,
        analysis.misread,
        analysis.refused,
        analysis.left_out,
        analysis.behind_drop,
    )
    assert lists_of_findings == ((),) * 7
    assert not any(d.total for d in analysis.departures.values())
    assert analysis.not_modelled == {}


def test_each_oddity_is_flagged_with_its_reason():
    acl = AclList(
        (
            rule(1, "tcp"),
            rule(2, "ICMP"),
            rule(3, "icmp", icmp_type=-1, icmp_code=0),
            rule(4, "cp"),
            rule(5),
            rule(6, "udp", **WEB),
        )
    )
    analysis = analyse(acl, NEW)
    assert [(f.rule.number, f.why[:20]) for f in analysis.dead] == [(1, "tcp without ports is")]
    assert [f.rule.number for f in analysis.misread] == [2, 4]
    assert [f.rule.number for f in analysis.refused] == [3]
    assert [f.rule.number for f in analysis.left_out] == [4]
    assert [r.number for r in analysis.behind_drop] == [5, 6]
    assert analysis.departures["ingress"].refusal.words("ingress").startswith("closes")


def test_rules_that_have_no_place_are_refused_with_that_reason():
    odd = [rule(n, "icmp", icmp_type=-1, icmp_code=0) for n in (1, 2)]
    analysis = analyse(AclList((*odd, rule(3))), NEW)
    assert "place does not exist" in analysis.refused[2].why


def test_what_cannot_be_read_is_named_and_not_analysed():
    acl = AclList((rule(1, "47"), rule(2, "tcp", **WEB)))
    analysis = analyse(acl, UNKNOWN)
    assert list(analysis.not_modelled) == ["ingress"]
    assert list(analysis.departures) == ["egress"]
    assert difference(acl, AclList(), "ingress", UNKNOWN) is None
    assert difference(AclList(), acl, "ingress", UNKNOWN) is None


def test_equal_lists_are_worked_out_once_and_keep_their_own_ids():
    acls = [
        AclList(
            (AclRule(1, "all", "ingress", allow=True, id=name), AclRule(2, "tcp", "ingress", allow=True, id=name + "2"))
        )
        for name in "ab"
    ]
    assert [analyse(acl, NEW).shadowed[0].rule.id for acl in acls] == ["a2", "b2"]


@pytest.mark.parametrize(
    ("change", "words"), [(Difference(), "no difference"), (Difference(EMPTY, EMPTY), "no difference")]
)
def test_no_difference_is_said(change, words):
    assert change.words("egress") == words
    assert not change


small_spans = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda edges: tuple(sorted(edges)))


@given(small_spans, small_spans, small_spans, small_spans)
def test_a_line_is_inside_another_where_all_its_packets_are(addresses, service, wide_addresses, wide_service):
    def packets(line):
        return {
            (address, place)
            for address in range(line.addresses[0], line.addresses[1] + 1)
            for place in range(line.service[0], line.service[1] + 1)
        }

    line = SimpleNamespace(addresses=addresses, service=service)
    cover = SimpleNamespace(addresses=wide_addresses, service=wide_service)
    assert _inside(line, cover) == (packets(line) <= packets(cover))


@settings(max_examples=20, deadline=None)
@given(lists(max_size=8))
def test_a_list_too_long_to_be_kept_painted_is_painted_again_and_says_the_same(acl):
    work_out = _analyse.__wrapped__  # what is remembered would answer
    kept = [work_out(acl.content, direction, NEW) for direction in DIRECTIONS]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vpnaudit.acl.analysis._CELLS_KEPT", 0)
        assert [work_out(acl.content, direction, NEW) for direction in DIRECTIONS] == kept
