"""Updates of customer gateways, run by a real shell against a cloud that only remembers: they are what was tried on a
real CloudStack, in that order, and nothing is sent twice or over what somebody changed since.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.cmk import Cloud
from tests.estates import estate
from tests.plan.conftest import CIPHER, DPD, PAIR, SINGLE, THIRTEEN, G, on_connection, run, the, uuid, verbs, with_
from vpnaudit.plan.customer_gateway import End
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.remedy import Script
from vpnaudit.plan.wanted import values_in_force
from vpnaudit.rules import all_rules

STRONG = CIPHER | {"changes": {"ikepolicy": "aes256-sha256;modp2048"}}


def test_an_update_sends_all_thirteen_parameters_with_present_values(plan):
    remedy = plan(SINGLE, DPD)["dpd-off"]
    (sent,) = the("update vpncustomergateway", remedy)
    assert set(sent) == THIRTEEN | {"filter"}
    now = values_in_force(EstateIndex(estate(SINGLE)).customer_gateways["s1", G])
    assert {name: sent[name] for name in now} == now | {"dpd": "true"}
    assert remedy["side"] == "CloudStack side"
    assert remedy["what"] == "Set dpd to true on customer gateway branch."


@pytest.mark.parametrize("finding", [DPD, STRONG, DPD | {"rule": "weak-psk", "changes": None}])
def test_the_key_that_is_there_is_kept_and_the_way_back_restores_every_cell(plan, finding):
    remedy = plan(SINGLE, finding)[finding["rule"]]
    before, after = Cloud(remedy["estate"]), run(remedy, "rollback")
    assert after.keys == before.keys
    assert values_in_force(after.tables["customer_gateways"][0]) == values_in_force(
        before.tables["customer_gateways"][0]
    )


def test_a_second_run_sends_nothing(plan):
    cloud, script = Cloud(estate(SINGLE)), plan(SINGLE, DPD, STRONG)["dpd-off"]["command"]
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(script, Path(home))[0] == 0
        count = len(cloud.calls)
        assert cloud.run(script, Path(home)) == (0, "")
    assert len(cloud.calls) == count == 1


def test_a_value_that_somebody_changed_since_is_not_overwritten(plan):
    cloud, script = Cloud(estate(SINGLE)), plan(SINGLE, DPD)["dpd-off"]["command"]
    cloud.tables["customer_gateways"][0]["esp_lifetime_s"] = 7200
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(script, Path(home)) == (1, "Not as it was collected: audit again.\n")
    assert cloud.calls == []


@pytest.mark.parametrize("key", ['a"b', "a\\b", "a~b", ""])
def test_a_key_that_cannot_be_carried_unharmed_stops_the_script(plan, key):
    cloud, script = Cloud(estate(SINGLE)), plan(SINGLE, DPD)["dpd-off"]["command"]
    cloud.keys[G] = key
    with tempfile.TemporaryDirectory() as home:
        code, words = cloud.run(script, Path(home))
    assert code == 1
    assert words.startswith("Write the key to ")
    assert cloud.calls == []


def test_an_error_stops_the_script_before_the_next_call(plan):
    cloud, script = Cloud(estate(SINGLE)), plan(SINGLE, DPD)["dpd-off"]["command"]
    cloud.tables["customer_gateways"].clear()
    with tempfile.TemporaryDirectory() as home:
        assert cloud.run(script, Path(home))[0] == 1
    assert cloud.calls == []


def test_findings_on_one_gateway_and_its_connection_share_one_update(plan):
    version = on_connection("multi-cidr-ikev1", "update-customer-gateway", {"ikeversion": "ikev2"})
    by_rule = plan(SINGLE, STRONG, version, DPD)
    assert len({(remedy["command"], remedy["plan"]) for remedy in by_rule.values()}) == 1
    (sent,) = the("update vpncustomergateway", by_rule["dpd-off"])
    assert sent["ikepolicy"] == "aes256-sha256;modp2048"
    assert (sent["ikeversion"], sent["dpd"]) == ("ikev2", "true")
    assert "Mends: weak-encryption, multi-cidr-ikev1, dpd-off." in by_rule["dpd-off"]["command"]


def test_a_value_that_only_a_person_knows_is_a_variable_with_the_present_one(plan):
    finding = on_connection(
        "remote-overlaps-vpc", "update-customer-gateway", reasons=[{"field": "cidrlist", "who": "CloudStack side"}]
    )
    remedy = plan(SINGLE, finding)["remote-overlaps-vpc"]
    assert remedy["what"] == "Set the right cidrlist on customer gateway branch."
    assert "does not check overlap" in remedy["command"]
    assert the("update vpncustomergateway", remedy) == []
    line = "cidrlist1='192.168.10.0/24'"
    assert f"\n{line}\n" in remedy["command"]
    remedy["command"] = remedy["command"].replace(line, "cidrlist1='192.168.77.0/24'")
    (sent,) = the("update vpncustomergateway", remedy)
    assert sent["cidrlist"] == "192.168.77.0/24"


def test_a_flag_is_known_by_what_is_expected_of_it(plan):
    remedy = plan(SINGLE, DPD | {"changes": None, "reasons": [{"field": "forceencap", "expected": "true"}]})["dpd-off"]
    assert the("update vpncustomergateway", remedy)[0]["forceencap"] == "true"


@pytest.mark.parametrize("rule", [rule.id for rule in all_rules().values() if rule.new_key])
def test_a_bad_key_is_replaced_by_a_random_one_that_no_client_changes(plan, rule):
    remedy = plan(SINGLE, DPD | {"rule": rule, "changes": None})[rule]
    cloud = run(remedy)
    assert len(cloud.keys[G]) == 64
    assert "openssl rand -hex 32" in remedy["command"]
    assert "the new pre-shared key" in remedy["command"]


def test_a_key_between_two_vpcs_changes_on_both_at_once_and_each_old_one_has_its_file(plan):
    tables = PAIR | {
        "customer_gateways": [
            row | {"psk_fingerprint": name} for row, name in zip(PAIR["customer_gateways"], "ab", strict=True)
        ]
    }
    remedy = plan(tables, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]
    cloud = run(remedy)
    assert cloud.keys[G] == cloud.keys[uuid(2)]
    assert len(cloud.keys[G]) == 64
    assert remedy["command"].count("filter=id &\n") == 2
    assert 'wait "$job"' in remedy["command"]
    assert run(remedy, "rollback").keys == {G: "key of a", uuid(2): "key of b"}


def test_a_suite_between_two_vpcs_changes_on_both_and_each_keeps_its_key(plan):
    tables = PAIR | {
        "customer_gateways": [
            row | {"psk_fingerprint": name} for row, name in zip(PAIR["customer_gateways"], "ab", strict=True)
        ]
    }
    cloud = run(plan(tables, CIPHER | {"changes": {"ikepolicy": "aes256-sha384;modp3072"}})["weak-encryption"])
    near, far = (parameters for verb, parameters in cloud.calls if verb == "update vpncustomergateway")
    assert near["ikepolicy"] == far["ikepolicy"] == "aes256-sha384;modp3072"
    assert near["esppolicy"] == far["esppolicy"] == "aes256-sha256;modp3072"
    assert near["ipsecpsk"] != far["ipsecpsk"]
    assert cloud.keys == {G: "key of a", uuid(2): "key of b"}


def test_what_the_server_did_not_say_is_asked_for_and_never_reset_silently(plan):
    remedy = plan(with_(customer_gateways={"force_encap": "?"}), DPD)["dpd-off"]
    assert "did not say forceencap" in remedy["command"]
    unknown = plan(with_(customer_gateways={"ike_policy": "?"}), DPD)["dpd-off"]
    assert verbs(unknown) == []
    assert unknown["command"].count("cmk list vpncustomergateways") == 1
    assert unknown["side"] == "operator"


def test_connections_that_were_not_collected_are_not_called_none(plan):
    remedy = plan(SINGLE | {"connections": [], "gaps": [{"table": "connections"}]}, DPD)["dpd-off"]
    assert not remedy["interrupts"].startswith("Nothing")
    assert plan(SINGLE | {"connections": []}, DPD)["dpd-off"]["interrupts"].startswith("Nothing")


def test_a_project_gateway_is_listed_in_its_project(plan):
    remedy = plan(with_(customer_gateways={"project_id": uuid(77)}), DPD)["dpd-off"]
    assert {"id": G, "projectid": uuid(77)} in [parameters for _, parameters in run(remedy).queries]


def test_an_update_that_is_done_already_is_not_sent_again(plan):
    remedy = plan(SINGLE, DPD | {"changes": {"dpd": "false"}})["dpd-off"]
    assert remedy["command"] == ""


def test_two_sources_are_named_where_a_tunnel_joins_them(plan):
    far = {table: [row | ({"source": "s2"} if n else {}) for n, row in enumerate(rows)] for table, rows in PAIR.items()}
    remedy = plan(far, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]
    assert "source: s1, s2. Send each call to its own" in remedy["command"]
    assert len(the("update vpncustomergateway", remedy)) == 2


def test_what_was_decided_between_two_findings_stands_above_the_command(plan):
    short, long = (
        DPD | {"rule": rule, "changes": {"ikelifetime": value}}
        for rule, value in (("lifetime-over-policy", "14400"), ("lifetime-not-applied", "36000"))
    )
    remedy = plan(SINGLE, short, long)["lifetime-not-applied"]
    assert "ikelifetime: 14400 is used, the lowest." in remedy["command"]
    assert the("update vpncustomergateway", remedy)[0]["ikelifetime"] == "14400"


@pytest.mark.parametrize("text", ['10.2.0.0/16"', "10.2.0.0/16\\", "10.2.0.0/16\n", "10.2.0.0/16é"])
def test_a_value_that_cmk_prints_otherwise_is_not_looked_for(text):
    """JSON escapes it, and the script compares texts."""
    row = EstateIndex(estate(with_(customer_gateways={"cidr_list": text}))).customer_gateways["s1", G]
    script = Script()
    End(row, {"dpd": "true"}, (), "plan", 1).look(script, EstateIndex(estate(SINGLE)))
    assert "cidrlist" not in str(script)
    assert '"gateway": "192.0.2.10"' in str(script)
