"""What is proposed to mend a tunnel mends it, on the side that can; and a side is given nothing that it cannot hold, or
should not.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.estates import BOOK, FULL, PAIR, estate, only
from vpnaudit.asking import mends
from vpnaudit.asking.tunnel import Tunnel
from vpnaudit.asking.what_if import with_changes
from vpnaudit.estate.ends import Ends, all_ends
from vpnaudit.policy import Policy, load

SAME = {
    **FULL,
    "aggressive": False,
    "initiates_with": "ikev2",
    "ike_versions": "ikev2",
    "esp_proposals": "aes256-sha256-modp2048",
}


LAX = load().model_copy(
    update={
        "encryption_min_bits": 0,
        "integrity_min_bits": 0,
        "dh_min_strength_bits": 0,
        "pfs_required": False,
        "ike_versions": ("ike", "ikev1", "ikev2"),
    }
)


def near_changes(ends: Ends, fields: list[str], policy: Policy = LAX) -> dict[str, str]:
    return mends.near_changes(ends, fields, policy)


def far_changes(ends: Ends, fields: list[str], policy: Policy = LAX) -> dict[str, str]:
    return mends.far_changes(ends, fields, policy)


def book(**changes: object) -> Ends:
    return only({**SAME, **changes})


def vpcs(**changes: str) -> Ends:
    return with_changes(
        all_ends(estate(PAIR))[0], {name.replace("peer_", "peer."): value for name, value in changes.items()}
    )


def causes(ends: Ends) -> list[str]:
    return [line.reason.field for line in Tunnel(ends).lines if line.starts]


def mended(ends: Ends, changes: dict[str, str]) -> bool:
    return {start.outcome.verdict for start in Tunnel(with_changes(ends, changes)).starts} == {"ok"}


def test_ends_that_agree_need_nothing() -> None:
    assert causes(book()) == []
    assert Tunnel(book()).mends == []


@pytest.mark.parametrize(
    ("broken", "near", "far"),
    [
        (
            {"ike_proposals": "aes128-sha1-modp1024"},
            {},
            {"peer.ike_proposals": "aes256-sha256-modp2048"},
        ),
        (
            {"esp_proposals": "aes256-sha256-modp3072"},
            {"esppolicy": "aes256-sha256;modp3072"},
            {"peer.esp_proposals": "aes256-sha256-modp2048"},
        ),
        (
            {"ike_versions": "ikev1", "initiates_with": "ikev1"},
            {"ikeversion": "ikev1"},
            {"peer.ike_versions": "ikev2", "peer.initiates_with": "ikev2"},
        ),
        (
            {"address": "203.0.113.9", "id": "%any", "connection_id": "c1"},
            {"gateway": "203.0.113.9"},
            {"peer.address": "203.0.113.2"},
        ),
        ({"local_subnets": "10.2.0.0/25"}, {"cidrlist": "10.2.0.0/25"}, {"peer.local_subnets": "10.2.0.0/24"}),
        ({"remote_subnets": "10.1.0.0/24"}, {}, {"peer.remote_subnets": "10.1.0.0/16"}),
        ({"peer_address": "198.51.100.77", "connection_id": "c1"}, {}, {"peer.peer_address": "198.51.100.1"}),
        ({"peer_id": "other"}, {}, {"peer.peer_id": "198.51.100.1"}),
        ({"id": "other"}, {}, {"peer.id": "203.0.113.2"}),
    ],
)
def test_each_cause_is_mended_on_a_side_that_can(broken: dict, near: dict, far: dict) -> None:
    ends = book(**broken)
    fields = causes(ends)
    assert near_changes(ends, fields) == near
    assert far_changes(ends, fields) == far
    assert mended(ends, near or far)
    assert mended(ends, far)


@pytest.mark.parametrize(
    ("broken", "near", "far"),
    [
        (
            {"esppolicy": "aes128-sha256", "peer_esppolicy": "aes256-sha512;modp4096"},
            {"esppolicy": "aes256-sha512;modp4096"},
            {"peer.esppolicy": "aes128-sha256"},
        ),
        ({"ikeversion": "ikev1"}, {"ikeversion": "ikev2"}, {"peer.ikeversion": "ikev1"}),
        ({"peer_cidrlist": "10.1.0.0/24"}, {}, {"peer.cidrlist": "10.1.0.0/16"}),
        ({"peer_gateway": "198.51.100.9"}, {}, {"peer.gateway": "198.51.100.1"}),
        ({"cidrlist": "10.2.0.0/17"}, {"cidrlist": "10.2.0.0/16"}, {}),
    ],
)
def test_two_vpcs(broken: dict, near: dict, far: dict) -> None:
    ends = vpcs(**broken)
    fields = causes(ends) or ["esp_group"]
    assert near_changes(ends, fields) == near
    assert far_changes(ends, fields) == far
    assert mended(ends, near or far)


def test_a_policy_of_the_far_vpc_is_given_as_the_api_writes_it() -> None:
    assert far_changes(vpcs(), ["ike_group"]) == {"peer.ikepolicy": "aes256-sha256;modp2048"}
    split = vpcs(splitconnections="true", cidrlist="10.2.0.0/17,10.2.128.0/17")
    assert far_changes(split, ["splitconnections"]) == {"peer.splitconnections": "true"}


def test_unequal_keys_are_mended_by_one_key_at_both_ends() -> None:
    ends = replace(vpcs(), psk="unequal")
    (mend,) = Tunnel(ends).mends
    assert (mend.side, mend.changes, mend.works) == ("both ends", {"psk": "equal"}, True)
    assert (
        near_changes(replace(book(), psk="unequal"), ["ipsecpsk"])
        == far_changes(book(), ["ipsecpsk"])
        == {"psk": "equal"}
    )


def test_both_ends_together_where_neither_alone_does_and_nothing_that_does_not_work() -> None:
    (mend,) = Tunnel(vpcs(cidrlist="10.2.0.0/17", peer_cidrlist="10.1.0.0/17")).mends
    assert (mend.side, mend.works) == ("both ends", True)


WEAK = {"ike_proposals": "3des-md5-modp1024", "esp_proposals": "3des-md5", "ike_strict": True, "esp_strict": True}


@pytest.mark.parametrize(
    ("ends", "causes"),
    [
        (book(ike_proposals="3des-md5-modp1024"), ["ike_encryption"]),
        (book(ike_proposals="aes128-sha256-modp2048"), ["ike_encryption"]),
        (book(ike_versions="ikev1"), ["ikeversion"]),
        (book(local_subnets="0.0.0.0/0"), ["cidrlist"]),
        (book(local_subnets="10.1.128.0/17"), ["cidrlist"]),
        (book(local_subnets="10.2.0.0/24,203.0.113.0/24"), ["cidrlist"]),
        (book(local_subnets="8.0.0.0/4"), ["cidrlist"]),
    ],
)
def test_this_end_is_given_nothing_that_a_rule_condemns(ends: Ends, causes: list[str]) -> None:
    assert near_changes(ends, causes, load()) == {}


def test_a_far_side_that_wants_everything_is_given_the_networks_that_there_are() -> None:
    ends = book(local_subnets="0.0.0.0/0", remote_subnets="0.0.0.0/0", exact_selectors=True, one_sa_per_pair=True)
    (mend,) = Tunnel(ends).mends
    assert (mend.side, mend.works) == ("far side", True)
    assert mend.changes == {"peer.local_subnets": "10.2.0.0/24", "peer.remote_subnets": "10.1.0.0/16"}


@pytest.mark.parametrize("ends", [only({**SAME, **WEAK}, ike_policy="aes128-sha1;modp1024", esp_policy="aes128-sha1")])
def test_two_weak_ends_are_mended_by_what_is_within_the_limits(ends: Ends) -> None:
    (mend,) = Tunnel(ends).mends
    assert mend.works
    assert (mend.changes["ikepolicy"], mend.changes["peer.ike_proposals"]) == (
        "aes256-sha256;modp2048",
        "aes256-sha256-modp2048",
    )
    assert mend.changes["peer.esp_proposals"] == "aes256-sha256-modp2048"


@pytest.mark.parametrize(
    ("policies", "changes"),
    [
        ({"ike_policy": "aes256-sha256;modp2048,"}, {"ikepolicy": "aes256-sha256;modp2048"}),
        ({"esp_policy": "foo, aes256-sha256;modp2048"}, {"esppolicy": "aes256-sha256;modp2048"}),
        ({"ike_policy": "foo"}, {"ikepolicy": "aes256-sha256;modp2048"}),
    ],
)
def test_a_policy_that_is_not_loaded_is_left_with_what_can_be_read_else_with_what_the_far_side_has(
    policies: dict[str, str], changes: dict[str, str]
) -> None:
    (mend,) = Tunnel(only(SAME, **policies)).mends
    assert (mend.side, mend.changes, mend.works) == ("CloudStack side", changes, True)


def test_two_weak_vpcs_are_given_one_policy() -> None:
    ends = vpcs(
        ikepolicy="aes128-sha1;modp1024",
        esppolicy="aes128-sha1",
        peer_ikepolicy="3des-md5;modp1536",
        peer_esppolicy="3des-md5",
    )
    changes = mends.stronger_changes(ends, ["ike_encryption"], load())
    assert changes["ikepolicy"] == changes["peer.ikepolicy"] == "aes256-sha256;modp2048"
    assert mended(ends, changes)
    assert mends.stronger_changes(ends, ["vpc_cidr"], load()) == {}
    assert mends.stronger_changes(only(), ["ike_encryption"], load()) == {}


@pytest.mark.parametrize(
    "proposals", ["aes256gcm16-prfsha256-modp2048", "aes256-aes128-sha1-modp2048", "aes256-sha256-ecp256"]
)
def test_what_the_api_does_not_take_is_never_proposed_to_it(proposals: str) -> None:
    ends = book(ike_proposals=proposals)
    assert near_changes(ends, ["ike_encryption"]) == {}
    assert far_changes(ends, ["ike_encryption"]) == {"peer.ike_proposals": "aes256-sha256-modp2048"}


def test_what_the_far_side_does_not_say_is_not_proposed() -> None:
    ends = only({**BOOK, "address": "%any", "connection_id": "c1"})
    asked = ["gateway", "ikeversion", "cidrlist", "ike_group", "esp_group", "no_such_field"]
    assert near_changes(ends, asked) == {}


def test_the_devices_own_switches() -> None:
    assert far_changes(book(), ["aggressive", "initiates_with", "splitconnections", "no_such_field"]) == {
        "peer.aggressive": "false",
        "peer.initiates_with": "ikev2",
        "peer.one_sa_per_pair": "false",
    }
    assert far_changes(book(public_address="203.0.113.2"), ["gateway"]) == {"peer.public_address": "203.0.113.2"}
    old = only(SAME, ike_version="ikev1")
    assert far_changes(old, ["initiates_with"]) == {"peer.initiates_with": "ikev1"}
    assert near_changes(book(ike_versions="ikev1,ikev2"), ["ikeversion"]) == {"ikeversion": "ike"}


def test_splitting_follows_the_far_side_or_mends_what_one_sa_cannot_hold() -> None:
    assert near_changes(book(), ["splitconnections"]) == {"splitconnections": "true"}
    split = only({**SAME, "one_sa_per_pair": False}, split_connections=True)
    assert near_changes(split, ["splitconnections"]) == {"splitconnections": "false"}
    fails = with_changes(split, {"cloudstackversion": "4.19.0.0"})
    assert near_changes(fails, ["splitconnections"]) == {"splitconnections": "false"}


def test_lifetimes_within_strongswans_margin_become_what_the_policy_allows() -> None:
    assert near_changes(only(SAME, ike_lifetime_s=300, esp_lifetime_s=60), ["lifetimes"]) == {
        "ikelifetime": "28800",
        "esplifetime": "3600",
    }
    assert near_changes(only(SAME, ike_lifetime_s=300), ["lifetimes"]) == {"ikelifetime": "28800"}


def test_an_end_that_is_not_known_is_given_nothing() -> None:
    assert near_changes(only(), ["gateway"]) == far_changes(only(), ["gateway"]) == {}
