"""Each finding's commands, run by a real shell that only records them: they are what was tried on a real CloudStack, in that order."""

from __future__ import annotations

import typing

import pytest

from tests.plan.conftest import calls, uuid
from tests.rules.harness import estate
from vpnaudit.findings import Action
from vpnaudit.plan.customer_gateway import present
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.remedies import KEY_RULES

THIRTEEN = {
    *("id", "name", "gateway", "cidrlist", "ipsecpsk", "ikepolicy", "esppolicy"),
    *("ikelifetime", "esplifetime", "dpd", "forceencap", "splitconnections", "ikeversion"),
}
G, K, V, P = uuid(1), uuid(11), uuid(21), uuid(31)
SINGLE = {
    "customer_gateways": [{"id": G, "name": "branch", "ike_policy": "3des-md5;modp1024", "dpd": False, "ike_version": "ike"}],
    "connections": [{"id": K, "customer_gateway_id": G, "vpn_gateway_id": V}],
    "vpn_gateways": [{"id": V, "vpc_id": P}],
    "vpcs": [{"id": P, "name": "billing"}],
    "tiers": [{"id": uuid(41), "name": "web", "vpc_id": P, "acl_id": uuid(51)}],
}
DPD = {
    "rule": "dpd-off",
    "subject_kind": "customer gateway",
    "subject_id": G,
    "action": "update-customer-gateway",
    "changes": {"dpd": "true"},
}
CIPHER = DPD | {"rule": "weak-encryption", "changes": {"ikepolicy": "aes256-md5;modp1024"}}


def with_(**cells):
    return SINGLE | {table: [SINGLE[table][0] | row] for table, row in cells.items()}


def on_connection(rule, action, changes=None, **more):
    return {"rule": rule, "subject_kind": "connection", "subject_id": K, "action": action, "changes": changes} | more


def verbs(remedy):
    return [verb for verb, _ in calls(remedy["command"])]


def the(verb, remedy, column="command"):
    return [parameters for name, parameters in calls(remedy[column]) if name == verb]


def test_an_update_sends_all_thirteen_parameters_with_present_values(plan):
    found = plan(SINGLE, DPD)["dpd-off"]
    (sent,) = the("update vpncustomergateway", found)
    assert set(sent) == THIRTEEN | {"filter"}
    now = present(EstateIndex(estate(SINGLE)).customer_gateways["s1", G])
    assert {name: sent[name] for name in now} == now | {"dpd": "true"}
    assert sent["ipsecpsk"] == "@/path/to/psk-file"
    assert found["side"] == "CloudStack side"
    assert found["what"] == "Set dpd to true on customer gateway branch."


def test_the_present_key_is_saved_before_and_the_way_back_is_the_old_update(plan):
    found = plan(SINGLE, DPD)["dpd-off"]
    assert verbs(found) == ["list vpncustomergateways", "update vpncustomergateway", "list vpnconnections"]
    assert the("list vpncustomergateways", found) == [{"id": G, "listall": "true", "filter": "ipsecpsk"}]
    (back,) = the("update vpncustomergateway", found, "rollback")
    assert back["dpd"] == "false"
    assert set(back) == THIRTEEN | {"filter"}


def test_findings_on_one_gateway_and_its_connection_share_one_update(plan):
    version = on_connection("multi-cidr-ikev1", "update-customer-gateway", {"ikeversion": "ikev2"})
    found = plan(SINGLE, CIPHER, version, DPD)
    sent = [the("update vpncustomergateway", remedy) for remedy in found.values()]
    assert sent[0] == sent[1] == sent[2]
    assert sent[0][0]["ikepolicy"] == "aes256-md5;modp1024"
    assert (sent[0][0]["ikeversion"], sent[0][0]["dpd"]) == ("ikev2", "true")
    assert "Mends also: weak-encryption, multi-cidr-ikev1." in found["dpd-off"]["command"]


def test_crypto_tells_the_far_side_first_and_keeps_the_running_suite(plan):
    found = plan(SINGLE, CIPHER | {"changes": {"ikepolicy": "aes256-sha256;modp2048", "ikeversion": "ikev2"}})["weak-encryption"]
    text = found["command"]
    assert "proposals = aes256-sha256-modp2048,3des-md5-modp1024" in text
    assert "version = 2" in text
    assert text.index("proposals =") < text.index("cmk update")
    assert found["side"] == "both ends"


def test_selectors_and_splitting_tell_the_far_side(plan):
    found = plan(SINGLE, DPD | {"changes": {"cidrlist": "192.168.1.0/24", "splitconnections": "true"}})["dpd-off"]
    assert "local_ts = 192.168.1.0/24" in found["command"]
    assert "one child for each network" in found["command"]
    whole = plan(with_(customer_gateways={"split_connections": True}), DPD | {"changes": {"splitconnections": "false"}})["dpd-off"]
    assert "one child for all networks" in whole["command"]


def test_a_pending_connection_is_reset_after_the_update(plan):
    found = plan(with_(connections={"state": "Pending"}), DPD)["dpd-off"]
    assert verbs(found) == ["list vpncustomergateways", "update vpncustomergateway", "reset vpnconnection", "list vpnconnections"]


def test_a_value_that_only_a_person_knows_is_a_blank_that_the_server_refuses(plan):
    finding = on_connection("remote-overlaps-vpc", "update-customer-gateway", reasons=[{"field": "cidrlist", "who": "CloudStack side"}])
    found = plan(SINGLE, finding)["remote-overlaps-vpc"]
    assert the("update vpncustomergateway", found)[0]["cidrlist"] == "<CHOOSE>"
    assert "does not check overlap" in found["command"]
    assert found["what"] == "Set the right cidrlist on customer gateway branch."


def test_a_new_peer_address_deletes_updates_and_creates_in_that_order(plan):
    mistyped = DPD | {"rule": "peer-address-mistyped", "action": "recreate-connection", "changes": {"gateway": "203.0.113.5"}}
    found = plan(with_(connections={"passive": True}), mistyped)["peer-address-mistyped"]
    assert verbs(found)[1:4] == ["delete vpnconnection", "update vpncustomergateway", "create vpnconnection"]
    assert the("create vpnconnection", found) == [{"s2svpngatewayid": V, "s2scustomergatewayid": G, "passive": "true", "filter": "id"}]
    stuck = plan(with_(connections={"state": "Pending"}), mistyped)["peer-address-mistyped"]
    assert verbs(stuck)[1:3] == ["reset vpnconnection", "delete vpnconnection"]


@pytest.mark.parametrize("rule", KEY_RULES)
def test_a_bad_key_is_replaced_by_a_random_one_that_no_client_changes(plan, rule):
    found = plan(SINGLE, DPD | {"rule": rule, "changes": None})[rule]
    assert the("update vpncustomergateway", found)[0]["ipsecpsk"] == "@/path/to/new-psk-file"
    assert the("update vpncustomergateway", found, "rollback")[0]["ipsecpsk"] == "@/path/to/psk-file"
    assert "openssl rand -hex 32" in found["command"]
    assert "swanctl --load-creds --clear" in found["command"]


PAIR = {
    "customer_gateways": [
        {"id": G, "name": "to-west", "gateway": "198.51.100.2"},
        {"id": uuid(2), "name": "to-east", "gateway": "198.51.100.1"},
    ],
    "connections": [
        {"id": K, "customer_gateway_id": G, "vpn_gateway_id": V, "gateway": "198.51.100.2"},
        {
            "id": uuid(12),
            "customer_gateway_id": uuid(2),
            "vpn_gateway_id": uuid(22),
            "public_ip": "198.51.100.2",
            "gateway": "198.51.100.1",
        },
    ],
    "vpn_gateways": [{"id": V, "vpc_id": P}, {"id": uuid(22), "vpc_id": uuid(32), "public_ip": "198.51.100.2"}],
    "vpcs": [{"id": P, "name": "east"}, {"id": uuid(32), "name": "west", "cidr": "10.2.0.0/16"}],
}


def test_a_key_between_two_vpcs_changes_on_both_at_once(plan):
    found = plan(PAIR, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]
    near, far = the("update vpncustomergateway", found)
    assert (near["id"], far["id"]) == (G, uuid(2))
    assert near["ipsecpsk"] == far["ipsecpsk"] == "@/path/to/new-psk-file"
    assert found["command"].count("filter=id &\n") == 2
    assert "\nwait\n" in found["command"]
    assert "swanctl" not in found["command"]


def test_a_suite_between_two_vpcs_changes_on_both_and_each_keeps_its_key(plan):
    found = plan(PAIR, CIPHER | {"changes": {"ikepolicy": "aes256-sha384;modp3072"}})["weak-encryption"]
    near, far = the("update vpncustomergateway", found)
    assert near["ikepolicy"] == far["ikepolicy"] == "aes256-sha384;modp3072"
    assert near["ipsecpsk"] != far["ipsecpsk"]
    assert [sent["id"] for sent in the("list vpncustomergateways", found)] == [G, uuid(2)]


def test_dead_peer_detection_concerns_one_end_only(plan):
    found = plan(PAIR, DPD | {"changes": {"dpd": "false"}})["dpd-off"]
    assert len(the("update vpncustomergateway", found)) == 1


def test_reset(plan):
    found = plan(SINGLE, on_connection("connection-stuck", "reset-connection"))["connection-stuck"]
    assert verbs(found) == ["reset vpnconnection", "list vpnconnections"]
    assert "has no tier" not in found["command"]
    bare = plan(SINGLE | {"tiers": []}, on_connection("connection-stuck", "reset-connection"))["connection-stuck"]
    assert "has no tier" in bare["command"]


def test_passive_is_changed_by_creating_the_connection_again(plan):
    found = plan(with_(connections={"passive": True}), on_connection("both-passive", "recreate-connection", {"passive": "false"}))[
        "both-passive"
    ]
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
    turned = plan(TWINS, on_connection("duplicate-peer", "delete-connection", subject_id=uuid(12), other_id=K))["duplicate-peer"]
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
    twins = TWINS | {"connections": [row | {"cidr_list": "192.168.10.0/24", "state": "Pending"} for row in TWINS["connections"]]}
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
    found = plan(project, on_connection("one-sided-connection", "create-connection-back", subject_id=K))["one-sided-connection"]
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


def test_what_the_server_did_not_say_is_asked_for_and_never_reset_silently(plan):
    found = plan(with_(customer_gateways={"force_encap": "?"}), DPD)["dpd-off"]
    assert "did not say forceencap" in found["command"]
    unknown = plan(with_(customer_gateways={"ike_policy": "?"}), DPD)["dpd-off"]
    assert verbs(unknown) == ["list vpncustomergateways"]
    assert unknown["side"] == "operator"


def test_connections_that_were_not_collected_are_not_called_none(plan):
    found = plan(SINGLE | {"connections": [], "gaps": [{"table": "connections"}]}, DPD)["dpd-off"]
    assert not found["interrupts"].startswith("Nothing")


def test_a_project_gateway_is_listed_in_its_project(plan):
    found = plan(with_(customer_gateways={"project_id": uuid(77)}), DPD)["dpd-off"]
    assert the("list vpncustomergateways", found)[0]["projectid"] == uuid(77)


@pytest.mark.parametrize(
    "name", ["'; reboot #", "a\nreboot", "$(reboot)", "\u202eevil", "=cmd|' /C calc'!A0", "<script>", "@/etc/passwd", "~root"]
)
def test_a_hostile_name_runs_nothing_and_publishes_no_file(plan, name):
    tables = with_(customer_gateways={"name": name}, vpcs={"name": name}) | {"tiers": [SINGLE["tiers"][0] | {"name": name}]}
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
    mistyped = DPD | {"rule": "peer-address-mistyped", "action": "recreate-connection", "changes": {"gateway": "203.0.113.5"}}
    found = plan(PAIR, CIPHER, on_connection("psk-mismatch", "update-customer-gateway"), mistyped)
    assert all("\ufffd" not in remedy["command"] for remedy in found.values())


def test_an_update_that_is_done_already_is_not_sent_again(plan):
    found = plan(SINGLE, DPD | {"changes": {"dpd": "false"}})["dpd-off"]
    assert found["command"] == ""


def test_two_sources_are_named_where_a_tunnel_joins_them(plan):
    far = {table: [row | ({"source": "s2"} if n else {}) for n, row in enumerate(rows)] for table, rows in PAIR.items()}
    found = plan(far, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]
    assert "source: s1, s2. Send each update to its own" in found["command"]
    assert len(the("update vpncustomergateway", found)) == 2


def test_a_pending_connection_is_reset_before_it_is_deleted_for_good(plan):
    found = plan(with_(connections={"state": "Pending"}), on_connection("both-passive", "recreate-connection", {"passive": "true"}))
    assert verbs(found["both-passive"])[:2] == ["reset vpnconnection", "delete vpnconnection"]
