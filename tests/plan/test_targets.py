"""Where the values of a group end: the same at both ends, asked by nobody's finding in vain, and found again."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import estate
from tests.plan.conftest import CIPHER, DPD, PAIR, SINGLE, G, audit_of, findings_of, on_connection, uuid
from vpnaudit.audit import audit
from vpnaudit.plan.asks import BySubject
from vpnaudit.plan.change import estate_after
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.targets import opened, overlap, targets
from vpnaudit.plan.wanted import KEY
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

NEAR, FAR = ("s1", G), ("s1", uuid(2))
POLICY = load()


def ending(tables, *findings, policy=POLICY):
    whole = estate(tables)
    return targets(audit_of(whole, policy, findings_of(*findings)), EstateIndex(whole))


def test_what_both_ends_must_hold_is_the_same_and_what_is_each_ends_own_is_not():
    result = ending(PAIR, CIPHER | {"changes": {"ikepolicy": "aes256-sha512;modp3072", "name": "new", "dpd": "false"}})
    assert result.change.gateways[FAR] == {
        "ikepolicy": "aes256-sha512;modp3072",
        "esppolicy": "aes256-sha256;modp3072",
        "dpd": "false",
    }
    assert result.change.gateways[NEAR] == result.change.gateways[FAR] | {"name": "new"}


def test_of_policies_that_no_limit_can_bring_together_both_ends_get_that_of_the_first():
    none = POLICY.model_copy(update={"dh_min_strength_bits": 999})
    asks = [
        CIPHER | {"changes": {"ikepolicy": "aes256-sha256;modp3072"}},
        CIPHER | {"subject_id": uuid(2), "changes": {"ikepolicy": "aes256-sha512;modp4096"}},
    ]
    change = ending(PAIR, *asks, policy=none).change.gateways
    assert [change[end]["ikepolicy"] for end in (NEAR, FAR)] == ["aes256-sha256;modp3072"] * 2


@pytest.mark.parametrize(
    ("name", "asked", "best"),
    [
        ("dpd", ("false", "true"), "true"),
        ("forceencap", ("true", "false"), "true"),
        ("splitconnections", ("true", "false"), "false"),
        ("splitconnections", ("false", "true"), "false"),
        ("ikeversion", ("ikev1", "ikev2"), "ikev2"),
        ("ikeversion", ("ike", "ikev1"), "ike"),
    ],
)
def test_where_two_ends_ask_otherwise_both_get_the_safer(name, asked, best):
    asks = [DPD | {"subject_id": one, "changes": {name: value}} for one, value in zip((G, uuid(2)), asked, strict=True)]
    unsaid = dict.fromkeys(("dpd", "force_encap", "split_connections", "ike_version"), "?")
    tables = PAIR | {"customer_gateways": [row | unsaid for row in PAIR["customer_gateways"]]}
    change = ending(tables, *asks).change.gateways
    assert [change[end][name] for end in (NEAR, FAR)] == [best, best]


def test_one_key_for_all_ends():
    result = ending(PAIR, on_connection("psk-mismatch", "update-customer-gateway"))
    assert result.change.gateways[NEAR] == result.change.gateways[FAR]
    assert set(result.change.gateways[NEAR]) == {KEY}


@pytest.mark.parametrize(
    ("asked", "present", "result"),
    [("28800", 86400, "28800"), ("28800", 3600, "3600"), ("28800", 60, "28800"), ("60", 60, "60")],
)
def test_of_lifetimes_the_lowest_that_strongswan_can_keep(asked, present, result):
    rows = [PAIR["customer_gateways"][0] | {"ike_lifetime_s": 43200}]
    tables = PAIR | {"customer_gateways": [*rows, PAIR["customer_gateways"][1] | {"ike_lifetime_s": present}]}
    change = ending(tables, DPD | {"changes": {"ikelifetime": asked}}).change.gateways
    assert change[NEAR]["ikelifetime"] == result
    assert change.get(FAR, {}).get("ikelifetime", str(present)) == result


def test_a_list_of_networks_that_holds_the_vpc_is_not_taken():
    asked = on_connection("selector-mismatch", "update-customer-gateway", {"cidrlist": "0.0.0.0/0", "dpd": "true"})
    result = ending(SINGLE, asked)
    assert result.change.gateways == {NEAR: {"dpd": "true"}}
    assert overlap("192.168.0.0/16,10.1.3.0/24", "10.1.0.0/16")
    assert not overlap("192.168.0.0/16", "10.1.0.0/16")
    assert not overlap("", "10.1.0.0/16")


def test_what_the_change_would_open_is_known():
    asked = on_connection("any", "update-customer-gateway", {"ikepolicy": "3des-md5;modp1024"})
    whole = estate(SINGLE)
    rules = [rule for rule in all_rules().values() if rule.id in ("weak-psk", "ike-v1", "dpd-off")]
    judgement = audit(whole, POLICY, rules)
    findings = findings_of(asked).assign(verdict="fail")
    result = targets(audit_of(whole, POLICY, findings), EstateIndex(whole))
    assert BySubject(opened([], result)).of([NEAR]) == []
    assert judgement.open["rule"].tolist() == ["dpd-off", "ike-v1"]


def test_findings_of_rules_that_were_not_judged_again_are_not_called_mended():
    result = ending(SINGLE, DPD | {"rule": "acl-blocks-tunnel"})
    assert not result.mends({"rule": "acl-blocks-tunnel"} | dict.fromkeys(("source", "subject_id", "other_id"), ""))


ALGORITHMS = st.builds(
    lambda cipher, digest, group: f"{cipher}-{digest}" + (f";{group}" if group else ""),
    st.sampled_from(["3des", "aes128", "aes192", "aes256"]),
    st.sampled_from(["md5", "sha1", "sha256", "sha512"]),
    st.sampled_from(["modp1024", "modp2048", "modp4096"]),
)
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "ike_policy": ALGORITHMS,
        "esp_policy": ALGORITHMS | st.just("aes256-sha256"),
        "ike_version": st.sampled_from(["ike", "ikev1", "ikev2"]),
        "dpd": st.booleans(),
        "force_encap": st.booleans(),
        "ike_lifetime_s": st.sampled_from([300, 3600, 28800, 86400]),
        "esp_lifetime_s": st.sampled_from([300, 1800, 3600, 28800]),
        "passive": st.booleans(),
        "psk_fingerprint": st.sampled_from(["a", "b"]),
    },
)
RULES = [
    rule
    for rule in all_rules().values()
    if rule.subject in ("connection", "customer gateway")
    and not {"reach", "events", "virtual_machines"} & set(rule.reads)
]


@settings(max_examples=6, deadline=None)
@given(CELLS, CELLS)
def test_any_two_ends_come_to_values_at_which_nothing_more_is_asked(near, far):
    nets = ("10.2.0.0/16", "10.1.0.0/16")
    tables = PAIR | {
        table: [
            {**row, "cidr_list": net, **cells} for row, net, cells in zip(PAIR[table], nets, (near, far), strict=True)
        ]
        for table in ("customer_gateways", "connections")
    }
    whole = estate(tables)
    judgement = audit(whole, POLICY, RULES)
    result = targets(judgement, EstateIndex(whole))
    after = audit(estate_after(whole, result.change), POLICY, RULES).open
    assert set(after["rule"]) <= {
        "mtu-fragments",
        "state-unproven",
        "unpinned-proposals",
        "peer-identity",
        "first-packet-too-large",
    }
