"""Unused gateways, access lists, settings and versions: what the commands do, and that twice is once."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.cmk import LIMIT, Cloud
from tests.plan.conftest import DPD, PLANS, SINGLE, G, V, printed, run, the, twice, uuid


def test_unused_gateways_are_deleted_after_their_key_is_saved(plan):
    alone = SINGLE | {"connections": []}
    by_rule = plan(
        alone,
        DPD | {"rule": "gateway-unused", "action": "delete-customer-gateway", "changes": None},
        {"rule": "unused-vpn", "subject_kind": "VPN gateway", "subject_id": V, "action": "delete-vpn-gateway"},
    )
    assert twice(by_rule["gateway-unused"]) == (["delete vpncustomergateway"], [])
    back = run(by_rule["gateway-unused"], "rollback")
    assert list(back.keys.values())[-1] == f"key of {G}"
    assert the("create vpncustomergateway", by_rule["gateway-unused"], "rollback")[0]["account"] == "alice"
    assert twice(by_rule["unused-vpn"]) == (["delete vpngateway"], [])
    assert plan(alone, DPD)["dpd-off"]["interrupts"].startswith("Nothing")


def test_an_unused_gateway_that_is_gone_is_not_updated(plan):
    by_rule = plan(
        SINGLE | {"connections": []},
        DPD,
        DPD | {"rule": "gateway-unused", "action": "delete-customer-gateway", "changes": None},
    )
    cloud = Cloud(by_rule["dpd-off"]["estate"])
    with tempfile.TemporaryDirectory() as home:
        for rule in ("gateway-unused", "dpd-off"):
            assert cloud.run(by_rule[rule]["command"], Path(home)) == (0, "")
    assert [verb for verb, _ in cloud.calls] == ["delete vpncustomergateway"]


TIER = {"rule": "acl-default", "subject_kind": "tier", "subject_id": uuid(41), "action": "replace-acl"}


def test_a_tier_gets_a_list_of_the_networks_behind_its_tunnels_and_the_gap_is_said(plan):
    remedy = plan(SINGLE, TIER)["acl-default"]
    assert twice(remedy) == (["create networkacllist", "create networkacl", "replace networkacllist"], [])
    assert the("create networkacl", remedy)[0]["cidrlist"] == "192.168.10.0/24"
    assert "for a moment" in remedy["interrupts"]
    assert f"aclid={uuid(51)}" in remedy["rollback"]
    none = SINGLE | {"connections": [], "tiers": [SINGLE["tiers"][0] | {"acl_id": "?"}]}
    remedy = plan(none, TIER)["acl-default"]
    assert the("create networkacl", remedy)[0]["cidrlist"] == "<CHOOSE>"
    assert remedy["rollback"].startswith("None")


NEAR = {"rule": "connections-near-limit", "subject_kind": "VPN gateway", "subject_id": V, "action": "change-setting"}


def test_a_limit_is_raised_above_the_fullest_gateway_and_it_is_said_when_it_counts(plan):
    full = SINGLE | {"settings": [{"name": LIMIT, "value": "1"}]}
    remedy = plan(full, NEAR)["connections-near-limit"]
    assert twice(remedy) == (["update configuration"], [])
    assert the("update configuration", remedy) == [{"name": LIMIT, "value": "3"}]
    assert the("update configuration", remedy, "rollback") == [{"name": LIMIT, "value": "1"}]
    assert "restarted" in remedy["command"]
    assert remedy["side"] == "operator"
    unknown = plan(SINGLE, NEAR)["connections-near-limit"]
    assert unknown["rollback"].startswith("Set the value again")


def test_a_setting_that_is_dynamic_counts_at_once(plan):
    near = NEAR | {"changes": {"vpn.some.setting": "8"}}
    settings = [{"name": "vpn.some.setting", "is_dynamic": True, "value": "4"}]
    remedy = plan(SINGLE | {"settings": settings}, near)["connections-near-limit"]
    assert the("update configuration", remedy) == [{"name": "vpn.some.setting", "value": "8"}]
    assert "restarted" not in remedy["command"]


def test_an_upgrade_has_no_command_and_is_the_operators(plan):
    upgrade = {"rule": "version-unsupported", "subject_kind": "source", "subject_id": "s1", "action": "upgrade"}
    remedy = plan(SINGLE, upgrade)["version-unsupported"]
    assert (remedy["command"], remedy["side"]) == ("", "operator")
    assert "source s1" in remedy["what"]


SECOND = SINGLE["connections"][0] | {"id": uuid(12), "cidr_list": "192.168.20.0/24, 192.168.30.0/24"}
CASES = {
    "customer-gateway-deleted": (
        SINGLE | {"connections": []},
        DPD | {"action": "delete-customer-gateway", "changes": None},
    ),
    "vpn-gateway-deleted": (
        SINGLE | {"connections": []},
        {"subject_kind": "VPN gateway", "subject_id": V, "action": "delete-vpn-gateway"},
    ),
    "tier-list": (SINGLE | {"connections": [*SINGLE["connections"], SECOND]}, TIER),
    "limit": (
        SINGLE | {"connections": [*SINGLE["connections"], SECOND], "settings": [{"name": LIMIT, "value": "2"}]},
        NEAR,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_remedy_is_printed_as_it_was_read_through(plan, name):
    tables, finding = CASES[name]
    remedy = plan(tables, finding | {"rule": "gateway-unused"})["gateway-unused"]
    assert printed(remedy) == (PLANS / f"{name}.txt").read_text("utf-8")
