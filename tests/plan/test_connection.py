"""Connections are reset, deleted and created in the order that a real CloudStack needs, as a shell would run it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.cmk import LIMIT, Cloud
from tests.plan.conftest import DPD, PAIR, SINGLE, G, K, V, on_connection, run, the, uuid, verbs, with_

DOWN = with_(connections={"state": "Disconnected"})
RESET = on_connection("connection-stuck", "reset-connection")
MISTYPED = DPD | {
    "rule": "unusable-value",
    "action": "recreate-connection",
    "changes": {"gateway": "203.0.113.5"},
}


def test_reset(plan):
    remedy = plan(DOWN, RESET)["connection-stuck"]
    assert verbs(remedy) == ["reset vpnconnection"]
    assert remedy["what"] == "Reset the connection billing ← branch."
    assert "has no tier" not in remedy["command"]
    assert remedy["rollback"].startswith("# None needed")
    assert verbs(plan(SINGLE, RESET)["connection-stuck"]) == []  # Connected in the meantime
    assert "has no tier" in plan(DOWN | {"tiers": []}, RESET)["connection-stuck"]["command"]


def test_passive_is_changed_by_creating_the_connection_again(plan):
    remedy = plan(
        with_(connections={"passive": True}), on_connection("both-passive", "recreate-connection", {"passive": "false"})
    )["both-passive"]
    assert verbs(remedy) == ["delete vpnconnection", "create vpnconnection"]
    assert the("create vpnconnection", remedy)[0]["passive"] == "false"
    assert "passive=true" in remedy["rollback"]
    assert remedy["what"] == "Create the connection billing ← branch again as an active one."
    assert "new id" in remedy["interrupts"]


@pytest.mark.parametrize("state", ["Connected", "Pending"])
def test_a_new_peer_address_deletes_updates_and_creates_in_that_order(plan, state):
    remedy = plan(with_(connections={"passive": True, "state": state}), MISTYPED)["unusable-value"]
    first = ["reset vpnconnection"] if state == "Pending" else []  # or its files would stay on the router
    assert verbs(remedy) == [*first, "delete vpnconnection", "update vpncustomergateway", "create vpnconnection"]
    assert the("create vpnconnection", remedy) == [
        {"s2svpngatewayid": V, "s2scustomergatewayid": G, "passive": "true", "filter": "id"}
    ]


def test_after_a_refusal_in_the_middle_a_second_run_creates_what_was_deleted(plan):
    remedy = plan(SINGLE, MISTYPED)["unusable-value"]
    cloud = Cloud(remedy["estate"])
    cloud.tables["vpcs"][0]["cidr"] = "192.168.0.0/16"
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(remedy["command"], Path(home))[0] == 1
        cloud.tables["vpcs"][0]["cidr"] = "10.1.0.0/16"
        cloud.calls.clear()
        assert cloud.run(remedy["command"], Path(home)) == (0, "")
    assert [verb for verb, _ in cloud.calls] == ["create vpnconnection"]


def test_an_address_that_only_a_person_knows_deletes_nothing_until_it_is_there(plan):
    remedy = plan(SINGLE, MISTYPED | {"rule": "peer-address-mistyped", "changes": None})["peer-address-mistyped"]
    assert verbs(remedy) == []
    remedy["command"] = remedy["command"].replace("gateway1='192.0.2.10'", "gateway1='203.0.113.5'")
    assert verbs(remedy) == ["delete vpnconnection", "update vpncustomergateway", "create vpnconnection"]


def test_a_new_address_of_a_gateway_without_connections_deletes_and_creates_none(plan):
    remedy = plan(SINGLE | {"connections": []}, MISTYPED)["unusable-value"]
    assert verbs(remedy) == ["update vpncustomergateway"]


def test_a_pending_connection_is_reset_after_the_update(plan):
    pending = with_(connections={"state": "Pending"})
    assert verbs(plan(pending, DPD)["dpd-off"]) == ["update vpncustomergateway", "reset vpnconnection"]


TWINS = SINGLE | {
    "customer_gateways": [
        SINGLE["customer_gateways"][0],
        {"id": uuid(2), "name": "spare", "cidr_list": "192.168.20.0/24"},
    ],
    "connections": [
        SINGLE["connections"][0],
        {
            "id": uuid(12),
            "customer_gateway_id": uuid(2),
            "vpn_gateway_id": V,
            "cidr_list": "192.168.20.0/24",
            "created_utc": "2026-11-02T00:00:00Z",
        },
    ],
}


def twins(subject, other):
    return on_connection("duplicate-peer", "delete-connection", subject_id=subject, other_id=other)


def test_of_two_connections_to_one_peer_the_older_stays_with_the_networks_of_both(plan):
    remedy = plan(TWINS, twins(K, uuid(12)))["duplicate-peer"]
    assert remedy["command"] == plan(TWINS, twins(uuid(12), K))["duplicate-peer"]["command"]
    assert verbs(remedy) == ["delete vpnconnection", "update vpncustomergateway", "delete vpncustomergateway"]
    assert the("delete vpnconnection", remedy) == [{"id": uuid(12)}]
    assert the("update vpncustomergateway", remedy)[0]["cidrlist"] == "192.168.10.0/24,192.168.20.0/24"
    back = run(remedy, "rollback").tables
    assert sorted(row["cidr_list"] for row in back["connections"]) == ["192.168.10.0/24", "192.168.20.0/24"]
    assert len(back["customer_gateways"]) == 2


def test_a_kept_twin_without_new_networks_is_reset(plan):
    same = TWINS | {"connections": [row | {"cidr_list": "192.168.10.0/24"} for row in TWINS["connections"]]}
    same["connections"] = [row | {"state": "Pending"} for row in same["connections"]]
    remedy = plan(same, twins(K, uuid(12)))["duplicate-peer"]
    assert verbs(remedy)[:3] == ["reset vpnconnection", "delete vpnconnection", "reset vpnconnection"]


LONE = PAIR | {"connections": PAIR["connections"][:1], "customer_gateways": PAIR["customer_gateways"][:1]}
ONE_SIDED = on_connection("one-sided-connection", "create-connection-back")


def test_the_other_half_is_created_for_the_owner_of_the_far_vpc(plan):
    remedy = plan(LONE, ONE_SIDED)["one-sided-connection"]
    (created,) = the("create vpncustomergateway", remedy)
    assert (created["gateway"], created["cidrlist"], created["account"]) == ("198.51.100.1", "10.1.0.0/16", "alice")
    assert created["name"] == "back-to-east"
    (tunnel,) = the("create vpnconnection", remedy)
    assert (tunnel["s2svpngatewayid"], tunnel["passive"]) == (uuid(22), "true")
    assert verbs(remedy)[-1] == "reset vpnconnection"
    keys = set(run(remedy).keys.values())
    assert len(keys) == 1
    project = LONE | {"vpcs": [LONE["vpcs"][0], LONE["vpcs"][1] | {"project_id": uuid(99)}]}
    remedy = plan(project, ONE_SIDED)["one-sided-connection"]
    assert the("create vpncustomergateway", remedy)[0]["projectid"] == uuid(99)


def test_a_passive_near_end_is_answered_by_an_active_one(plan):
    lone = LONE | {"connections": [LONE["connections"][0] | {"passive": True}]}
    remedy = plan(lone, ONE_SIDED)["one-sided-connection"]
    assert the("create vpnconnection", remedy)[0]["passive"] == "false"
    assert verbs(remedy)[-1] == "create vpnconnection"


def test_a_far_gateway_that_is_full_stops_the_script_before_anything_is_created(plan):
    full = LONE | {"settings": [{"name": LIMIT, "value": "0"}]}
    remedy = plan(full, ONE_SIDED)["one-sided-connection"]
    cloud = Cloud(remedy["estate"])
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(remedy["command"], Path(home)) == (1, "The far gateway is full.\n")
        assert cloud.calls == []
        cloud.tables["settings"][0]["value"] = "2"  # raised since
        assert cloud.run(remedy["command"], Path(home)) == (0, "")
    assert "was full: 0 connections" in remedy["command"]


def test_a_limit_that_a_user_may_not_read_is_the_usual_one_and_a_refusal_leaves_no_orphan(plan):
    remedy = plan(LONE, ONE_SIDED)["one-sided-connection"]
    cloud = Cloud(remedy["estate"])
    cloud.refuses = {"list configurations"}
    next(row for row in cloud.tables["vpcs"] if row["id"] == uuid(32))["cidr"] = "10.1.0.0/16"
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(remedy["command"], Path(home)) == (1, "Refused, and nothing is left behind.\n")
    assert len(cloud.tables["customer_gateways"]) == 1
    assert len(cloud.tables["connections"]) == 1


def test_a_vpn_gateway_that_a_connection_waits_for_is_not_simply_deleted(plan):
    unused = {"rule": "gateway-unused", "subject_kind": "VPN gateway", "subject_id": uuid(22)}
    by_rule = plan(LONE, ONE_SIDED, unused | {"action": "delete-vpn-gateway"})
    assert by_rule["gateway-unused"]["command"] == by_rule["one-sided-connection"]["command"]
    assert by_rule["gateway-unused"]["what"].startswith("Either create the connection back")
    assert "delete vpngateway" not in by_rule["gateway-unused"]["command"]


def test_a_kept_twin_whose_gateway_was_not_collected_gets_no_networks(plan):
    lone = TWINS | {"customer_gateways": TWINS["customer_gateways"][1:]}
    spare = twins(uuid(12), K)
    assert "cidrlist='192.168.10.0/24,192.168.20.0/24'" not in plan(lone, spare)["duplicate-peer"]["command"]


CLOSED = LONE | {
    "tiers": [{"id": uuid(41), "vpc_id": uuid(32), "acl_id": uuid(51), "cidr": "10.2.1.0/24"}],
    "acl_lists": [{"id": uuid(51), "vpc_id": uuid(32), "name": "sites"}],
}


@pytest.mark.parametrize(
    ("tables", "number"),
    [
        (CLOSED, 1),
        (LONE | {"tiers": []}, 0),
        (CLOSED | {"acl_rules": [{"id": uuid(61), "acl_id": uuid(51)}]}, 0),  # it gets in
        (CLOSED | {"acl_rules": [{"id": uuid(61), "acl_id": uuid(51), "number": "?"}]}, 0),  # cannot be told
        (CLOSED | {"acl_lists": [CLOSED["acl_lists"][0] | {"name": "default_deny"}]}, 0),  # cannot be changed
    ],
)
def test_the_traffic_of_the_new_half_is_let_in_where_nothing_of_it_would_be(plan, tables, number):
    created = the("create networkacl", plan(tables, ONE_SIDED)["one-sided-connection"])
    assert [rule["cidrlist"] for rule in created] == ["10.1.0.0/16"] * number
