"""All plans of an estate together, run as they are printed: in any order they leave nothing that a command can mend,
open nothing, and do nothing the second time.
"""

from __future__ import annotations

import random
import shlex
import tempfile
from pathlib import Path

import pytest

from tests.cmk import Cloud
from tests.estates import BRANCH, estate
from tests.plan.conftest import CIPHER, DPD, PAIR, SINGLE, on_connection, run, the, uuid, with_
from tests.replay import estate_of
from vpnaudit.audit import audit
from vpnaudit.plan import remedies
from vpnaudit.policy import load
from vpnaudit.rules import all_rules


def scripts_of(judgement):
    """The distinct scripts, without those that wait for a value that only a person knows."""
    commands = remedies(judgement)["command"].unique()
    return [command for command in commands if command and "Only you know" not in command]


def opened_by(before, after):
    """Findings of at least medium that were not there, by rule and VPC: a connection that is made anew has a new id."""
    bad = ["critical", "high", "medium"]

    def keys(judgement):
        rows = judgement.open[judgement.open["severity"].isin(bad)]
        return set(zip(rows["rule"], rows["source"], rows["vpc"].fillna(rows["subject"]), strict=True))

    return keys(after) - keys(before)


def left_by(judgement):
    """What a command could still mend, as rule and subject."""
    table = judgement.open.merge(remedies(judgement), on="fingerprint")
    rest = table[(table["command"] != "") & ~table["command"].str.contains("Only you know")]
    return sorted(zip(rest["rule"], rest["subject"], strict=True))


@pytest.fixture(scope="session")
def recorded_audit():
    return audit(estate_of("auditor"), load())


@pytest.mark.slow
@pytest.mark.parametrize("which", ["example_audit", "recorded_audit"])
@pytest.mark.parametrize("seed", [1, 2])
def test_all_plans_in_any_order_leave_nothing_to_mend_and_open_nothing(which, seed, request, tmp_path):
    before = request.getfixturevalue(which)
    scripts = scripts_of(before)
    random.Random(seed).shuffle(scripts)
    cloud = Cloud(before.estate)
    for script in scripts:
        assert cloud.run(script, tmp_path) == (0, "")
    count = len(cloud.calls)
    for script in scripts:
        assert cloud.run(script, tmp_path) == (0, "")
    assert [given for _, given in cloud.calls[count:] if set(given) - {"id", "filter"}] == []
    after = audit(cloud.estate, load())
    assert left_by(after) == []
    assert opened_by(before, after) <= {("mtu-fragments", "prod", "acme-erp")}  # of the half that was created
    long = [line for script in scripts for line in script.split("\n") if len(line) > 72]
    assert all(len(shlex.split(line.removesuffix(" \\"))) == 1 for line in long)  # one word, such as many networks


def judged(whole, policy=None):
    rules = [rule for rule in all_rules().values() if rule.subject in ("connection", "customer gateway")]
    return audit(whole, policy or load(), [rule for rule in rules if "reach" not in rule.reads])


def mended(tables, policy=None):
    """The estate after all that commands can mend, judged again."""
    before = judged(estate(tables), policy)
    cloud = Cloud(before.estate)
    with tempfile.TemporaryDirectory() as home:
        for script in scripts_of(before):
            assert cloud.run(script, Path(home)) == (0, "")
    return judged(cloud.estate, policy), cloud


def pair(near, far):
    """Two VPCs, each end with these cells in its customer gateway and its connection."""
    tables = {
        "vpcs": PAIR["vpcs"],
        "vpn_gateways": PAIR["vpn_gateways"],
        "tiers": [{"id": uuid(60), "vpc_id": uuid(31)}, {"id": uuid(61), "vpc_id": uuid(32)}],
    }
    for table in ("customer_gateways", "connections"):
        nets = ("10.2.0.0/16", "10.1.0.0/16")
        tables[table] = [
            {**row, "cidr_list": net, **cells} for row, net, cells in zip(PAIR[table], nets, (near, far), strict=True)
        ]
    return tables


GOOD = {"ike_policy": "aes256-sha256;modp2048", "esp_policy": "aes256-sha256;modp2048"}


@pytest.mark.parametrize(
    ("near", "far"),
    [
        ({"esp_policy": "aes256-sha256"}, {}),
        ({"esp_policy": "aes256-sha256"}, {"dpd": False, "esp_lifetime_s": 1800}),
        ({"ike_policy": "aes256-sha256;modp4096"}, {}),
        ({"ike_policy": "aes192-sha256;modp2048"}, {"ike_policy": "aes128-sha256;modp2048"}),
        ({"ike_policy": "3des-md5;modp1024", "esp_policy": "3des-md5"}, {"ike_policy": "aes256-sha512;modp8192"}),
        ({"ike_version": "ikev1"}, {"ike_version": "ikev2"}),
        ({"ike_version": "ikev2"}, {"ike_version": "ikev1"}),
        ({"force_encap": True}, {"ike_lifetime_s": 86400}),
        ({"dpd": True}, {"dpd": False}),
        ({"psk_fingerprint": "a"}, {"psk_fingerprint": "b", "dpd": False}),
        ({"cidr_list": "10.2.0.0/17"}, {"cidr_list": "10.1.0.0/17"}),
        ({"passive": True}, {"passive": True}),
        ({}, {}),
        ({"ike_policy": "aes256-sha256;modp2048,3des-md5;modp1024"}, {"esp_policy": "aes256-sha512;modp3072"}),
    ],
)
def test_whatever_differs_between_two_ends_one_plan_mends_both(near, far):
    after, cloud = mended(pair(near, far))
    assert left_by(after) == []
    assert set(after.open["rule"]) <= {
        "mtu-fragments",
        "state-unproven",
        "unpinned-proposals",
        "first-packet-too-large",
    }
    first, second = cloud.tables["customer_gateways"]
    for name in ("ike_policy", "esp_policy", "ike_version", "dpd", "force_encap", "ike_lifetime_s", "esp_lifetime_s"):
        assert first[name] == second[name]


def test_a_plan_claims_only_what_it_mends():
    tables = pair({"ike_policy": "aes192-sha256;modp2048"}, {"ike_policy": "aes128-sha256;modp2048"})
    before = judged(estate(tables))
    claims = {
        rule.strip(" .")
        for command in scripts_of(before)
        for rule in command.replace("\n# ", " ").split("Mends: ")[1].split(".")[0].split(",")
    }
    after, cloud = mended(tables)
    assert not claims & set(after.open["rule"])
    assert {row["ike_policy"] for row in cloud.tables["customer_gateways"]} == {"aes256-sha256;modp2048"}


def test_the_strength_is_what_the_policy_wants():
    strict = load().model_copy(update={"dh_min_strength_bits": 128})
    _, cloud = mended(pair({}, {}), strict)
    assert {row["esp_policy"] for row in cloud.tables["customer_gateways"]} == {"aes256-sha256;modp3072"}


DOWN = {"state": "Disconnected"}


def by_rule(tables):
    judgement = judged(estate(tables))
    table = judgement.open.merge(remedies(judgement), on="fingerprint")
    return {row["rule"]: row | {"estate": judgement.estate} for row in table.to_dict("records")}


def far_device(**cells):
    near = {"gateway": "203.0.113.2", "cidr_list": "10.2.0.0/24", "psk_fingerprint": "aaaa"}
    return {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "tiers": [{"id": "t1"}],
        "customer_gateways": [{"id": "g1", **near}],
        "connections": [{"id": "c1", **near, **DOWN}],
        "peers": [{**BRANCH, **cells}],
    }


def test_a_reset_is_no_answer_where_the_prediction_knows_a_cause():
    remedies = by_rule(far_device(id="192.168.77.2"))
    assert "identity-mismatch" in remedies
    assert "connection-down" not in remedies, "the cause speaks for it"
    assert not any("reset vpnconnection" in remedy["command"] for remedy in remedies.values())


def test_a_reset_follows_the_mend_where_the_end_itself_is_not_updated(plan):
    tables = pair({}, {"passive": True})
    tables["connections"] = [tables["connections"][0] | DOWN, tables["connections"][1] | {"ike_version": "ikev1"}]
    tables["customer_gateways"][1]["ike_version"] = "ikev1"
    verbs = [verb for verb, _ in run(by_rule(tables)["ike-version-mismatch"]).calls]
    assert verbs[0] == "update vpncustomergateway"
    assert verbs[-1] == "reset vpnconnection"


def test_a_tunnel_that_is_down_for_no_known_reason_is_reset():
    remedy = by_rule(far_device())["connection-down"]
    assert [verb for verb, _ in run(remedy).calls] == ["reset vpnconnection"]
    assert remedy["what"] == "Reset the connection p1 ← g1."


def test_the_update_of_a_plan_is_the_restart_of_a_tunnel_that_is_down():
    tables = far_device()
    for table in ("customer_gateways", "connections"):
        tables[table][0]["ike_lifetime_s"] = 86400
    remedy = by_rule(tables)["connection-down"]
    assert remedy["what"] == "Carry out the plan of p1 ← g1: it stops and starts the tunnel."
    assert [verb for verb, _ in run(remedy).calls] == ["update vpncustomergateway"]


def test_where_the_far_side_wants_everything_it_is_the_far_side_that_changes():
    remedy = by_rule(far_device(local_subnets="0.0.0.0/0", remote_subnets="0.0.0.0/0", exact_selectors=True))[
        "selector-mismatch"
    ]
    assert (remedy["command"], remedy["side"]) == ("", "far side")
    assert "10.2.0.0/24" in remedy["what"]
    assert "10.1.0.0/16" in remedy["what"]


def test_a_far_device_that_names_another_network_of_this_vpc_is_told_both_networks():
    remedy = by_rule(far_device(remote_subnets="10.9.0.0/16"))["selector-mismatch"]
    assert (remedy["command"], remedy["side"]) == ("", "far side")
    text = "set its own networks to 10.2.0.0/24 and the router's to 10.1.0.0/16."
    assert remedy["what"] == f"On the far side, strongSwan, {text}"


def test_a_far_device_that_is_behind_this_end_is_told_so_in_its_words():
    strict = {"ike_proposals": "aes128-sha1-modp1024", "ike_strict": True, "implementation": "fortios"}
    remedy = by_rule(far_device(**strict))["phase1-mismatch"]
    assert (remedy["command"], remedy["side"]) == ("", "far side")
    assert remedy["what"] == (
        "On the far side, fortios, set IKE, phase 1: encryption aes256, integrity sha256, DH group 14."
    )


def test_a_far_device_follows_what_this_end_is_given():
    tables = far_device(ike_proposals="3des-md5-modp1024", ike_strict=True)
    for table in ("customer_gateways", "connections"):
        tables[table][0]["ike_policy"] = "3des-md5;modp1024"
    remedy = by_rule(tables)["weak-encryption"]
    assert "proposals = aes256-sha256-modp2048,3des-md5-modp1024" in remedy["command"]
    assert "Then open" not in remedy["command"]


def test_a_connection_that_would_not_be_created_again_is_not_deleted(plan):
    overlapping = with_(
        connections={"passive": True, "cidr_list": "10.1.4.0/24"}, customer_gateways={"cidr_list": "10.1.4.0/24"}
    )
    remedy = plan(
        overlapping,
        on_connection("both-passive", "recreate-connection", {"passive": "false"}),
        on_connection("remote-overlaps-vpc", "update-customer-gateway", reasons=[{"field": "cidrlist"}]),
        DPD,
    )
    assert remedy["both-passive"]["command"] == ""
    assert "stays: its networks overlap" in remedy["dpd-off"]["command"]
    assert [verb for verb, _ in run(remedy["dpd-off"]).calls] == ["update vpncustomergateway"]


def test_of_both_ends_that_start_one_is_made_to_wait():
    remedies_by_rule = by_rule(pair({}, {}))
    (created,) = the("create vpnconnection", remedies_by_rule["both-active"])
    assert created["passive"] == "true"
    assert remedies_by_rule["both-active"]["what"].endswith("again as a passive one.")


def test_a_plan_has_its_name_and_findings_of_two_tunnels_have_two(plan):
    two = {table: [*rows, *({**row, "source": "s2"} for row in rows)] for table, rows in SINGLE.items()}
    names = plan(two, DPD, CIPHER | {"source": "s2"})
    assert names["dpd-off"]["plan"] != names["weak-encryption"]["plan"]
    assert all(len(remedy["plan"]) == 12 for remedy in names.values())
