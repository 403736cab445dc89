"""When things happen: rekeys as intervals, ends, the reauthentication."""

from dataclasses import replace

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
