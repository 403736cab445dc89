"""What one exchange agrees on, from proposals and selectors alone."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.ipsec.establish import peer_endpoint, router_endpoint
from vpnaudit.ipsec.exchange import child_suite, children, ike_suite, init_fits, init_size
from vpnaudit.ipsec.proposals import Proposal, Suite, effective_proposals
from vpnaudit.ipsec.router import router_config


def ends(**changes):
    return router_endpoint(router_config(ROUTER)), peer_endpoint(equal_peer(ROUTER, **changes))


@pytest.mark.parametrize(
    ("group", "size"),
    [
        ("modp1024", 1188),
        ("modp2048", 1316),
        ("modp3072", 1444),
        ("modp4096", 1572),
        ("modp6144", 1828),
        ("modp8192", 2084),
        ("curve25519", 1092),
    ],
)
def test_the_first_message_is_as_large_as_it_was_on_the_wire(group, size):
    assert init_size(effective_proposals((f"aes256-sha256-{group}",), "ike", strict=False), group) == size


@pytest.mark.parametrize("version", [1, 2])
def test_equal_ends_agree_on_what_both_name(version):
    router, peer = ends()
    assert str(ike_suite(router, peer, version)) == "aes256-sha256-modp2048"
    assert ike_suite(router, ends(ike_proposals=("3des-md5-modp1024",))[1], version) is None


def test_the_first_child_of_ikev2_leaves_groups_out_and_a_later_one_does_not():
    router, peer = ends(esp_proposals=("aes256-sha256-modp1024",))
    assert child_suite(router, peer, 2, with_group=False, ike_group="modp2048") is not None
    router = replace(router, esp=router.esp[:1])
    assert child_suite(router, peer, 2, with_group=True, ike_group="modp2048") is None
    assert child_suite(router, peer, 1, with_group=False, ike_group="modp2048") is None


def test_a_child_that_fails_says_how_by_version():
    router, peer = ends(subnets=("172.16.0.0/12",), remote_subnets=("10.1.0.0/16",))
    assert children(router, peer, 1, "modp2048").errors == ("INVALID_ID_INFORMATION",)
    assert children(router, peer, 2, "modp2048").errors == ("TS_UNACCEPTABLE",)
    assert children(*ends(), 2, "modp2048").errors == ()


def test_an_initiator_with_exact_selectors_takes_no_narrower_answer():
    router, peer = ends(subnets=("10.2.0.0/15",), exact_selectors=True)
    assert children(peer, router, 2, "modp2048").errors == ("TS_UNACCEPTABLE",)
    assert children(replace(peer, exact=False), router, 2, "modp2048").errors == ()


def test_both_first_messages_must_fit_one_packet():
    router, peer = ends()
    suite = ike_suite(router, peer, 2)
    whole = init_size(router.ike, "modp2048") + 28
    assert init_fits(router, suite, whole)
    assert not init_fits(router, suite, whole - 1)


def test_the_first_guess_and_what_the_responder_asks_for_must_both_fit():
    suite = Suite("aes256", "sha256", "sha256", "modp8192")
    offer = effective_proposals(("aes256-sha256-modp1024",), "ike", strict=True)
    router = replace(ends()[0], ike=offer)
    assert init_fits(router, suite, init_size(offer, "modp8192") + 28)
    assert not init_fits(router, suite, init_size(offer, "modp8192") + 27)
    small = replace(suite, group="modp1024")
    guess = replace(router, ike=effective_proposals(("aes256-sha256-modp8192",), "ike", strict=True))
    assert not init_fits(guess, small, init_size(guess.ike, "modp8192") + 27)


def test_each_algorithm_of_a_first_message_takes_a_transform():
    one = Proposal(("aes256",), ("sha256",), ("sha256",), ("modp2048",))
    size = init_size((one,), "modp2048")
    longer = [
        (replace(one, encryption=("aes256", "aes128")), 12),
        (replace(one, encryption=("aes256", "3des")), 8),
        (replace(one, integrity=("sha256", "sha1")), 8),
        (replace(one, prf=("sha256", "sha1")), 8),
        (replace(one, group=("modp2048", "modp1024")), 8),
    ]
    assert [init_size((proposal,), "modp2048") - size for proposal, _ in longer] == [more for _, more in longer]
    assert init_size((one, one), "modp2048") - size == 8 + 12 + 3 * 8
    assert size - init_size((one,), "junk") == 256


@pytest.mark.parametrize(
    ("version", "childless", "errors"),
    [
        (2, False, ("NO_PROPOSAL_CHOSEN",)),
        (2, True, ("NO_PROPOSAL_CHOSEN", "NO_PROPOSAL_CHOSEN")),
        (1, False, ("NO_PROPOSAL_CHOSEN", "NO_PROPOSAL_CHOSEN")),
    ],
)
def test_of_several_children_the_first_alone_is_made_without_its_group(version, childless, errors):
    router, peer = ends(esp_proposals=("aes256-sha256-modp1024",))
    router = replace(router, esp=router.esp[:1], children=router.children * 2)
    made = children(router, peer, version, "modp2048", childless=childless)
    assert made.errors == errors
    assert len(made.up) == 2 - len(errors)


def test_main_mode_offers_the_first_algorithm_alone_and_ikev2_all_of_them():
    router, peer = ends(ike_proposals=("aes256-sha256-modp2048",))
    router = replace(router, ike=effective_proposals(("aes128-aes256-sha256-modp2048",), "ike", strict=True))
    assert str(ike_suite(router, peer, 2)) == "aes256-sha256-modp2048"
    assert ike_suite(router, peer, 1) is None
    assert str(ike_suite(peer, router, 1)) == "aes256-sha256-modp2048"
