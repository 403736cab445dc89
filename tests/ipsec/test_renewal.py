"""Renewals: which work, and which of the router's own lifetimes end a tunnel."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer, meet
from vpnaudit.ipsec.establish import establish
from vpnaudit.ipsec.renewal import broken, renewals
from vpnaudit.ipsec.sides import Case


def renew(router=ROUTER, initiator="router", **changes):
    case = Case(router, equal_peer(router, **changes), "equal")
    return renewals(case, establish(case, initiator))


@pytest.mark.parametrize(
    ("lifetimes", "ikeversion", "verdict"),
    [
        ({"esplifetime": 600}, "ikev1", "interrupted_later"),
        ({"esplifetime": 900}, "ikev1", "ok"),
        ({"esplifetime": 60}, "ikev2", "ok"),
        ({"ikelifetime": 300}, "ikev1", "interrupted_later"),
        ({"ikelifetime": 600}, "ikev1", "ok"),
    ],
)
def test_lifetimes_within_the_margin_end_an_ikev1_tunnel(lifetimes, ikeversion, verdict):
    outcome = meet(replace(ROUTER, ikeversion=ikeversion, **lifetimes))
    assert outcome.verdict == verdict
    assert any(reason.field == "lifetimes" for reason in outcome.reasons) is (verdict == "interrupted_later")


def test_lifetimes_that_are_not_modelled_are_unknown():
    outcome = meet(replace(ROUTER, cloudstackversion="4.20.1"))
    assert {"ikelifetime", "esplifetime"} <= set(outcome.assumed)
    assert outcome.renewals.child_window is outcome.renewals.ike_window is None


def test_equal_ends_renew_everything_on_the_suites_that_they_name():
    steps = renew()
    assert not broken(steps)
    assert steps.child_by_router.suite == steps.child_by_peer.suite == "aes256-sha256-modp2048"
    assert steps.ike_by_router.suite == "aes256-sha256-modp2048"


def test_a_pfs_mismatch_shows_at_the_rekey_and_not_before():
    steps = renew(esp_proposals=("aes256-sha256-modp3072",))
    assert (steps.child_by_router.ok, steps.child_by_router.error) == (False, "NO_PROPOSAL_CHOSEN")
    assert broken(steps)


def test_what_was_never_established_has_nothing_to_renew():
    steps = renew(ike_proposals=("3des-md5-modp1024",))
    assert {steps.child_by_router.ok, steps.child_by_peer.ok, steps.ike_by_router.ok} == {None}
    assert not broken(steps)


def test_ikev1_hands_its_children_over_and_ikev2_makes_them_anew():
    again = renew(replace(ROUTER, ikeversion="ikev1")).ike_by_router
    assert again.ok
    assert renew().ike_by_router.ok
