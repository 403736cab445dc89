"""When things happen: rekeys as intervals, ends, the reauthentication."""

from dataclasses import replace

import pytest

from tests.ipsec.pairs import ROUTER, meet


def test_a_child_that_is_never_rekeyed_has_an_end_on_the_timeline():
    events = {event.what: event for event in meet(replace(ROUTER, esplifetime=300)).timeline}
    assert events["child rekey"].earliest_s == 0, "the peer may start one before its own lifetime ends"
    assert events["child expiry"].latest_s == 300
    unlimited = meet(
        replace(ROUTER, esplifetime=0), esp_lifetime_s=0, esp_proposals=("aes256-sha256-modp3072",)
    ).timeline
    assert [(event.what, event.earliest_s) for event in unlimited] == [
        ("now", 0),
        ("child rekey", None),
        ("ike reauthentication", 28800 - 1080),
    ]


def test_a_shorter_lifetime_at_the_peer_opens_the_interval():
    events = {event.what: event for event in meet(esp_lifetime_s=1200).timeline}
    assert (events["child rekey"].earliest_s, events["child rekey"].latest_s) == (0, 1200)


def test_the_reauthentication_by_the_router_can_fail_where_the_peer_came_in():
    router = replace(ROUTER, ikeversion="ikev1", esppolicy="aes256-sha256")
    outcome = meet(router, "peer", ike_proposals=("aes128-sha256-modp3072",), esp_proposals=("aes256-sha256",))
    assert outcome.verdict == "latent_rekey_failure"
    assert outcome.renewals.ike_by_router.error == "NO_PROPOSAL_CHOSEN"
    assert "reauthentication fails" in outcome.timeline[-1].says


def test_a_lost_child_is_not_taken_along_to_the_new_ike_sa():
    outcome = meet(esp_proposals=("aes256-sha256-modp3072",))
    assert "only then the API shows Disconnected" in outcome.timeline[-1].says


@pytest.mark.parametrize(
    ("esp_lifetime_s", "interval"), [(2520, (0, 2520)), (2521, (2520, 3060)), (None, (2520, 3060))]
)
def test_the_peer_opens_the_interval_where_its_lifetime_ends_before_the_router_starts(esp_lifetime_s, interval):
    """The router's 3600 s: it starts after 2520 to 3060 s."""
    event = next(event for event in meet(esp_lifetime_s=esp_lifetime_s).timeline if event.what == "child rekey")
    assert (event.earliest_s, event.latest_s) == interval


def test_a_child_that_no_rekey_replaces_ends_with_the_shorter_lifetime():
    wrong_group = {"esp_proposals": ("aes256-sha256-modp3072",)}
    for theirs, end in ((3000, 3000), (9000, 3600), (0, 3600)):
        events = {event.what: event for event in meet(esp_lifetime_s=theirs, **wrong_group).timeline}
        assert (events["child expiry"].earliest_s, events["child expiry"].latest_s) == (end, end)
    assert "child expiry" not in {event.what for event in meet(esp_lifetime_s=3000).timeline}


@pytest.mark.parametrize(
    ("subnets", "says"),
    [
        ("10.2.0.0/24", "IKE_SA and 1 CHILD_SA up; the API shows Connected"),
        ("10.2.0.0/24,10.3.0.0/24", "IKE_SA and 2 CHILD_SAs up; the API shows Connected"),
    ],
)
def test_now_counts_the_children(subnets, says):
    now = meet(replace(ROUTER, cidrlist=subnets, splitconnections="," in subnets)).timeline[0]
    assert (now.says, now.ok, now.earliest_s, now.latest_s) == (says, True, 0, 0)


def test_now_is_not_well_without_a_child_or_an_ike_sa():
    ike_only, no_ike = meet(subnets=("10.9.0.0/16",)), meet(psk="unequal")
    for outcome, says in ((ike_only, "an IKE_SA without a CHILD_SA"), (no_ike, "no IKE_SA: stopped at key")):
        (now,) = outcome.timeline
        assert now.ok is False
        assert now.says.startswith(says)


def test_a_failing_rekey_names_who_starts_it():
    says = {event.what: event.says for event in meet(esp_proposals=("aes256-sha256-modp3072",)).timeline}
    assert "started by the router or the peer fails" in says["child rekey"]
    assert next(e.says for e in meet().timeline if e.what == "child rekey") == "rekeyed on aes256-sha256-modp2048"


def test_an_ike_sa_under_another_connection_is_not_one_of_this_tunnel():
    (now,) = meet(replace(ROUTER, remote_access=True), "peer", address="203.0.113.9").timeline
    assert "remote-access connection" in now.says
    assert now.ok is False
