"""Ids, keys and times follow from seed and name, never from the order in which things are made."""

from datetime import UTC, datetime

from vpnaudit.sandbox.builder import Builder
from vpnaudit.sandbox.cloud import ROLES, Cloud

BASE = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_ids_and_keys_are_of_the_seed_the_cloud_and_the_name(builder):
    assert builder.id("vpc", "a") == Builder(Cloud("prod", "4.22.0.0"), BASE, 0).id("vpc", "a")
    different = [
        builder.id("vpc", "b"),
        Builder(Cloud("dr", "4.22.0.0"), BASE, 0).id("vpc", "a"),
        Builder(Cloud("prod", "4.22.0.0"), BASE, 1).id("vpc", "a"),
    ]
    assert builder.id("vpc", "a") not in different
    assert builder.key("psk", "a") == builder.key("psk", "a") != builder.key("psk", "b")
    assert len(builder.key("psk", "a", length=9)) == 9


def test_domains_make_a_tree(builder):
    acme = builder.domain("acme")
    emea = builder.domain("acme/emea")
    rows = {row["path"]: row for row in builder.cloud.rows("domain")}
    assert [rows[path]["haschild"] for path in ("ROOT", "ROOT/acme", "ROOT/acme/emea")] == [True, True, False]
    assert rows["ROOT/acme/emea"]["parentdomainid"] == acme.id
    assert "parentdomainid" not in rows["ROOT"]
    assert (acme.holds(emea), emea.holds(acme), acme.holds(acme)) == (True, False, True)
    assert not builder.domain("acme2").holds(emea)
    assert not acme.holds(builder.domain("acme3"))


def test_what_a_project_owns_shows_the_project_and_only_tunnels_show_the_account(builder):
    alice = builder.owners["alice"]
    builder.project("bridge", alice)
    behind = builder.owners["bridge"]
    assert "account" in builder.owned(alice)
    assert (builder.owned(behind)["project"], "account" in builder.owned(behind)) == ("bridge", False)
    assert builder.owned(behind, with_account=True)["account"] == behind.name


def test_no_public_address_is_given_twice_nor_the_gateways(builder):
    zone, alice = builder.zones["ams1"], builder.owners["alice"]
    addresses = [builder.address(zone, alice)["ipaddress"] for _ in range(9)]
    everything = [row["ipaddress"] for row in builder.cloud.rows("publicipaddress")]
    assert set(addresses) <= set(everything)
    assert len(set(everything)) == len(everything)
    assert "198.51.100.1" not in everything


def test_a_secret_is_in_no_repr(builder):
    account = builder.account("carol", builder.cloud.domains[0], ROLES["user"])
    assert account.secret
    assert account.secret not in repr(account)
