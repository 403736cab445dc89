"""The middle does what the path says: it translates, it drops, and otherwise only routes."""

import pytest

from vpnaudit.ipsec.sides import Path
from vpnaudit.lab import network
from vpnaudit.lab.namespaces import Namespace
from vpnaudit.lab.network import Place, connect

ROUTER, PEER = Place("198.51.100.1", "198.51.100.1", ("10.1.0.5",)), Place("203.0.113.2", "203.0.113.2", ("10.2.0.5",))
BEHIND = Place("192.168.7.2", "203.0.113.2", ("10.2.0.5",))


def test_ends_with_addresses_of_their_own_need_no_translation():
    assert list(network._nat(ROUTER, PEER, Path())) == []
    assert list(network._filter(Path())) == []


def test_an_end_behind_nat_is_translated_both_ways_unless_its_nat_only_masquerades():
    forwarded = list(network._nat(ROUTER, BEHIND, Path()))
    assert any("SNAT --to-source 203.0.113.2" in rule for rule in forwarded)
    assert any("-i near -d 203.0.113.2 -j DNAT --to-destination 192.168.7.2" in rule for rule in forwarded)
    masqueraded = list(network._nat(ROUTER, BEHIND, Path(peer_nat="masquerade")))
    assert masqueraded == [rule for rule in forwarded if "SNAT" in rule], "nobody reaches it from outside"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (Path(udp_500=False), "--dport 500 -j DROP"),
        (Path(udp_4500=False), "--dport 4500 -j DROP"),
        (Path(fragments=False), "-f -j DROP"),
    ],
)
def test_what_the_path_does_not_let_through_is_dropped(path, words):
    (rule,) = network._filter(path)
    assert rule.endswith(words)


@pytest.mark.lab
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("peer", [PEER, BEHIND], ids=["open", "behind NAT"])
def test_the_ends_reach_each_other_under_their_outer_addresses_and_not_their_hosts(peer):
    with Namespace() as middle, Namespace() as near, Namespace() as far:
        connect(middle, (near, ROUTER), (far, peer), Path())
        assert near.run("ping", "-c", "1", "-w", "5", peer.outer_address).returncode == 0
        assert near.run("ping", "-c", "1", "-w", "1", "-I", "10.1.0.5", "10.2.0.5").returncode != 0
