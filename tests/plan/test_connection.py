"""Connections are reset, deleted and created in the order that a real CloudStack needs, as a shell would run it."""

from __future__ import annotations

from tests.plan.conftest import PAIR, SINGLE, K, V, on_connection, the, uuid, verbs, with_


def test_reset(plan):
    remedy = plan(SINGLE, on_connection("connection-stuck", "reset-connection"))["connection-stuck"]
    assert verbs(remedy) == ["reset vpnconnection", "list vpnconnections"]
    assert "has no tier" not in remedy["command"]
    bare = plan(SINGLE | {"tiers": []}, on_connection("connection-stuck", "reset-connection"))["connection-stuck"]
    assert "has no tier" in bare["command"]


def test_passive_is_changed_by_creating_the_connection_again(plan):
    remedy = plan(
        with_(connections={"passive": True}), on_connection("both-passive", "recreate-connection", {"passive": "false"})
    )["both-passive"]
    assert verbs(remedy)[:2] == ["delete vpnconnection", "create vpnconnection"]
    assert the("create vpnconnection", remedy)[0]["passive"] == "false"
    assert the("create vpnconnection", remedy, "rollback")[0]["passive"] == "true"


TWINS = SINGLE | {
    "customer_gateways": [SINGLE["customer_gateways"][0], {"id": uuid(2), "cidr_list": "192.168.20.0/24"}],
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


def test_of_two_connections_to_one_peer_the_older_stays_with_the_networks_of_both(plan):
    remedy = plan(TWINS, on_connection("duplicate-peer", "delete-connection", other_id=uuid(12)))["duplicate-peer"]
    turned = plan(TWINS, on_connection("duplicate-peer", "delete-connection", subject_id=uuid(12), other_id=K))[
        "duplicate-peer"
    ]
    assert remedy["command"] == turned["command"]
    assert verbs(remedy) == [
        "list vpncustomergateways",
        "delete vpnconnection",
        "update vpncustomergateway",
        "delete vpncustomergateway",
        "list vpnconnections",
    ]
    assert the("delete vpnconnection", remedy) == [{"id": uuid(12)}]
    assert the("update vpncustomergateway", remedy)[0]["cidrlist"] == "192.168.10.0/24,192.168.20.0/24"


def test_a_kept_twin_without_new_networks_is_reset(plan):
    twins = TWINS | {
        "connections": [row | {"cidr_list": "192.168.10.0/24", "state": "Pending"} for row in TWINS["connections"]]
    }
    remedy = plan(twins, on_connection("duplicate-peer", "delete-connection", other_id=uuid(12)))["duplicate-peer"]
    assert verbs(remedy)[:3] == ["reset vpnconnection", "delete vpnconnection", "reset vpnconnection"]


def test_a_single_connection_is_deleted(plan):
    remedy = plan(SINGLE, on_connection("any", "delete-connection"))["any"]
    assert verbs(remedy) == ["delete vpnconnection"]


def test_the_way_back_is_created_for_the_owner_of_the_far_vpc(plan):
    lone = PAIR | {"connections": PAIR["connections"][:1], "customer_gateways": PAIR["customer_gateways"][:1]}
    remedy = plan(lone, on_connection("one-sided-connection", "create-connection-back"))["one-sided-connection"]
    (created,) = the("create vpncustomergateway", remedy)
    assert (created["gateway"], created["cidrlist"], created["account"]) == ("198.51.100.1", "10.1.0.0/16", "alice")
    assert created["name"] == "back-to-east"
    (tunnel,) = the("create vpnconnection", remedy)
    assert (tunnel["s2svpngatewayid"], tunnel["passive"]) == (uuid(22), "true")
    assert verbs(remedy)[-1] == "reset vpnconnection"
    project = lone | {"vpcs": [lone["vpcs"][0], lone["vpcs"][1] | {"project_id": uuid(99)}]}
    remedy = plan(project, on_connection("one-sided-connection", "create-connection-back", subject_id=K))[
        "one-sided-connection"
    ]
    assert the("create vpncustomergateway", remedy)[0]["projectid"] == uuid(99)


def test_a_pending_connection_is_reset_before_it_is_deleted_for_good(plan):
    by_rule = plan(
        with_(connections={"state": "Pending"}),
        on_connection("both-passive", "recreate-connection", {"passive": "true"}),
    )
    assert verbs(by_rule["both-passive"])[:2] == ["reset vpnconnection", "delete vpnconnection"]


def test_a_passive_near_end_waits_for_the_far_connection_and_is_not_reset(plan):
    lone = PAIR | {"connections": [PAIR["connections"][0] | {"passive": True}]}
    remedy = plan(lone, on_connection("one-sided-connection", "create-connection-back"))["one-sided-connection"]
    assert the("create vpnconnection", remedy)[0]["passive"] == "false"
    assert verbs(remedy)[-1] == "create vpnconnection"
