"""What a router shows is held against what both ends' settings lead to, and never against a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vpnaudit.estate.agreement import Agreement, agreement

if TYPE_CHECKING:
    from vpnaudit.diagnosis.verdict import Name


def prediction(router: str | None, peer: str | None = None, assumed: str | None = None) -> dict[str, str | None]:
    return {
        "verdict_router": router,
        "verdict_peer": peer or router,
        "assumed_router": assumed,
        "assumed_peer": assumed,
    }


@pytest.mark.parametrize(
    ("verdict", "predicted", "agrees"),
    [
        ("up", "ok", True),
        ("idle", "latent_rekey_failure", True),
        ("up", "no_ike", False),
        ("wrong_key", "no_ike", True),
        ("wrong_key", "ok", False),
        ("selectors", "ike_only", True),
        ("selectors", "no_ike", False),
        ("rekey_failing", "latent_rekey_failure", True),
        ("rekey_failing", "ok", False),
        ("dpd_dead", "ok", None),
        (None, "ok", None),
    ],
)
def test_a_verdict_agrees_with_what_leads_to_it(verdict: Name | None, predicted, agrees):
    assert agreement(verdict, prediction(predicted)) == Agreement(predicted, agrees)


def test_either_initiator_may_be_the_one_that_started():
    assert agreement("proposal_phase1", prediction("ok", "no_ike")) == Agreement(
        "router starts: ok, peer starts: no_ike", True
    )


def test_what_was_assumed_is_not_held_against_the_router():
    assert agreement("wrong_key", prediction("ok", assumed="psk")) == Agreement("ok", None)
    assert agreement("wrong_key", prediction("ike_only", assumed="psk")) == Agreement("ike_only", False)
    assert agreement("up", prediction("no_ike", assumed="psk")) == Agreement("no_ike", False)


def test_without_a_prediction_there_is_nothing_to_compare():
    assert agreement("up", None) == agreement("up", prediction(None)) == Agreement()
