"""A case that can be run: what is not known is filled in, what cannot be played is said."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.errors import LabError
from vpnaudit.ipsec.sides import Path
from vpnaudit.lab.case import lab_case


def test_what_cannot_be_laid_out_is_told():
    with pytest.raises(LabError, match="Both ends have the address"):
        lab_case(replace(ROUTER, gateway=ROUTER.publicip), equal_peer(ROUTER, address=ROUTER.publicip), "equal", Path())
    with pytest.raises(LabError, match="no IPv4 address"):
        lab_case(ROUTER, equal_peer(ROUTER, address="203.0.113.256"), "equal", Path())


def laid_out(router=ROUTER, peer=None, path=None):
    return lab_case(router, peer or equal_peer(router), "equal", path or Path())


def test_a_case_in_which_everything_is_known_assumes_nothing_and_has_no_limits():
    case = laid_out()
    assert (case.assumed, case.limits, case.names) == ((), (), {})
    assert (case.router.address, case.peer.address) == ("198.51.100.1", "203.0.113.2")
    assert case.probes == (("10.1.0.5", "10.2.0.5"),)


def test_what_is_not_known_of_the_peer_is_taken_as_equal():
    case = laid_out(peer=equal_peer(ROUTER, ike_proposals=None, dpd=None))
    assert "ike_proposals" in case.assumed
    assert case.case.peer.ike_proposals == equal_peer(ROUTER).ike_proposals


@pytest.mark.parametrize(
    ("router", "peer", "words"),
    [
        (ROUTER, {"implementation": "fortios"}, "played by strongSwan"),
        (ROUTER, {"exact_selectors": True}, "wants exact selectors"),
        (ROUTER, {"subnets": ("10.2.0.0/16", "10.1.0.0/24")}, "is not pinged"),
        (replace(ROUTER, cloudstackversion="4.18.0"), {}, "decimal hours"),
        (replace(ROUTER, cloudstackversion="4.18.0", splitconnections=True), {}, "fails before it writes"),
    ],
)
def test_what_the_lab_plays_otherwise_than_it_is_is_said(router, peer, words):
    limits = laid_out(router, equal_peer(router, **peer)).limits
    assert any(words in limit for limit in limits), limits


def test_a_gateway_that_is_a_name_leads_to_the_peer_wherever_that_is():
    router = replace(ROUTER, gateway="vpn.example.com")
    case = laid_out(router, equal_peer(router, address="%any", id="vpn.example.com"))
    assert case.names == {"vpn.example.com": case.peer.outer_address}


def test_an_end_behind_nat_has_two_addresses():
    router = replace(ROUTER, local_ip="192.168.9.9")
    peer = equal_peer(router, address="192.168.77.2", public_address=ROUTER.gateway)
    case = laid_out(router, peer)
    assert (case.router.address, case.router.outer_address) == ("192.168.9.9", "198.51.100.1")
    assert (case.peer.address, case.peer.outer_address) == ("192.168.77.2", "203.0.113.2")


def test_everything_is_no_subnet_with_a_host_and_of_very_many_only_some_are_pinged():
    many = ",".join(f"10.2.{third}.0/24" for third in range(20))
    router = replace(ROUTER, cidrlist=f"{many},0.0.0.0/0")
    case = laid_out(router)
    assert len(case.peer.hosts) == 12
    assert "0.0.0.5" not in case.peer.hosts
    tiny = replace(ROUTER, cidrlist="10.2.0.8/31")
    assert laid_out(tiny).peer.hosts == ("10.2.0.8",)
