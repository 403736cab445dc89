"""What one exchange agrees on, from proposals and selectors alone."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.ipsec.establish import peer_endpoint, router_endpoint
from vpnaudit.ipsec.exchange import child_suite, children, ike_suite, init_fits, init_size
from vpnaudit.ipsec.proposals import effective_proposals
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
