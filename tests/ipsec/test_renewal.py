"""Renewals: which work, and which of the router's own lifetimes end a tunnel."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer, meet
from vpnaudit.ipsec.cloudstack_proposals import API_GROUPS
from vpnaudit.ipsec.establish import Established, establish
from vpnaudit.ipsec.lifetimes import Window
from vpnaudit.ipsec.proposals import default_proposals
from vpnaudit.ipsec.renewal import NOTHING, Step, broken, interrupted, renewals
from vpnaudit.ipsec.sides import Case, Path


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


@pytest.mark.parametrize("group", sorted(API_GROUPS | {one for p in default_proposals("ike") for one in p.group}))
def test_every_group_that_a_router_may_hold_is_pfs(group):
    assert Step(ok=True, suite=f"aes256-sha256-{group}").pfs is True


def test_without_a_group_there_is_no_pfs_and_without_a_suite_nothing_is_known_of_it():
    assert Step(ok=True, suite="aes256-sha256").pfs is False
    assert Step(ok=False, error="NO_PROPOSAL_CHOSEN").pfs is None
    assert NOTHING.pfs is None


@pytest.mark.parametrize("field", ["child_by_router", "child_by_peer", "ike_by_router"])
def test_each_renewal_that_fails_is_one_that_breaks(field):
    steps = renew()
    assert broken(replace(steps, **{field: Step(ok=False)}))
    assert not broken(replace(steps, **{field: Step(ok=True)}))
    assert not broken(replace(steps, **{field: NOTHING}))


@pytest.mark.parametrize(
    ("version", "missed", "how", "ends"),
    [
        (1, 0.5, "stable", False),
        (1, 0.51, "stable", True),
        (1, 0.0, "never-rekeyed", True),
        (1, 0.0, "unstable", False),
        (1, 0.0, None, False),
        (2, 1.0, "never-rekeyed", False),
        (None, 1.0, "never-rekeyed", False),
    ],
)
def test_only_an_ikev1_tunnel_is_ended_by_lifetimes_that_more_likely_than_not_miss_the_rekey(
    version, missed, how, ends
):
    assert interrupted(Established(version), replace(renew(), child_missed=missed, ike_behaviour=how)) is ends


def test_each_lifetime_gives_the_times_of_its_own_renewal():
    steps = renew(replace(ROUTER, ikelifetime=960, esplifetime=480))
    assert (steps.ike_window, steps.ike_behaviour) == (Window(0, 420), "unstable")
    assert (steps.child_window, steps.child_behaviour, steps.child_missed) == (None, "never-rekeyed", 1.0)
    assert renew(replace(ROUTER, cloudstackversion="4.20.1")).child_missed == 0.0


@pytest.mark.parametrize(
    ("ikeversion", "virtual_ip", "ok"), [("ikev1", "gives", False), ("ikev1", "asks", True), ("ikev1", None, True)]
)
def test_a_peer_that_waits_for_a_question_starts_no_child_of_its_own(ikeversion, virtual_ip, ok):
    step = renew(replace(ROUTER, ikeversion=ikeversion), virtual_ip=virtual_ip).child_by_peer
    assert step.ok is ok
    assert step.error == (None if ok else "no request for an address")


@pytest.mark.parametrize("initiator", ["router", "peer"])
def test_the_reauthentication_needs_fragments_in_ikev2_alone_and_where_the_first_message_is_too_large(initiator):
    router = replace(ROUTER, ikepolicy="aes256-sha256;modp8192")

    def reauthentication(ikeversion, fragments, mtu_bytes):
        router_side = replace(router, ikeversion=ikeversion)
        case = Case(router_side, equal_peer(router_side), "equal")
        up = establish(case, initiator)
        return renewals(replace(case, path=Path(fragments=fragments, mtu_bytes=mtu_bytes)), up).ike_by_router

    assert reauthentication("ikev2", fragments=False, mtu_bytes=1500).error == "no answer"
    assert reauthentication("ikev2", fragments=False, mtu_bytes=9000).ok
    assert reauthentication("ikev2", fragments=True, mtu_bytes=1500).ok
    assert reauthentication("ikev1", fragments=False, mtu_bytes=1500).ok
