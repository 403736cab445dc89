"""Every other repair, run by a real shell that only records it; hostile names; objects that were not collected."""

from __future__ import annotations

import typing

import pytest

from tests.plan.conftest import CIPHER, DPD, PAIR, SINGLE, K, V, calls, on_connection, the, uuid, verbs, with_
from vpnaudit.findings import Action


def test_reset(plan):
    found = plan(SINGLE, on_connection("connection-stuck", "reset-connection"))["connection-stuck"]
    assert verbs(found) == ["reset vpnconnection", "list vpnconnections"]
    assert "has no tier" not in found["command"]
    bare = plan(SINGLE | {"tiers": []}, on_connection("connection-stuck", "reset-connection"))["connection-stuck"]
    assert "has no tier" in bare["command"]


def test_passive_is_changed_by_creating_the_connection_again(plan):
    found = plan(
        with_(connections={"passive": True}), on_connection("both-passive", "recreate-connection", {"passive": "false"})
    )["both-passive"]
    assert verbs(found)[:2] == ["delete vpnconnection", "create vpnconnection"]
    assert the("create vpnconnection", found)[0]["passive"] == "false"
    assert the("create vpnconnection", found, "rollback")[0]["passive"] == "true"


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
    found = plan(TWINS, on_connection("duplicate-peer", "delete-connection", other_id=uuid(12)))["duplicate-peer"]
    turned = plan(TWINS, on_connection("duplicate-peer", "delete-connection", subject_id=uuid(12), other_id=K))[
        "duplicate-peer"
    ]
    assert found["command"] == turned["command"]
    assert verbs(found) == [
        "list vpncustomergateways",
        "delete vpnconnection",
        "update vpncustomergateway",
        "delete vpncustomergateway",
        "list vpnconnections",
    ]
    assert the("delete vpnconnection", found) == [{"id": uuid(12)}]
    assert the("update vpncustomergateway", found)[0]["cidrlist"] == "192.168.10.0/24,192.168.20.0/24"


def test_a_kept_twin_without_new_networks_is_reset(plan):
    twins = TWINS | {
        "connections": [row | {"cidr_list": "192.168.10.0/24", "state": "Pending"} for row in TWINS["connections"]]
    }
    found = plan(twins, on_connection("duplicate-peer", "delete-connection", other_id=uuid(12)))["duplicate-peer"]
    assert verbs(found)[:3] == ["reset vpnconnection", "delete vpnconnection", "reset vpnconnection"]


def test_a_single_connection_is_deleted(plan):
    found = plan(SINGLE, on_connection("any", "delete-connection"))["any"]
    assert verbs(found) == ["delete vpnconnection"]


def test_the_way_back_is_created_for_the_owner_of_the_far_vpc(plan):
    lone = PAIR | {"connections": PAIR["connections"][:1], "customer_gateways": PAIR["customer_gateways"][:1]}
    found = plan(lone, on_connection("one-sided-connection", "create-connection-back"))["one-sided-connection"]
    (made,) = the("create vpncustomergateway", found)
    assert (made["gateway"], made["cidrlist"], made["account"]) == ("198.51.100.1", "10.1.0.0/16", "alice")
    assert made["name"] == "back-to-east"
    (tunnel,) = the("create vpnconnection", found)
    assert (tunnel["s2svpngatewayid"], tunnel["passive"]) == (uuid(22), "true")
    assert verbs(found)[-1] == "reset vpnconnection"
    project = lone | {"vpcs": [lone["vpcs"][0], lone["vpcs"][1] | {"project_id": uuid(99)}]}
    found = plan(project, on_connection("one-sided-connection", "create-connection-back", subject_id=K))[
        "one-sided-connection"
    ]
    assert the("create vpncustomergateway", found)[0]["projectid"] == uuid(99)


def test_unused_gateways_are_deleted_after_their_key_is_saved(plan):
    alone = SINGLE | {"connections": []}
    found = plan(
        alone,
        DPD | {"rule": "gateway-unused", "action": "delete-customer-gateway", "changes": None},
        {"rule": "unused-vpn", "subject_kind": "VPN gateway", "subject_id": V, "action": "delete-vpn-gateway"},
    )
    assert verbs(found["gateway-unused"]) == ["list vpncustomergateways", "delete vpncustomergateway"]
    assert the("create vpncustomergateway", found["gateway-unused"], "rollback")[0]["account"] == "alice"
    assert the("delete vpngateway", found["unused-vpn"]) == [{"id": V}]
    assert plan(alone, DPD)["dpd-off"]["interrupts"].startswith("Nothing")


def test_a_tier_gets_a_list_of_the_networks_behind_its_tunnels_and_the_gap_is_said(plan):
    tier = {"rule": "acl-default", "subject_kind": "tier", "subject_id": uuid(41), "action": "replace-acl"}
    found = plan(SINGLE, tier)["acl-default"]
    assert verbs(found) == ["create networkacllist", "create networkacl", "list networkacls", "replace networkacllist"]
    assert the("create networkacl", found)[0]["cidrlist"] == "192.168.10.0/24"
    assert "for a moment" in found["interrupts"]
    assert the("replace networkacllist", found, "rollback")[0]["aclid"] == uuid(51)
    none = SINGLE | {"connections": [], "tiers": [SINGLE["tiers"][0] | {"acl_id": "?"}]}
    found = plan(none, tier)["acl-default"]
    assert the("create networkacl", found)[0]["cidrlist"] == "<CHOOSE>"
    assert found["rollback"].startswith("None")


def test_a_setting_is_the_operators_and_says_when_it_counts(plan):
    name = "site2site.vpn.vpngateway.connection.limit"
    near = {
        "rule": "connections-near-limit",
        "subject_kind": "VPN gateway",
        "subject_id": V,
        "action": "change-setting",
        "changes": {name: "8"},
    }
    found = plan(SINGLE | {"settings": [{"name": name, "value": "4"}]}, near)["connections-near-limit"]
    assert the("update configuration", found) == [{"name": name, "value": "8"}]
    assert the("update configuration", found, "rollback") == [{"name": name, "value": "4"}]
    assert "restarted" in found["command"]
    assert found["side"] == "operator"
    blank = plan(SINGLE, near | {"changes": None})["connections-near-limit"]
    assert the("update configuration", blank)[0]["value"] == "<CHOOSE>"


def test_where_no_command_does_it_the_rule_says_what_to_do(plan):
    found = plan(
        SINGLE,
        {"rule": "version-unsupported", "subject_kind": "source", "subject_id": "s1", "action": "upgrade"},
        DPD | {"action": "", "reasons": [{"field": "dpd", "who": "far side"}]},
        DPD | {"rule": "unknown-rule", "action": "", "reasons": [{"who": "far side"}, {"who": "CloudStack side"}]},
    )
    assert all(remedy["command"] == "" for remedy in found.values())
    assert found["dpd-off"]["side"] == "far side"
    assert found["dpd-off"]["what"].startswith("Set dpd=true")
    assert found["unknown-rule"]["side"] == "both ends"


@pytest.mark.parametrize("action", typing.get_args(Action))
def test_every_action_gives_whole_advice_even_for_objects_that_were_not_collected(plan, action):
    kinds = ("connection", "customer gateway", "VPN gateway", "tier", "source")
    found = plan({}, *({"rule": kind, "subject_kind": kind, "subject_id": uuid(9), "action": action} for kind in kinds))
    assert all(remedy[column] for remedy in found.values() for column in ("side", "what", "interrupts", "rollback"))


@pytest.mark.parametrize(
    "name",
    ["'; reboot #", "a\nreboot", "$(reboot)", "\u202eevil", "=cmd|' /C calc'!A0", "<script>", "@/etc/passwd", "~root"],
)
def test_a_hostile_name_runs_nothing_and_publishes_no_file(plan, name):
    tables = with_(customer_gateways={"name": name}, vpcs={"name": name}) | {
        "tiers": [SINGLE["tiers"][0] | {"name": name}]
    }
    found = plan(
        tables,
        DPD,
        on_connection("a", "reset-connection"),
        on_connection("b", "recreate-connection", {"passive": "true"}),
        on_connection("c", "delete-connection"),
        on_connection("d", "create-connection-back"),
        {"rule": "e", "subject_kind": "tier", "subject_id": uuid(41), "action": "replace-acl"},
        {"rule": "f", "subject_kind": "VPN gateway", "subject_id": V, "action": "delete-vpn-gateway"},
    )
    for remedy in found.values():
        sent = calls(remedy["command"])
        assert all(not value.startswith("@/etc") for _, parameters in sent for value in parameters.values())
        assert "\n" not in remedy["what"]
        assert "\u202e" not in remedy["command"] + remedy["what"] + remedy["rollback"]
    expected = name.lstrip("@").replace("~", "-")
    assert the("update vpncustomergateway", found["dpd-off"])[0]["name"] == expected
    assert ("cmk cannot carry" in found["dpd-off"]["command"]) == (expected != name)


def test_comments_of_ours_hold_nothing_that_a_shell_understands(plan):
    mistyped = DPD | {
        "rule": "peer-address-mistyped",
        "action": "recreate-connection",
        "changes": {"gateway": "203.0.113.5"},
    }
    found = plan(PAIR, CIPHER, on_connection("psk-mismatch", "update-customer-gateway"), mistyped)
    assert all("\ufffd" not in remedy["command"] for remedy in found.values())


def test_a_pending_connection_is_reset_before_it_is_deleted_for_good(plan):
    found = plan(
        with_(connections={"state": "Pending"}),
        on_connection("both-passive", "recreate-connection", {"passive": "true"}),
    )
    assert verbs(found["both-passive"])[:2] == ["reset vpnconnection", "delete vpnconnection"]
