"""Access lists are mended without a moment in which they say something else; a second run changes nothing; names of
tenants never leave a comment or a word.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cmk import Cloud
from tests.estates import estate
from tests.plan.conftest import calls, run, uuid
from vpnaudit.acl.order import View, ordered
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import allowed_packets
from vpnaudit.hostile import one_line
from vpnaudit.plan.access_list import list_remedy
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.list_target import list_target

LIST = {"rule": "acl-order-broken", "subject_kind": "ACL list", "subject_id": uuid(50), "action": "rewrite-acl"}
TABLES = {
    "vpcs": [{"id": "p1"}],
    "acl_lists": [{"id": uuid(50), "name": "order\n$(reboot)"}],
    "acl_rules": [
        {"id": uuid(1), "acl_id": uuid(50), "action": "Deny", "cidr_list": "192.168.20.0/25,192.168.20.128/25"},
        {
            "id": uuid(2),
            "acl_id": uuid(50),
            "number": 2,
            "protocol": "tcp",
            "start_port": 443,
            "end_port": 443,
            "cidr_list": "192.168.0.0/16",
        },
        {"id": uuid(3), "acl_id": uuid(50), "number": 9, "protocol": "tcp"},
    ],
}


def on_rule(number, action, changes=None, **more):
    return {
        "rule": "any",
        "subject_kind": "ACL rule",
        "subject_id": uuid(number),
        "action": action,
        "changes": changes,
    } | more


def test_a_list_is_written_anew_by_copies_first(plan):
    remedy = plan(TABLES, LIST)["acl-order-broken"]
    assert [
        (verb, given.get("id") or given.get("aclid"), given.get("number"), given.get("cidrlist"))
        for verb, given in run(remedy).calls
    ] == [
        ("update networkaclitem", uuid(2), "3", None),
        ("create networkacl", uuid(50), "2", "192.168.20.128/25"),
        ("update networkaclitem", uuid(1), None, "192.168.20.0/25"),
        ("update networkaclitem", uuid(3), None, None),
        ("delete networkacl", uuid(2), None, None),  # the rule below says the same, now that it has ports
    ]
    assert run(remedy).calls[3][1] == {"id": uuid(3), "startport": "0", "endport": "65535", "filter": "id"}
    assert ("update networkaclitem", {"id": uuid(1), "cidrlist": "192.168.20.0/25,192.168.20.128/25"}) in (
        (verb, {name: given[name] for name in ("id", "cidrlist") if name in given})
        for verb, given in calls(remedy["rollback"])
    )
    name = one_line(TABLES["acl_lists"][0]["name"])
    assert remedy["what"] == f"Write the access list {name} anew: one CIDR a rule, 1 new rule."


def test_a_refused_rule_that_left_others_behind_the_drop_needs_a_restart(plan):
    rules = [
        {"id": uuid(1), "acl_id": uuid(50), "protocol": "icmp", "icmp_type": -1, "icmp_code": 0},
        {"id": uuid(2), "acl_id": uuid(50), "number": 2, "protocol": "udp", "start_port": 53, "end_port": 53},
        {"id": uuid(3), "acl_id": uuid(50), "number": 3, "protocol": "icmp", "icmp_type": 255, "icmp_code": -1},
    ]
    remedy = plan(TABLES | {"acl_rules": rules}, LIST | {"rule": "acl-rule-refused"})["acl-rule-refused"]
    assert run(remedy).calls[0][1]["icmpcode"] == "-1"
    assert "Rule 3 cannot be told" in remedy["command"]
    assert "cleanup=true" in remedy["command"]
    assert "delete networkacl" not in remedy["command"]


def test_one_rule_is_changed_in_place_and_says_whether_there_is_a_way_back(plan):
    dead = on_rule(3, "update-acl-rule", {"startport": "0", "endport": "65535"})
    misread = on_rule(2, "update-acl-rule", {"protocol": "udp"}, rule="acl-rule-misread")
    by_rule = plan(TABLES, dead | {"rule": "acl-rule-dead"}, misread)
    assert len({remedy["command"] for remedy in by_rule.values()}) == 1
    cloud = run(by_rule["acl-rule-dead"])
    assert [given for _, given in cloud.calls] == [
        {"id": uuid(2), "protocol": "udp", "filter": "id"},
        {"id": uuid(3), "startport": "0", "endport": "65535", "filter": "id"},
    ]
    name = one_line(TABLES["acl_lists"][0]["name"])
    assert by_rule["acl-rule-dead"]["what"] == f"Set startport 0, endport 65535 on rule 9 of the access list {name}."
    assert by_rule["acl-rule-misread"]["what"] == f"Set protocol udp on rule 2 of the access list {name}."
    assert "Rule 9 had no" in by_rule["acl-rule-dead"]["rollback"]
    assert calls(by_rule["acl-rule-dead"]["rollback"])[0] == (
        "update networkaclitem",
        {"id": uuid(2), "protocol": "tcp"},
    )


def test_a_list_is_sent_again_by_an_update_of_nothing(plan):
    stale = LIST | {"rule": "acl-reorder-not-applied", "action": "reapply-acl"}
    remedy = plan(TABLES, stale)["acl-reorder-not-applied"]
    assert run(remedy).calls == [("update networkaclitem", {"id": uuid(1), "filter": "id"})]
    bare = plan(TABLES | {"acl_rules": []}, stale)["acl-reorder-not-applied"]
    assert bare["command"] == ""
    assert bare["what"].startswith("Send the list")
    both = plan(TABLES, stale, LIST)
    assert both["acl-reorder-not-applied"]["command"] == both["acl-order-broken"]["command"]


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
def test_every_step_decides_as_before_or_as_written_and_a_second_run_takes_no_step(content):
    acl = _list(content)
    target = list_target(acl, Semantics.V4_23, {}, anew=True)
    cloud = Cloud(estate({"acl_lists": [{"id": "l1"}], "acl_rules": [_row(rule) for rule in acl.rules]}))
    row = EstateIndex(cloud.estate).acl_lists["s1", "l1"]
    script = list_remedy(row, target, "plan", "what").command
    wanted, before = _passing(acl, View.WRITTEN), _passing(acl, View.RUN)
    steps = _Steps(cloud)
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(script, Path(home)) == (0, "")
        for step in steps.lists:
            now = _passing(step, View.RUN)
            assert not (now - before - wanted)
            assert not ((before & wanted) - now)
        assert _passing(_of(cloud), View.RUN) == wanted
        count = len(cloud.calls)
        assert cloud.run(script, Path(home)) == (0, "")
    assert len(cloud.calls) == count


class _Steps:
    """The list after each call, as CloudStack would store it."""

    def __init__(self, cloud):
        self.lists = []
        answer = cloud._answer

        def answering(words):
            result = answer(words)
            self.lists.append(_of(cloud))
            return result

        cloud._answer = answering


def _of(cloud):
    rows = cloud.tables["acl_rules"]
    names = {"cidr_list": "cidrlist", "start_port": "startport", "end_port": "endport", "traffic_type": "traffictype"}
    return AclList.from_listing({names.get(name, name): value for name, value in row.items()} for row in rows)


def _row(rule):
    ports = {"start_port": rule.start_port, "end_port": rule.end_port} if rule.start_port else {}
    cells = {"id": rule.id, "number": rule.number, "protocol": rule.protocol, "cidr_list": ",".join(rule.cidrs)}
    return cells | ports | {"action": "Allow" if rule.allow else "Deny"}


def _list(content):
    number, rules = 0, []
    for index, rule in enumerate(content):
        number += rule["gap"]
        ports = (1, 99) if rule["protocol"] == "tcp" else (None, None)
        rules.append(AclRule(number, rule["protocol"], "ingress", rule["allow"], rule["cidrs"], *ports, id=f"r{index}"))
    return AclList(tuple(rules))


def _passing(acl, view):
    return allowed_packets(ordered(acl, "ingress", Semantics.V4_23, view), tuple(rule.allow for rule in acl.rules))
