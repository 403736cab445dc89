"""A difference is a cause for who starts, and for nobody where the ends agree."""

from __future__ import annotations

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.comparing.causes import PROPOSAL_FIELDS, causes
from vpnaudit.estate.outcomes import INITIATORS


def test_a_group_that_the_far_end_does_not_have_is_a_cause_whoever_starts() -> None:
    peer = {**BOOK, "esp_proposals": "aes256gcm16-ecp384", "esp_strict": True}
    whole = estate({"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR], "peers": [peer]})
    rows = whole["predictions_by_connection"]
    assert causes(rows, whole["differences"], ["esp_group"]).to_numpy().tolist() == [[True, True]]
    assert not causes(rows, whole["differences"], PROPOSAL_FIELDS["ike"]).to_numpy().any()


def test_equal_ends_have_no_cause_and_every_row_its_answer() -> None:
    whole = estate(PAIR)
    caused = causes(whole["predictions_by_connection"], whole["differences"], PROPOSAL_FIELDS["esp"])
    assert tuple(caused.columns) == INITIATORS
    assert caused.to_numpy().tolist() == [[False, False], [False, False]]
