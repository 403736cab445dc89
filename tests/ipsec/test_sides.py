"""Both ends as plain values: read from a connection, and what is not known stays missing."""

from dataclasses import fields, replace

import pytest

from tests.ipsec.pairs import ROUTER
from vpnaudit.errors import EstateError
from vpnaudit.ipsec.sides import Case, PeerSide, RouterSide

ROW = {
    "id": "c1",
    "publicip": "198.51.100.1",
    "gateway": "203.0.113.2",
    "cidrlist": "10.2.0.0/16",
    "ikepolicy": "aes256-sha256;modp2048",
    "esppolicy": "aes256-sha256;modp2048",
    "ikelifetime": 28800,
    "ikeversion": "ikev2",
    "dpd": None,
    "ipsecpsk": "canary-key",
}


def test_a_connection_row_is_read_and_its_key_is_not_kept():
    side = RouterSide.from_connection(ROW, vpc_cidr="10.1.0.0/16", cloudstackversion="4.22.0.0")
    assert side == replace(ROUTER, cloudstackversion="4.22.0.0")
    assert "canary" not in repr(side)


def test_a_row_without_what_is_needed_is_refused():
    with pytest.raises(EstateError, match="c1: no gateway, esppolicy"):
        RouterSide.from_connection({**ROW, "gateway": None, "esppolicy": None}, vpc_cidr="10.1.0.0/16")


def test_the_router_sees_a_peer_at_the_address_of_its_nat():
    assert PeerSide("192.168.1.2").seen_address == "192.168.1.2"
    assert PeerSide("192.168.1.2", public_address="203.0.113.2").seen_address == "203.0.113.2"


def test_a_case_with_another_peer_keeps_all_else():
    case = Case(ROUTER, PeerSide("203.0.113.2"), "unequal")
    changed = case.with_peer(dpd=False)
    assert changed == replace(case, peer=replace(case.peer, dpd=False))


def test_what_nobody_said_of_a_peer_is_missing_and_its_file_is_the_whole_of_what_it_takes():
    peer = PeerSide("203.0.113.2")
    assert peer.strict is True
    missing = {field.name for field in fields(peer) if getattr(peer, field.name) is None}
    assert missing >= {"id", "ike_versions", "subnets", "dpd", "passive", "one_sa_per_pair", "exact_selectors"}


def test_what_a_connection_does_not_say_is_as_the_api_sets_it():
    side = RouterSide(
        "198.51.100.1", "10.1.0.0/16", "203.0.113.2", "10.2.0.0/16", "aes128-sha1;modp1536", "aes128-sha1"
    )
    assert (side.ikelifetime, side.esplifetime, side.ikeversion) == (86_400, 3_600, "ike")
    assert not any((side.dpd, side.forceencap, side.splitconnections, side.passive, side.remote_access))
    assert side.cloudstackversion is side.local_ip is None
