"""A run differs from its prediction in the fields in which it differs, and in no other."""

from dataclasses import replace

import pytest

from tests.lab.measurements import PROBE, as_predicted, predicted
from vpnaudit.lab.compare import differences
from vpnaudit.lab.measure import Ping, Renewal


def fields(outcome, measured):
    return {one.field: (one.predicted, one.measured) for one in differences(outcome, measured)}


def test_a_run_that_does_what_was_predicted_has_no_difference():
    assert fields(predicted(), as_predicted(predicted(), PROBE)) == {}


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("ike_version", {"ike_version": 1}),
        ("ike_suites", {"ike_suites": ("aes128-sha1-modp1024",)}),
        ("esp_suites", {"esp_suites": ("3des-md5",)}),
        ("selectors", {"selectors": ((("10.1.0.0/16",), ("10.9.0.0/16",)),)}),
        ("api_state", {"api_state": "Disconnected"}),
    ],
)
def test_one_setting_that_came_out_otherwise_is_one_difference_with_both_values(field, changes):
    values_by_field = fields(predicted(), as_predicted(predicted(), PROBE, **changes))
    assert set(values_by_field) == {field}
    assert values_by_field[field][0] != values_by_field[field][1]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"ike_suites": ()}, "no_ike"),
        ({"selectors": ()}, "ike_only"),
        ({"pings": (Ping(*PROBE, answered=False),)}, "partial"),
        ({"child_by_peer": Renewal(ok=False)}, "latent_rekey_failure"),
    ],
)
def test_the_verdict_of_a_run_is_the_first_thing_that_failed(changes, verdict):
    assert fields(predicted(), as_predicted(predicted(), PROBE, **changes))["verdict"] == ("ok", verdict)


def test_a_packet_that_is_not_answered_is_named():
    lost = as_predicted(predicted(), pings=(Ping(*PROBE, answered=False),))
    assert fields(predicted(), lost)["packets"] == ({"10.1.0.5 > 10.2.0.5": True}, {"10.1.0.5 > 10.2.0.5": False})


def test_a_packet_outside_every_selector_is_expected_to_be_lost():
    stray = (Ping("10.1.0.5", "10.9.0.5", answered=False),)
    assert "packets" not in fields(predicted(), as_predicted(predicted(), pings=stray))


def test_what_only_a_lifetime_ends_has_not_ended_in_a_run_of_seconds():
    outcome = predicted(ike_lifetime_s=None)
    later = replace(outcome, verdict="interrupted_later")
    assert "verdict" not in fields(later, as_predicted(outcome, PROBE))


def test_a_partial_tunnel_of_which_every_pinged_part_works_counts_by_its_renewals():
    partial = replace(predicted(), verdict="partial")
    assert "verdict" not in fields(partial, as_predicted(predicted(), PROBE))
    unpinged = fields(partial, as_predicted(predicted()))
    assert unpinged["verdict"] == ("partial", "ok")
    stray = as_predicted(predicted(), pings=(Ping("10.1.0.5", "10.9.0.5", answered=False),))
    assert "verdict" not in fields(partial, stray)


def test_the_state_of_a_router_that_failed_before_it_wrote_a_file_is_not_compared():
    failed = replace(predicted(), api_state="Error")
    assert "api_state" not in fields(failed, as_predicted(failed, PROBE, api_state="Disconnected"))


def test_a_reauthentication_that_ends_children_still_renews_the_ike_sa_in_ikev2():
    """What the lab asks for in IKEv2 is a rekey of the IKE_SA, which leaves its children alone."""
    outcome = predicted()
    step = replace(outcome.renewals.ike_by_router, ok=False)
    failing = replace(outcome, renewals=replace(outcome.renewals, ike_by_router=step))
    assert "ike_renewal_by_router" not in fields(failing, as_predicted(outcome, PROBE))
    first = replace(failing, ike_version=1)
    values_by_field = fields(first, as_predicted(outcome, PROBE, ike_version=1))
    assert values_by_field["ike_renewal_by_router"][0]["ok"] is False
