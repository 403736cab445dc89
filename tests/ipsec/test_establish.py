"""Addresses, ports, NAT, fragments, identities and the key decide before any suite does."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer, meet
from vpnaudit.ipsec.establish import peer_endpoint
from vpnaudit.ipsec.sides import Path

BEHIND = {"address": "192.168.77.2", "public_address": "203.0.113.2"}


@pytest.mark.parametrize(
    ("path", "initiator", "changes", "stopped_at"),
    [
        (Path(udp_500=False), "router", {}, "network"),
        (Path(udp_4500=False), "router", {"mobike": False}, "network"),
        (Path(udp_4500=False), "peer", {"mobike": False}, None),
        (Path(udp_4500=False), "peer", {}, "network"),
        (Path(peer_nat="masquerade"), "router", BEHIND, "network"),
        (Path(peer_nat="masquerade"), "peer", BEHIND, None),
        (Path(peer_nat="masquerade"), "peer", {**BEHIND, "id": "192.168.77.2"}, "peer-identity"),
        (Path(peer_nat="forwarded"), "router", BEHIND, None),
        (Path(), "peer", {"peer_address": "%any"}, "start"),
        (Path(), "router", {"peer_address": "%any", "peer_id": "%any"}, None),
        (Path(), "router", {"address": "%any"}, None),
        (Path(), "router", {"peer_address": "198.51.100.9"}, "address"),
        (Path(), "peer", {"peer_address": "198.51.100.9"}, "address"),
        (Path(), "peer", {"address": "203.0.113.9"}, "address"),
        (Path(), "router", {"address": "203.0.113.9"}, "address"),
        (Path(), "router", {"peer_id": "198.51.100.9"}, "identity"),
        (Path(), "peer", {"id": "@fw.example.com"}, "peer-identity"),
    ],
)
def test_addresses_ports_and_identities(path, initiator, changes, stopped_at):
    outcome = meet(initiator=initiator, path=path, **changes)
    assert outcome.stopped_at == stopped_at
    assert outcome.api_state == ("Connected" if stopped_at is None else "Disconnected")


@pytest.mark.parametrize(
    ("path", "router", "changes", "works"),
    [
        (Path(udp_4500=False), ROUTER, {}, True),
        (Path(udp_4500=False), replace(ROUTER, forceencap=True), {}, False),
        (Path(udp_4500=False), ROUTER, {"forceencaps": True}, False),
        (Path(udp_4500=False), replace(ROUTER, local_ip="192.168.66.2"), {}, False),
        (Path(udp_4500=False, userland_esp=True), ROUTER, {}, False),
        (Path(udp_4500=False, peer_nat="forwarded"), ROUTER, {}, False),
    ],
)
def test_ikev1_stays_on_udp_500_unless_there_is_a_nat(path, router, changes, works):
    outcome = meet(replace(router, ikeversion="ikev1"), path=path, **changes)
    assert (outcome.verdict == "ok") is works


def test_what_the_network_does_is_a_reason_of_its_own():
    outcome = meet(path=Path(udp_500=False, fragments=False))
    assert [(r.field, r.who, r.cause) for r in outcome.reasons] == [
        ("udp_500", "network", True),
        ("fragments", "network", False),
    ]
    blocked = meet(path=Path(peer_nat="masquerade"), **BEHIND)
    assert [(r.field, r.cause) for r in blocked.reasons] == [("peer_nat", True)]


@pytest.mark.parametrize(
    ("group", "from_router", "from_peer"), [("modp3072", "ok", "ok"), ("modp4096", "no_ike", "latent_rekey_failure")]
)
def test_large_groups_need_fragments_when_the_router_starts(group, from_router, from_peer):
    router, path = replace(ROUTER, ikepolicy=f"aes256-sha256;{group}"), Path(fragments=False)
    assert meet(router, "router", path=path).verdict == from_router
    assert meet(router, "peer", path=path).verdict == from_peer
    assert meet(replace(router, ikeversion="ikev1"), "router", path=path).verdict == "ok"


REMOTE_ACCESS = replace(ROUTER, remote_access=True)


@pytest.mark.parametrize(
    ("psk", "ikeversion", "changes", "verdict"),
    [
        ("equal", "ikev2", {"address": "203.0.113.9"}, "ike_only"),
        ("equal", "ikev2", {"id": "@fw.example.com"}, "ike_only"),
        ("equal", "ikev1", {"id": "@fw.example.com"}, "ike_only"),
        ("unequal", "ikev2", {"id": "@fw.example.com"}, "no_ike"),
        ("equal", "ikev2", {"peer_id": "198.51.100.9"}, "no_ike"),
        ("equal", "ikev2", {"peer_address": "198.51.100.9"}, "no_ike"),
        ("equal", "ikev1", {"address": "203.0.113.9", "aggressive": True}, "no_ike"),
        ("equal", "ikev2", {"address": "203.0.113.9", "ike_proposals": ("aes256-sha256-modp1024",)}, "no_ike"),
    ],
)
def test_remote_access_takes_a_peer_with_a_wrong_address_or_identity(psk, ikeversion, changes, verdict):
    outcome = meet(replace(REMOTE_ACCESS, ikeversion=ikeversion), "peer", psk, **changes)
    assert (outcome.verdict, outcome.api_state) == (verdict, "Disconnected")
    if verdict == "ike_only":
        assert "remote-access" in outcome.timeline[0].says


def test_unequal_keys_look_different_by_version():
    assert meet(psk="unequal").error == "AUTHENTICATION_FAILED"
    assert meet(replace(ROUTER, ikeversion="ikev1"), psk="unequal").error == "PAYLOAD_MALFORMED"
    assert meet(psk="unknown").verdict == "ok"


@pytest.mark.parametrize(
    ("ikeversion", "initiator", "changes", "error"),
    [
        ("ikev1", "router", {"mode": "transport"}, "INVALID_ID_INFORMATION"),
        ("ikev2", "router", {"mode": "transport"}, "NO_PROPOSAL_CHOSEN"),
        ("ikev2", "peer", {"mode": "beet"}, "NO_PROPOSAL_CHOSEN"),
        ("ikev1", "peer", {"virtual_ip": "gives"}, "no request for an address"),
        ("ikev1", "peer", {"virtual_ip": "asks"}, None),
        ("ikev2", "router", {"virtual_ip": "gives"}, "INTERNAL_ADDRESS_FAILURE"),
        ("ikev2", "router", {"virtual_ip": "asks"}, None),
        ("ikev2", "peer", {"virtual_ip": "asks"}, "INTERNAL_ADDRESS_FAILURE"),
        ("ikev2", "peer", {"virtual_ip": "gives"}, None),
    ],
)
def test_what_hinders_every_child_says_so_as_the_version_does(ikeversion, initiator, changes, error):
    outcome = meet(replace(ROUTER, ikeversion=ikeversion), initiator, **changes)
    assert (outcome.verdict, outcome.error) == ("ok" if error is None else "ike_only", error)


@pytest.mark.parametrize(
    ("ikeversion", "childless", "verdict"),
    [
        ("ikev2", "force", "ike_only"),
        ("ikev2", "never", "latent_rekey_failure"),
        ("ikev2", "allow", "latent_rekey_failure"),
        ("ikev1", "force", "ike_only"),
    ],
)
def test_only_a_child_that_comes_after_the_ike_sa_needs_its_own_group_at_once(ikeversion, childless, verdict):
    changes = {"esp_proposals": ("aes256-sha256-modp3072",), "childless": childless}
    assert meet(replace(ROUTER, ikeversion=ikeversion), "peer", **changes).verdict == verdict


@pytest.mark.parametrize(
    ("ikeversion", "initiator", "changes", "stopped_at"),
    [
        ("ikev2", "peer", {"peer_id": "198.51.100.0/24"}, "identity"),
        ("ikev2", "router", {"peer_id": "198.51.100.0/24"}, None),
        ("ikev1", "peer", {"peer_id": "198.51.100.0/24"}, None),
        ("ikev2", "peer", {"peer_id": "%any"}, None),
        ("ikev1", "router", {"aggressive": True}, "mode"),
        ("ikev2", "router", {"aggressive": True}, None),
        ("ikev1", "router", {"auth": ("psk", "psk")}, "authentication"),
        ("ikev2", "router", {"auth": ("psk", "psk")}, None),
        ("ikev2", "router", {"auth": ("psk", "pubkey")}, "authentication"),
        ("ikev2", "router", {"peer_auth": ("pubkey",)}, "authentication"),
        ("ikev2", "router", {"peer_auth": ("any",)}, None),
        ("ikev2", "router", {"keyless": ("router",)}, "key"),
        ("ikev2", "peer", {"keyless": ("router",)}, None),
        ("ikev1", "router", {"ike_versions": (2,), "initiates_with": 2}, "version"),
        ("ikev1", "peer", {"ike_versions": (2,), "initiates_with": 2}, "version"),
    ],
)
def test_what_authentication_rests_on_differs_by_version_and_by_who_starts(ikeversion, initiator, changes, stopped_at):
    assert meet(replace(ROUTER, ikeversion=ikeversion), initiator, **changes).stopped_at == stopped_at


def test_a_wrong_identity_is_met_with_the_suite_of_its_own_connection_and_a_wrong_address_with_the_defaults():
    router = replace(REMOTE_ACCESS, ikepolicy="aes128-sha1;modp1024")
    assert meet(router, "peer", id="@fw.example.com").verdict == "ike_only"
    assert meet(router, "peer", address="203.0.113.9").verdict == "no_ike"


def test_a_peer_with_an_sa_for_each_pair_numbers_them():
    peer = equal_peer(ROUTER, subnets=("10.2.0.0/24", "10.3.0.0/24"), one_sa_per_pair=True)
    children = peer_endpoint(peer).children
    assert [(one.name, str(one.local[0]), str(one.remote[0])) for one in children] == [
        ("peer-1", "10.2.0.0/24", "10.1.0.0/16"),
        ("peer-2", "10.3.0.0/24", "10.1.0.0/16"),
    ]
    assert [one.name for one in peer_endpoint(replace(peer, one_sa_per_pair=False)).children] == ["peer"]
