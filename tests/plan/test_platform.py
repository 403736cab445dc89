"""Unused gateways, lists of tiers, settings and versions: what the commands do, and what has no way back."""

from __future__ import annotations

from tests.plan.conftest import DPD, SINGLE, V, the, uuid, verbs


def test_unused_gateways_are_deleted_after_their_key_is_saved(plan):
    alone = SINGLE | {"connections": []}
    by_rule = plan(
        alone,
        DPD | {"rule": "gateway-unused", "action": "delete-customer-gateway", "changes": None},
        {"rule": "unused-vpn", "subject_kind": "VPN gateway", "subject_id": V, "action": "delete-vpn-gateway"},
    )
    assert verbs(by_rule["gateway-unused"]) == ["list vpncustomergateways", "delete vpncustomergateway"]
    assert the("create vpncustomergateway", by_rule["gateway-unused"], "rollback")[0]["account"] == "alice"
    assert the("delete vpngateway", by_rule["unused-vpn"]) == [{"id": V}]
    assert plan(alone, DPD)["dpd-off"]["interrupts"].startswith("Nothing")


def test_a_tier_gets_a_list_of_the_networks_behind_its_tunnels_and_the_gap_is_said(plan):
    tier = {"rule": "acl-default", "subject_kind": "tier", "subject_id": uuid(41), "action": "replace-acl"}
    remedy = plan(SINGLE, tier)["acl-default"]
    assert verbs(remedy) == ["create networkacllist", "create networkacl", "list networkacls", "replace networkacllist"]
    assert the("create networkacl", remedy)[0]["cidrlist"] == "192.168.10.0/24"
    assert "for a moment" in remedy["interrupts"]
    assert the("replace networkacllist", remedy, "rollback")[0]["aclid"] == uuid(51)
    none = SINGLE | {"connections": [], "tiers": [SINGLE["tiers"][0] | {"acl_id": "?"}]}
    remedy = plan(none, tier)["acl-default"]
    assert the("create networkacl", remedy)[0]["cidrlist"] == "<CHOOSE>"
    assert remedy["rollback"].startswith("None")


def test_a_setting_is_the_operators_and_says_when_it_counts(plan):
    name = "site2site.vpn.vpngateway.connection.limit"
    near = {
        "rule": "connections-near-limit",
        "subject_kind": "VPN gateway",
        "subject_id": V,
        "action": "change-setting",
        "changes": {name: "8"},
    }
    remedy = plan(SINGLE | {"settings": [{"name": name, "value": "4"}]}, near)["connections-near-limit"]
    assert the("update configuration", remedy) == [{"name": name, "value": "8"}]
    assert the("update configuration", remedy, "rollback") == [{"name": name, "value": "4"}]
    assert "restarted" in remedy["command"]
    assert remedy["side"] == "operator"
    blank = plan(SINGLE, near | {"changes": None})["connections-near-limit"]
    assert the("update configuration", blank)[0]["value"] == "<CHOOSE>"


def test_an_upgrade_has_no_command_and_is_the_operators(plan):
    upgrade = {"rule": "version-unsupported", "subject_kind": "source", "subject_id": "s1", "action": "upgrade"}
    remedy = plan(SINGLE, upgrade)["version-unsupported"]
    assert (remedy["command"], remedy["side"]) == ("", "operator")
    assert "source s1" in remedy["what"]


def test_a_setting_that_is_dynamic_counts_at_once(plan):
    name = "vpn.some.setting"
    near = {
        "rule": "any",
        "subject_kind": "VPN gateway",
        "subject_id": V,
        "action": "change-setting",
        "changes": {name: "8"},
    }
    remedy = plan(SINGLE | {"settings": [{"name": name, "is_dynamic": True}]}, near)["any"]
    assert "restarted" not in remedy["command"]
    assert remedy["rollback"].startswith("Set the value again")
