"""Updates of customer gateways, run by a real shell that only records them: they are what was tried on a real
CloudStack, in that order.
"""

from __future__ import annotations

import pytest

from tests.estates import estate
from tests.plan.conftest import CIPHER, DPD, PAIR, SINGLE, THIRTEEN, G, V, on_connection, the, uuid, verbs, with_
from vpnaudit.plan.customer_gateway import values_in_force
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.rules import all_rules


def test_an_update_sends_all_thirteen_parameters_with_present_values(plan):
    remedy = plan(SINGLE, DPD)["dpd-off"]
    (sent,) = the("update vpncustomergateway", remedy)
    assert set(sent) == THIRTEEN | {"filter"}
    now = values_in_force(EstateIndex(estate(SINGLE)).customer_gateways["s1", G])
    assert {name: sent[name] for name in now} == now | {"dpd": "true"}
    assert sent["ipsecpsk"] == "@/path/to/psk-file"
    assert remedy["side"] == "CloudStack side"
    assert remedy["what"] == "Set dpd to true on customer gateway branch."


def test_the_present_key_is_saved_before_and_the_way_back_is_the_old_update(plan):
    remedy = plan(SINGLE, DPD)["dpd-off"]
    assert verbs(remedy) == ["list vpncustomergateways", "update vpncustomergateway", "list vpnconnections"]
    assert the("list vpncustomergateways", remedy) == [{"id": G, "listall": "true", "filter": "ipsecpsk"}]
    (rollback,) = the("update vpncustomergateway", remedy, "rollback")
    assert rollback["dpd"] == "false"
    assert set(rollback) == THIRTEEN | {"filter"}


def test_findings_on_one_gateway_and_its_connection_share_one_update(plan):
    version = on_connection("multi-cidr-ikev1", "update-customer-gateway", {"ikeversion": "ikev2"})
    by_rule = plan(SINGLE, CIPHER, version, DPD)
    sent = [the("update vpncustomergateway", remedy) for remedy in by_rule.values()]
    assert sent[0] == sent[1] == sent[2]
    assert sent[0][0]["ikepolicy"] == "aes256-md5;modp1024"
    assert (sent[0][0]["ikeversion"], sent[0][0]["dpd"]) == ("ikev2", "true")
    assert "Mends also: weak-encryption, multi-cidr-ikev1." in by_rule["dpd-off"]["command"]


def test_crypto_tells_the_far_side_first_and_keeps_the_running_suite(plan):
    remedy = plan(SINGLE, CIPHER | {"changes": {"ikepolicy": "aes256-sha256;modp2048", "ikeversion": "ikev2"}})[
        "weak-encryption"
    ]
    text = remedy["command"]
    assert "proposals = aes256-sha256-modp2048,3des-md5-modp1024" in text
    assert "version = 2" in text
    assert text.index("proposals =") < text.index("cmk update")
    assert remedy["side"] == "both ends"


def test_selectors_and_splitting_tell_the_far_side(plan):
    remedy = plan(SINGLE, DPD | {"changes": {"cidrlist": "192.168.1.0/24", "splitconnections": "true"}})["dpd-off"]
    assert "local_ts = 192.168.1.0/24" in remedy["command"]
    assert "one child for each network" in remedy["command"]
    whole = plan(
        with_(customer_gateways={"split_connections": True}), DPD | {"changes": {"splitconnections": "false"}}
    )["dpd-off"]
    assert "one child for all networks" in whole["command"]


def test_a_pending_connection_is_reset_after_the_update(plan):
    remedy = plan(with_(connections={"state": "Pending"}), DPD)["dpd-off"]
    assert verbs(remedy) == [
        "list vpncustomergateways",
        "update vpncustomergateway",
        "reset vpnconnection",
        "list vpnconnections",
    ]


def test_a_value_that_only_a_person_knows_is_a_blank_that_the_server_refuses(plan):
    finding = on_connection(
        "remote-overlaps-vpc", "update-customer-gateway", reasons=[{"field": "cidrlist", "who": "CloudStack side"}]
    )
    remedy = plan(SINGLE, finding)["remote-overlaps-vpc"]
    assert the("update vpncustomergateway", remedy)[0]["cidrlist"] == "<CHOOSE>"
    assert "does not check overlap" in remedy["command"]
    assert remedy["what"] == "Set the right cidrlist on customer gateway branch."


def test_a_flag_is_known_by_what_is_expected_of_it(plan):
    remedy = plan(SINGLE, DPD | {"changes": None, "reasons": [{"field": "forceencap", "expected": "true"}]})["dpd-off"]
    assert the("update vpncustomergateway", remedy)[0]["forceencap"] == "true"


def test_a_new_peer_address_deletes_updates_and_creates_in_that_order(plan):
    mistyped = DPD | {
        "rule": "peer-address-mistyped",
        "action": "recreate-connection",
        "changes": {"gateway": "203.0.113.5"},
    }
    remedy = plan(with_(connections={"passive": True}), mistyped)["peer-address-mistyped"]
    assert verbs(remedy)[1:4] == ["delete vpnconnection", "update vpncustomergateway", "create vpnconnection"]
    assert the("create vpnconnection", remedy) == [
        {"s2svpngatewayid": V, "s2scustomergatewayid": G, "passive": "true", "filter": "id"}
    ]
    stuck = plan(with_(connections={"state": "Pending"}), mistyped)["peer-address-mistyped"]
    assert verbs(stuck)[1:3] == ["reset vpnconnection", "delete vpnconnection"]


@pytest.mark.parametrize("rule", [rule.id for rule in all_rules().values() if rule.new_key])
def test_a_bad_key_is_replaced_by_a_random_one_that_no_client_changes(plan, rule):
    remedy = plan(SINGLE, DPD | {"rule": rule, "changes": None})[rule]
    assert the("update vpncustomergateway", remedy)[0]["ipsecpsk"] == "@/path/to/new-psk-file"
    assert the("update vpncustomergateway", remedy, "rollback")[0]["ipsecpsk"] == "@/path/to/psk-file"
    assert "openssl rand -hex 32" in remedy["command"]
    assert "swanctl --load-creds --clear" in remedy["command"]


def test_a_key_between_two_vpcs_changes_on_both_at_once(plan):
    remedy = plan(PAIR, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]
    near, far = the("update vpncustomergateway", remedy)
    assert (near["id"], far["id"]) == (G, uuid(2))
    assert near["ipsecpsk"] == far["ipsecpsk"] == "@/path/to/new-psk-file"
    assert remedy["command"].count("filter=id &\n") == 2
    assert "\nwait\n" in remedy["command"]
    assert "swanctl" not in remedy["command"]


def test_a_suite_between_two_vpcs_changes_on_both_and_each_keeps_its_key(plan):
    remedy = plan(PAIR, CIPHER | {"changes": {"ikepolicy": "aes256-sha384;modp3072"}})["weak-encryption"]
    near, far = the("update vpncustomergateway", remedy)
    assert near["ikepolicy"] == far["ikepolicy"] == "aes256-sha384;modp3072"
    assert near["ipsecpsk"] != far["ipsecpsk"]
    assert [sent["id"] for sent in the("list vpncustomergateways", remedy)] == [G, uuid(2)]


def test_dead_peer_detection_concerns_one_end_only(plan):
    remedy = plan(PAIR, DPD | {"changes": {"dpd": "false"}})["dpd-off"]
    assert len(the("update vpncustomergateway", remedy)) == 1


def test_what_the_server_did_not_say_is_asked_for_and_never_reset_silently(plan):
    remedy = plan(with_(customer_gateways={"force_encap": "?"}), DPD)["dpd-off"]
    assert "did not say forceencap" in remedy["command"]
    unknown = plan(with_(customer_gateways={"ike_policy": "?"}), DPD)["dpd-off"]
    assert verbs(unknown) == ["list vpncustomergateways"]
    assert unknown["side"] == "operator"


def test_connections_that_were_not_collected_are_not_called_none(plan):
    remedy = plan(SINGLE | {"connections": [], "gaps": [{"table": "connections"}]}, DPD)["dpd-off"]
    assert not remedy["interrupts"].startswith("Nothing")


def test_a_project_gateway_is_listed_in_its_project(plan):
    remedy = plan(with_(customer_gateways={"project_id": uuid(77)}), DPD)["dpd-off"]
    assert the("list vpncustomergateways", remedy)[0]["projectid"] == uuid(77)


def test_an_update_that_is_done_already_is_not_sent_again(plan):
    remedy = plan(SINGLE, DPD | {"changes": {"dpd": "false"}})["dpd-off"]
    assert remedy["command"] == ""


def test_two_sources_are_named_where_a_tunnel_joins_them(plan):
    far = {table: [row | ({"source": "s2"} if n else {}) for n, row in enumerate(rows)] for table, rows in PAIR.items()}
    remedy = plan(far, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]
    assert "source: s1, s2. Send each update to its own" in remedy["command"]
    assert len(the("update vpncustomergateway", remedy)) == 2


def test_a_new_address_of_a_gateway_without_connections_deletes_and_creates_none(plan):
    moved = DPD | {"rule": "peer-address-mistyped", "action": "recreate-connection"}
    remedy = plan(SINGLE | {"connections": []}, moved | {"changes": {"gateway": "203.0.113.5"}})[
        "peer-address-mistyped"
    ]
    assert verbs(remedy) == ["list vpncustomergateways", "update vpncustomergateway"]
    assert the("update vpncustomergateway", remedy)[0]["gateway"] == "203.0.113.5"


def test_what_was_decided_between_two_findings_stands_above_the_command(plan):
    short, long = (
        DPD | {"rule": rule, "changes": {"ikelifetime": value}}
        for rule, value in (("lifetime-over-policy", "14400"), ("lifetime-not-applied", "36000"))
    )
    command = plan(SINGLE, short, long)["lifetime-not-applied"]["command"]
    assert "ikelifetime: 14400 is used, the lowest." in command
    assert the("update vpncustomergateway", {"command": command})[0]["ikelifetime"] == "14400"
