"""Access lists are mended without a moment in which they say something else; names of tenants never leave a comment or
a word.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plan.conftest import calls, uuid
from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import allowed_packets
from vpnaudit.estate.access_lists import Listing
from vpnaudit.plan.access_list import rewrite_list

LIST = {"rule": "acl-order-broken", "subject_kind": "ACL list", "subject_id": uuid(50), "action": "rewrite-acl"}
TABLES = {
    "vpcs": [{"id": "p1"}],
    "acl_lists": [{"id": uuid(50), "name": "order\n$(reboot)"}],
    "acl_rules": [
        {"id": uuid(1), "acl_id": uuid(50), "action": "Deny", "cidr_list": "192.168.20.0/25,192.168.20.128/25"},
        {"id": uuid(2), "acl_id": uuid(50), "number": 2, "protocol": "tcp", "start_port": 443, "end_port": 443},
        {"id": uuid(3), "acl_id": uuid(50), "number": 9, "protocol": "tcp"},
    ],
}


def test_a_list_is_written_anew_by_copies_first(plan):
    remedy = plan(TABLES, LIST)["acl-order-broken"]
    done = calls(remedy["command"])
    assert [
        (verb, given.get("id") or given.get("aclid"), given.get("number"), given.get("cidrlist"))
        for verb, given in done[:-1]
    ] == [
        ("update networkaclitem", uuid(2), "3", None),
        ("create networkacl", uuid(50), "2", "192.168.20.128/25"),
        ("update networkaclitem", uuid(1), None, "192.168.20.0/25"),
        ("update networkaclitem", uuid(3), None, None),
    ]
    assert done[3][1] == {"id": uuid(3), "startport": "0", "endport": "65535", "filter": "id"}
    assert calls(remedy["rollback"]) == [
        ("update networkaclitem", {"id": uuid(1), "cidrlist": "192.168.20.0/25,192.168.20.128/25"})
    ]
    assert "\n$(reboot)" not in remedy["what"]


def test_a_refused_rule_that_left_others_behind_the_drop_needs_a_restart(plan):
    rules = [
        {"id": uuid(1), "acl_id": uuid(50), "protocol": "icmp", "icmp_type": -1, "icmp_code": 0},
        {"id": uuid(2), "acl_id": uuid(50), "number": 2},
        {"id": uuid(3), "acl_id": uuid(50), "number": 3, "protocol": "icmp", "icmp_type": 255, "icmp_code": -1},
    ]
    remedy = plan(TABLES | {"acl_rules": rules}, LIST | {"rule": "acl-rule-refused"})["acl-rule-refused"]
    assert calls(remedy["command"])[0][1]["icmpcode"] == "-1"
    assert "Rule 3 cannot be told" in remedy["command"]
    assert "cleanup=true" in remedy["command"]


def test_one_rule_is_changed_in_place_and_says_whether_there_is_a_way_back(plan):
    dead = {"rule": "acl-rule-dead", "subject_kind": "ACL rule", "subject_id": uuid(3), "action": "update-acl-rule"}
    misread = dead | {"rule": "acl-rule-misread", "subject_id": uuid(2), "changes": {"protocol": "icmp"}}
    by_rule = plan(TABLES, dead | {"changes": {"startport": "0", "endport": "65535"}}, misread)
    assert calls(by_rule["acl-rule-dead"]["command"])[0][1] == {
        "id": uuid(3),
        "startport": "0",
        "endport": "65535",
        "filter": "id",
    }
    assert by_rule["acl-rule-dead"]["rollback"].startswith("None by one command")
    assert calls(by_rule["acl-rule-misread"]["rollback"])[0][1] == {"id": uuid(2), "protocol": "tcp"}


def test_a_list_is_sent_again_by_an_update_of_nothing(plan):
    stale = LIST | {"rule": "acl-reorder-not-applied", "action": "reapply-acl"}
    assert calls(plan(TABLES, stale)["acl-reorder-not-applied"]["command"]) == [
        ("update networkaclitem", {"id": uuid(1), "filter": "id"})
    ]
    bare = plan(TABLES | {"acl_rules": []}, stale)["acl-reorder-not-applied"]
    assert bare["command"] == ""
    assert bare["what"].startswith("Send the list")


@pytest.mark.parametrize(
    "rules",
    [[{"id": uuid(1), "acl_id": uuid(50), "number": "?"}], [{"id": uuid(1), "acl_id": uuid(50), "cidr_list": "x"}]],
)
def test_a_list_that_cannot_be_read_is_left_to_a_person(plan, rules):
    assert plan(TABLES | {"acl_rules": rules}, LIST)["acl-order-broken"]["command"] == ""


CIDRS = [f"192.168.{n}.0/24" for n in range(4)] + ["192.168.0.0/16"]
RULES = st.builds(
    dict,
    allow=st.booleans(),
    protocol=st.sampled_from(["all", "tcp"]),
    cidrs=st.lists(st.sampled_from(CIDRS), min_size=1, max_size=3, unique=True).map(tuple),
    gap=st.integers(1, 3),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=5))
def test_every_step_decides_as_before_or_as_written_and_the_last_as_written(content):
    acl = _list(content)
    remedy = rewrite_list({"source": "s1", "id": "l1", "name": "x"}, Listing(acl, Semantics.V4_23))
    wanted = _passing(acl, View.WRITTEN)
    before = _passing(acl, View.RUN)
    for step in _steps(acl, remedy.command):
        now = _passing(step, View.RUN)
        assert not (now - before - wanted)
        assert not ((before & wanted) - now)
    assert now == wanted


def _list(content):
    number, rules = 0, []
    for index, rule in enumerate(content):
        number += rule["gap"]
        ports = (1, 99) if rule["protocol"] == "tcp" else (None, None)
        rules.append(AclRule(number, rule["protocol"], "ingress", rule["allow"], rule["cidrs"], *ports, id=f"r{index}"))
    return AclList(tuple(rules))


def _passing(acl, view):
    return allowed_packets(ordered(acl, "ingress", Semantics.V4_23, view), tuple(rule.allow for rule in acl.rules))


def _steps(acl, command):
    """The list after each call, as CloudStack would store it."""
    rows = {rule.id: rule for rule in acl.rules}
    yield acl
    for verb, parameters in calls(command):
        if verb == "update networkaclitem":
            old = rows[parameters["id"]]
            cidrs = tuple(parameters["cidrlist"].split(",")) if "cidrlist" in parameters else old.cidrs
            number = int(parameters.get("number", old.number))
            rows[old.id] = AclRule(
                number, old.protocol, "ingress", old.allow, cidrs, old.start_port, old.end_port, id=old.id
            )
        elif verb == "create networkacl":
            rule = AclRule.from_request(parameters | {"id": f"new{len(rows)}"})
            assert rule.number not in {row.number for row in rows.values()}
            rows[rule.id] = rule
        else:
            continue
        yield AclList(tuple(rows.values()))
