"""A change in memory is what the audit would see once the commands have run, and leaves the estate as it is."""

from __future__ import annotations

from tests.estates import BRANCH, estate
from tests.plan.conftest import SINGLE, G, K
from vpnaudit.estate.tables import records
from vpnaudit.plan.change import Change, estate_after
from vpnaudit.plan.wanted import CHOOSE, KEY

TABLES = SINGLE | {"peers": [BRANCH]}
NEAR = ("s1", G)


def test_a_gateway_and_each_of_its_connections_hold_the_new_values():
    before = estate(TABLES)
    changes = {
        "dpd": "true",
        "ikelifetime": "3600",
        "ikepolicy": "aes256-sha256;modp2048",
        "name": "x",
        "cidrlist": CHOOSE,
    }
    after = estate_after(before, Change(gateways={NEAR: changes}))
    for table in ("customer_gateways", "connections"):
        (row,) = records(after[table])
        assert (row["dpd"], row["ike_lifetime_s"], row["ike_policy"]) == (True, 3600, "aes256-sha256;modp2048")
        assert row["cidr_list"] == "192.168.10.0/24"
    assert records(after["customer_gateways"])[0]["name"] == "branch"
    assert records(before["customer_gateways"])[0]["dpd"] is False
    assert after["tunnels"]["dpd"].tolist() == [True]


def test_a_new_key_is_strong_and_the_same_for_those_that_share_it():
    after = estate_after(estate(TABLES), Change(gateways={NEAR: {KEY: "plan"}}))
    row = records(after["connections"])[0]
    assert (row["psk_fingerprint"], row["psk_length"], row["psk_bits"], row["psk_flags"]) == ("plan", 64, 256, "")


def test_connections_and_far_sides_change_by_their_own_names():
    far = {("peers.toml", "branch"): {"ike_versions": "ikev2,ikev1"}}
    after = estate_after(estate(TABLES), Change(passive={("s1", K): True}, far=far))
    assert after["connections"]["passive"].tolist() == [True]
    assert after["peers"]["ike_versions"].tolist() == ["ikev2,ikev1"]
    assert len(estate_after(estate(TABLES), Change(removals={("s1", K)}))["connections"]) == 0


def test_other_rows_and_other_sources_stay():
    two = {table: [*rows, *({**row, "source": "s2"} for row in rows)] for table, rows in SINGLE.items()}
    after = estate_after(estate(two), Change(gateways={NEAR: {"dpd": "true"}}, passive={("s2", K): True}))
    assert after["customer_gateways"]["dpd"].tolist() == [True, False]
    assert after["connections"]["passive"].tolist() == [False, True]
