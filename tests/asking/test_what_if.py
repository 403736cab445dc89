"""What if: every field of either side can be changed, and what cannot be read is refused with what to write."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from tests.estates import BOOK, FULL, PAIR, estate, only
from vpnaudit.asking.what_if import ROUTER, parse_changes, with_changes
from vpnaudit.errors import ConfigError
from vpnaudit.estate.ends import Ends, all_ends
from vpnaudit.ipsec.sides import PeerSide, RouterSide

ONE_OF_EACH = {
    "publicip": ("198.51.100.7", "198.51.100.7"),
    "vpc_cidr": ("10.7.0.0/16", "10.7.0.0/16"),
    "gateway": ("office.example.org", "office.example.org"),
    "cidrlist": ("10.8.0.0/16,10.9.0.0/16", "10.8.0.0/16,10.9.0.0/16"),
    "ikepolicy": ("aes128-sha1;modp1536", "aes128-sha1;modp1536"),
    "esppolicy": ("aes128-sha1", "aes128-sha1"),
    "ikelifetime": ("600", 600),
    "esplifetime": ("700", 700),
    "dpd": ("no", False),
    "forceencap": ("TRUE", True),
    "splitconnections": ("yes", True),
    "ikeversion": ("ikev1", "ikev1"),
    "passive": ("true", True),
    "cloudstackversion": ("4.11.3.0", "4.11.3.0"),
    "local_ip": ("192.168.0.9", "192.168.0.9"),
    "remote_access": ("true", True),
}


def far_vpc() -> Ends:
    return all_ends(estate(PAIR))[0]


def peer(**changes: str) -> PeerSide:
    changed = with_changes(only(BOOK), {f"peer.{name}": value for name, value in changes.items()}).peer
    assert changed is not None
    return changed


@pytest.mark.parametrize("name", ROUTER)
def test_every_field_of_a_connection_can_be_changed_on_either_side(name: str) -> None:
    text, value = ONE_OF_EACH[name]
    near = with_changes(far_vpc(), {name: text})
    assert getattr(near.router, name) == value
    far = with_changes(far_vpc(), {f"peer.{name}": text})
    assert getattr(far.far_router, name) == value
    assert far.router == far_vpc().router


def test_the_fields_are_those_of_a_connection() -> None:
    assert set(ROUTER) == set(RouterSide.__dataclass_fields__)


def test_a_change_of_the_far_vpc_is_a_change_of_the_peer() -> None:
    changed = with_changes(far_vpc(), {"peer.esppolicy": "aes128-sha1", "peer.gateway": "203.0.113.200"})
    assert changed.peer is not None
    assert (changed.peer.esp_proposals, changed.peer.peer_address) == (("aes128-sha1",), "203.0.113.200")


def test_a_change_of_a_book_is_a_change_of_the_peer() -> None:
    changed = peer(
        ike_versions="ike", initiates_with="ikev1", ike_proposals="aes128-sha1;modp1536, default",
        esp_proposals="aes128gcm16", address="%any", public_address="gw.example.org", peer_address="198.51.100.99",
        id="office", local_subnets="10.9.0.0/16", esp_lifetime_s="900", auto="start", dpd="no",
    )  # fmt: skip
    assert (changed.ike_versions, changed.initiates_with) == ((1, 2), 1)
    assert changed.ike_proposals is not None
    assert changed.ike_proposals[0] == "aes128-sha1-modp1536"
    assert changed.esp_proposals == ("aes128gcm16",)
    assert (changed.address, changed.public_address, changed.peer_address, changed.id) == (
        "%any",
        "gw.example.org",
        "198.51.100.99",
        "office",
    )
    assert (changed.subnets, changed.esp_lifetime_s, changed.passive, changed.dpd) == (
        ("10.9.0.0/16",),
        900,
        False,
        False,
    )


def test_the_keys() -> None:
    assert with_changes(far_vpc(), {"psk": "unequal"}).psk == "unequal"
    assert with_changes(far_vpc(), {}).psk == far_vpc().psk


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("ikepolicy", "aes256-sha256", "cipher-hash;group"),
        ("esppolicy", "aes257-sha256", "what CloudStack takes"),
        ("esppolicy", "", "what CloudStack takes"),
        ("esplifetime", "1h", "a number of seconds"),
        ("esplifetime", "0", "a number of seconds"),
        ("ikelifetime", "٣", "a number of seconds"),
        ("vpc_cidr", "10.1.0.0/33", "an IPv4 network"),
        ("cidrlist", "10.1.0.0/16,", "IPv4 networks"),
        ("publicip", "router", "an IPv4 address"),
        ("gateway", "203.0.113.256", "an IPv4 address or a host name"),
        ("gateway", "a b", "an IPv4 address or a host name"),
        ("dpd", "maybe", "true or false"),
        ("ikeversion", "ikev3", "one of ike, ikev1, ikev2"),
        ("cloudstackversion", "latest", "a version such as"),
        ("psk", "s3cret", "one of equal, unequal"),
        ("peer.ike_versions", "ikev3", "ikev1, ikev2, or ike"),
        ("peer.esp_proposals", "aes257", "ESP proposals"),
        ("peer.ike_proposals", "aes256-sha256", "IKE proposals"),
        ("peer.id", "a\x1b[31m", "a text on one line"),
        ("peer.id", "", "a text on one line"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(name: str, value: str, advice: str) -> None:
    with pytest.raises(ConfigError, match=advice) as caught:
        with_changes(only(BOOK), {name: value})
    assert "\x1b" not in str(caught.value)


def test_a_wrong_field_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"The CloudStack side has no field 'esp'.*ikepolicy, esppolicy"):
        with_changes(far_vpc(), {"esp": "x"})
    with pytest.raises(ConfigError, match=r"The far side has no field 'peer.esppolicy'.*peer.esp_proposals"):
        with_changes(only(BOOK), {"peer.esppolicy": "aes256-sha256"})
    with pytest.raises(ConfigError, match="is not known, so nothing can be changed on it"):
        with_changes(only(), {"peer.esppolicy": "aes256-sha256"})
    with pytest.raises(ConfigError, match=r"The router's side .* is not known"):
        with_changes(only(BOOK, esp_policy="?"), {"dpd": "true"})


def test_a_router_that_is_not_known_stays_so() -> None:
    assert with_changes(only(BOOK, esp_policy="?"), {"psk": "equal"}).router is None


@pytest.mark.parametrize("field", [one.name for one in fields(PeerSide)])
@pytest.mark.parametrize("start", [only(FULL), far_vpc()], ids=["a device", "a far VPC"])
def test_a_change_of_the_far_side_leaves_all_else_as_it_is(field: str, start: Ends) -> None:
    """Whatever of it was learnt elsewhere than where the change is made."""
    assert start.peer is not None
    before = replace(start, peer=replace(start.peer, **{field: "as it was"}))
    after = with_changes(before, {"peer.dpd": "yes" if start.peer.dpd is False else "no"}).peer
    assert after is not None
    assert getattr(after, field) == ("as it was" if field != "dpd" else not start.peer.dpd)


@pytest.mark.parametrize(("keys", "keyless"), [("equal", ()), ("unequal", ("peer",))])
def test_keys_that_are_changed_are_one_pair_whoever_starts(keys: str, keyless: tuple[str, ...]) -> None:
    start = only(FULL)
    assert start.peer is not None
    before = replace(start, peer=replace(start.peer, start_psk="unequal", keyless=("peer",)))
    after = with_changes(before, {"psk": keys})
    assert after.case is not None
    assert {after.case.psk_of("router"), after.case.psk_of("peer")} == {keys}
    assert after.case.peer.keyless == keyless


def test_texts_become_changes() -> None:
    assert parse_changes(["esppolicy=aes256-sha256;modp2048", " dpd = true"]) == {
        "esppolicy": "aes256-sha256;modp2048",
        "dpd": "true",
    }
    for wrong, advice in ((["dpd"], "FIELD=VALUE"), (["=x"], "FIELD=VALUE"), (["dpd=yes", "dpd=no"], "given twice")):
        with pytest.raises(ConfigError, match=advice):
            parse_changes(wrong)
