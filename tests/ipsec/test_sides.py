"""Both ends as plain values: read from a connection, and what is not known stays missing."""

from dataclasses import fields, replace

import pytest

from tests.ipsec.pairs import ROUTER
from vpnaudit.errors import EstateError
from vpnaudit.ipsec.sides import Case, Path, PeerSide, RouterSide

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


@pytest.mark.parametrize("ours", ["equal", "unequal", "unknown"])
@pytest.mark.parametrize("start", ["equal", "unequal", "unknown", None])
def test_the_key_with_which_the_peer_starts_counts_where_it_starts(ours, start):
    case = Case(ROUTER, PeerSide("203.0.113.2", start_psk=start), ours)
    assert case.psk_of("router") == ours
    assert case.psk_of("peer") == (start or ours)


def test_a_peer_that_says_nothing_is_strict_and_plain():
    """What is not known is None; what is true of every device unless it says otherwise stands as its default."""
    peer = PeerSide("203.0.113.2")
    values = {field.name: getattr(peer, field.name) for field in fields(peer)}
    assert {name: value for name, value in values.items() if value is not None} == {
        "address": "203.0.113.2",
        "strict": True,
        "aggressive": False,
        "mobike": True,
        "auth": ("psk",),
        "peer_auth": ("psk",),
        "keyless": (),
        "childless": "allow",
        "mode": "tunnel",
        "unread": (),
    }


def test_a_path_of_which_nothing_is_known_is_open():
    assert Path() == Path(
        udp_500=True, udp_4500=True, fragments=True, mtu_bytes=1500, peer_nat="none", userland_esp=False
    )
