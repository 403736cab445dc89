"""A list ends where nothing is left that a command could mend, and what is needed passes there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.acl.analysis import analyse
from vpnaudit.acl.decision import packets_of, reach
from vpnaudit.acl.order import ordered
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import allowed_packets
from vpnaudit.plan.list_target import Flow, list_target

NOW = Semantics.V4_23
ANY = "192.168.0.0/16"


def rule(number, allow=False, protocol="all", cidr=ANY, ports=(None, None)):
    return AclRule(number, protocol, "ingress", allow, (cidr,), *ports, id=f"r{number}")


def web(remote=ANY, direction="ingress"):
    return Flow(remote, direction, packets_of(remote, "tcp", ports=(443, 443)), "tcp", (443, 443))


def final(target):
    rules = [line.rule for line in target.lines] + list(target.additions)
    return AclList(tuple(AclRule(*one.content, id=str(place)) for place, one in enumerate(rules)))


def passes(acl, flow):
    return not flow.packets & reach(acl, flow.remote, flow.direction, NOW).denied


@pytest.mark.parametrize(
    ("rules", "number"),
    [
        ([], 1),
        ([rule(1), rule(2)], 1),  # both move
        ([rule(5)], 4),
        ([rule(1, True, "udp", ports=(53, 53)), rule(2), rule(4)], 2),
        ([rule(1, True, "udp", ports=(53, 53))], 2),
        ([rule(2), rule(3, True, "tcp", ports=(443, 443))], 1),
    ],
)
def test_a_needed_flow_is_let_in_before_what_drops_it(rules, number):
    target = list_target(AclList(tuple(rules)), NOW, {}, [web()])
    (addition,) = target.additions
    assert (addition.number, addition.start_port, addition.end_port, addition.allow) == (number, 443, 443, True)
    assert passes(final(target), web())
    numbers = [one.number for one in final(target).rules]
    assert len(set(numbers)) == len(numbers)


def test_what_passes_already_gets_no_rule_and_a_ping_is_no_more_than_a_ping():
    open_list = AclList((rule(1, True),))
    assert not list_target(open_list, NOW, {}, [web()]).acts
    ping = Flow(ANY, "ingress", packets_of(ANY, "icmp", icmp=(8, 0)), "icmp")
    (addition,) = list_target(AclList(), NOW, {}, [ping]).additions
    assert (addition.icmp_type, addition.icmp_code) == (8, 0)


def test_two_flows_get_two_numbers():
    second = Flow(ANY, "ingress", packets_of(ANY, "udp", ports=(53, 53)), "udp", (53, 53))
    target = list_target(AclList((rule(1),)), NOW, {}, [web(), second])
    assert sorted(one.number for one in final(target).rules) == [1, 2, 3]
    assert passes(final(target), web())
    assert passes(final(target), second)


def test_of_two_rules_that_each_make_the_other_spare_one_stays():
    twins = AclList((rule(1, True, "tcp", ports=(443, 443)), rule(2, True, "tcp", ports=(443, 443))))
    target = list_target(twins, NOW, {}, prune=True)
    assert [line.origin.number for line in target.removals] == [2], "the one that never decides"
    assert [line.rule.number for line in target.lines] == [1]


def test_a_rule_that_says_what_the_default_says_stays_and_so_does_one_that_is_only_odd():
    acl = AclList((rule(1, True, "tcp", ports=(443, 443)), rule(9), rule(12, True, "tcp")))
    assert list_target(acl, NOW, {}, prune=True).removals == ()
    assert not list_target(acl, NOW, {}).acts


def test_changes_are_made_by_id_and_nothing_else():
    acl = AclList((rule(1, True, "tcp"), rule(2, True, "udp", ports=(1, 2))))
    target = list_target(acl, NOW, {"r1": {"startport": "0", "endport": "65535"}, "r9": {"protocol": "x"}})
    assert [line.changed for line in target.lines] == [True, False]
    assert (target.lines[0].rule.start_port, target.lines[0].rule.end_port) == (0, 65535)


def test_a_list_that_cannot_be_read_has_no_target():
    unreadable = AclList((AclRule(1, "all", "ingress", allow=True, cidrs=("x",), id="r1"),))
    assert list_target(unreadable, NOW, {}, anew=True) is None


RULES = st.builds(
    dict,
    allow=st.booleans(),
    protocol=st.sampled_from(["all", "tcp", "udp"]),
    cidr=st.sampled_from([ANY, "192.168.1.0/24", "192.168.1.128/25", "10.0.0.0/8"]),
    gap=st.integers(1, 2),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(RULES, max_size=5))
def test_pruning_changes_no_packet_and_leaves_nothing_to_prune(content):
    number, rules = 0, []
    for one in content:
        number += one["gap"]
        ports = (None, None) if one["protocol"] == "all" else (80, 90)
        rules.append(rule(number, one["allow"], one["protocol"], one["cidr"], ports))
    acl = AclList(tuple(rules))
    target = list_target(acl, NOW, {}, prune=True)
    places = AclList(tuple(one.with_id(str(place)) for place, one in enumerate(acl.rules)))
    assert list_target(places, NOW, {}, prune=True).with_ids(acl, [one.id for one in acl.rules]) == target
    after = final(target)
    assert _passing(after) == _passing(acl)
    analysis = analyse(after, NOW)
    assert not analysis.shadowed
    assert not [one for one in analysis.redundant if any(one.instead)]


def _passing(acl):
    return allowed_packets(ordered(acl, "ingress", NOW), tuple(one.allow for one in acl.rules))
