"""What must pass is let in by a rule on the list that stops it, and by no more than what the policy declares."""

from __future__ import annotations

import pytest

from tests.cmk import Cloud
from tests.estates import estate
from tests.plan.conftest import run, twice, uuid
from vpnaudit.audit import audit
from vpnaudit.plan import remedies
from vpnaudit.policy import NeededFlow, load
from vpnaudit.rules import all_rules

L, T, P = uuid(50), uuid(41), uuid(31)
DENY = {"id": uuid(1), "acl_id": L, "number": 1, "action": "Deny"}
TABLES = {
    "vpcs": [{"id": P, "name": "billing"}],
    "vpn_gateways": [{"id": uuid(21), "vpc_id": P}],
    "customer_gateways": [{"id": uuid(2)}],
    "connections": [{"id": uuid(11), "vpn_gateway_id": uuid(21), "customer_gateway_id": uuid(2)}],
    "tiers": [{"id": T, "vpc_id": P, "acl_id": L, "name": "web"}],
    "acl_lists": [{"id": L, "vpc_id": P, "name": "sites"}],
    "acl_rules": [DENY],
}
RULES = ("acl-blocks-tunnel", "acl-blocks-outbound", "acl-rule-shadowed", "acl-rule-redundant", "acl-order-broken")


def flow(**more):
    return NeededFlow.model_validate({"name": "web", "from": "192.168.10.0/24", "to": "web", "port": 443} | more)


def judged(whole, *flows):
    policy = load().model_copy(update={"needed_flows": flows})
    return audit(whole, policy, [rule for rule in all_rules().values() if rule.id in RULES])


def by_rule(tables, *flows):
    judgement = judged(estate(tables), *flows)
    rows = judgement.open.merge(remedies(judgement), on="fingerprint").to_dict("records")
    return {row["rule"]: row | {"estate": judgement.estate} for row in rows}


def test_a_closed_tier_is_opened_by_an_example_before_what_drops():
    remedy = by_rule(TABLES)["acl-blocks-tunnel"]
    cloud = run(remedy)
    assert [(verb, sent.get("number")) for verb, sent in cloud.calls] == [
        ("update networkaclitem", "2"),
        ("create networkacl", "1"),
    ]
    rule = cloud.calls[1][1]
    assert (rule["protocol"], rule["startport"], rule["cidrlist"]) == ("tcp", "443", "192.168.10.0/24")
    assert "443 is an example" in remedy["command"].replace("\n# ", " ")
    assert twice(remedy)[1] == []
    assert "acl-blocks-tunnel" not in set(judged(cloud.estate).open["rule"])
    assert remedy["what"] == "Add to the access list sites: 1 allow ingress tcp 443 from 192.168.10.0/24."


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        ({"port": 5432}, {"protocol": "tcp", "startport": "5432", "endport": "5432"}),
        ({"port": 5000, "port_last": 5005}, {"startport": "5000", "endport": "5005"}),
        ({"port": None}, {"protocol": "tcp", "startport": "1", "endport": "65535"}),
        ({"protocol": "icmp", "port": None}, {"protocol": "icmp", "icmptype": "8", "icmpcode": "0"}),
        ({"from": "192.168.10.16/28"}, {"cidrlist": "192.168.10.16/28"}),
    ],
)
def test_a_declared_flow_is_let_in_and_no_more_than_it(more, sent):
    needed = flow(**more)
    remedy = by_rule(TABLES, needed)["acl-blocks-tunnel"]
    (created,) = (given for verb, given in run(remedy).calls if verb == "create networkacl")
    assert {name: created.get(name) for name in sent} == sent
    if "from" not in more and needed.port != 0:
        assert "acl-blocks-tunnel" not in set(judged(run(remedy).estate, needed).open["rule"]) or more == {"port": None}


def test_a_flow_that_goes_out_is_let_out():
    egress = TABLES | {"acl_rules": [DENY | {"traffic_type": "Egress"}]}
    needed = flow(**{"from": "web", "to": "192.168.10.0/24"})
    remedy = by_rule(egress, needed)["acl-blocks-outbound"]
    created = run(remedy).calls[-1][1]
    assert (created["traffictype"], created["startport"]) == ("egress", "443")
    assert "acl-blocks-outbound" not in set(judged(run(remedy).estate, needed).open["rule"])
    assert by_rule(egress)["acl-blocks-outbound"]["command"] == ""  # it may be meant


@pytest.mark.parametrize("acl", [{"name": "default_deny"}, {"vpc_id": "?"}])
def test_a_list_that_cannot_be_changed_is_replaced(acl):
    tables = TABLES | {"acl_lists": [TABLES["acl_lists"][0] | acl], "acl_rules": []}
    remedy = by_rule(tables)["acl-blocks-tunnel"]
    assert "create networkacllist" in [verb for verb, _ in run(remedy).calls]
    assert "acl-blocks-tunnel" not in set(judged(run(remedy).estate).open["rule"])


def test_rules_that_decide_nothing_are_deleted_and_come_back():
    web = {"acl_id": L, "protocol": "tcp", "start_port": 443, "end_port": 443}
    rules = [
        web | {"id": uuid(1)},
        web | {"id": uuid(2), "number": 2},
        web | {"id": uuid(3), "number": 3, "action": "Deny"},
    ]
    remedies_by_rule = by_rule(TABLES | {"acl_rules": rules})
    remedy = remedies_by_rule["acl-rule-shadowed"]
    assert twice(remedy) == (["delete networkacl", "delete networkacl"], [])
    assert "acl-rule-shadowed" not in set(judged(run(remedy).estate).open["rule"])
    assert remedy["what"].startswith("Delete rule ")
    assert "give it a lower number instead" in remedy["command"].replace("\n# ", " ")
    back = Cloud(run(remedy, "rollback").estate).tables["acl_rules"]
    assert sorted(row["number"] for row in back) == [1, 2, 3]


def test_flows_on_two_tiers_are_let_in_by_both_lists():
    other = uuid(51)
    two = TABLES | {
        "tiers": [
            TABLES["tiers"][0],
            {"id": uuid(42), "vpc_id": P, "acl_id": other, "name": "web", "cidr": "10.1.2.0/24"},
        ],
        "acl_lists": [TABLES["acl_lists"][0], {"id": other, "vpc_id": P, "name": "more"}],
    }
    remedy = by_rule(two, flow())["acl-blocks-tunnel"]
    assert {given["aclid"] for verb, given in run(remedy).calls if verb == "create networkacl"} == {L, other}
    assert remedy["plan"].count(",") == 1


@pytest.mark.parametrize(
    ("cidrs", "words"),
    [
        (("10.3.0.0/24,10.4.0.0/24", "10.5.0.0/24"), "1 new rule."),
        (("10.3.0.0/24,10.4.0.0/24", "10.5.0.0/24,10.6.0.0/24"), "2 new rules."),
        (("10.3.0.0/24,10.4.0.0/24,10.5.0.0/24", "10.6.0.0/24,10.7.0.0/24"), "3 new rules."),
    ],
)
def test_a_list_that_is_written_anew_says_how_many_rules_that_takes(cidrs, words):
    lists = (*((one, "Allow") for one in cidrs), ("10.0.0.0/8", "Deny"))
    rules = [
        {"id": uuid(number), "acl_id": L, "number": number, "action": action, "cidr_list": cidr_list}
        for number, (cidr_list, action) in enumerate(lists, 1)
    ]
    remedy = by_rule(TABLES | {"acl_rules": rules})["acl-order-broken"]
    assert remedy["what"] == f"Write the access list sites anew: one CIDR a rule, {words}"


def test_a_connection_is_helped_by_what_its_own_flows_need():
    """Two VPCs, each with a closed list and a flow of its own."""
    tables = {
        "vpcs": [*TABLES["vpcs"], {"id": uuid(32), "name": "crm", "cidr": "10.2.0.0/16"}],
        "vpn_gateways": [*TABLES["vpn_gateways"], {"id": uuid(22), "vpc_id": uuid(32)}],
        "customer_gateways": [*TABLES["customer_gateways"], {"id": uuid(3), "cidr_list": "192.168.20.0/24"}],
        "connections": [
            *TABLES["connections"],
            {
                "id": uuid(12),
                "vpn_gateway_id": uuid(22),
                "customer_gateway_id": uuid(3),
                "cidr_list": "192.168.20.0/24",
                "vpc_id": uuid(32),
            },
        ],
        "tiers": [
            *TABLES["tiers"],
            {"id": uuid(42), "vpc_id": uuid(32), "acl_id": uuid(51), "name": "shop", "cidr": "10.2.1.0/24"},
        ],
        "acl_lists": [*TABLES["acl_lists"], {"id": uuid(51), "vpc_id": uuid(32), "name": "more"}],
        "acl_rules": [DENY, DENY | {"id": uuid(5), "acl_id": uuid(51)}],
    }
    judgement = judged(estate(tables), flow(), flow(**{"name": "shop", "from": "192.168.20.0/24", "to": "shop"}))
    rows = judgement.open.merge(remedies(judgement), on="fingerprint")
    blocked = rows[rows["rule"] == "acl-blocks-tunnel"]
    assert len(blocked) == blocked["plan"].nunique() == 2
    assert not blocked["plan"].str.contains(",").any()
