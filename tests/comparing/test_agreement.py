"""What a rule about both ends asks for: the stronger of both ends, and never what the API would refuse."""

from __future__ import annotations

import pytest

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.comparing.agreement import causes, stronger_policy_changes, unknown_fields, update_action


def both(one: str, other: str) -> list:
    ends = [{**row, "esp_policy": text} for row, text in zip(PAIR["connections"], (one, other), strict=True)]
    whole = estate({**PAIR, "connections": ends})
    rows = whole["predictions_by_connection"]
    return [
        changes and changes["esppolicy"] for changes in stronger_policy_changes(rows, whole["differences"], ["esp"])
    ]


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("aes256-sha256;modp2048", "aes256-sha256;modp2048", [None, None]),
        ("aes256-sha256;modp2048", "aes256-sha256", [None, "aes256-sha256;modp2048"]),
        ("aes128-sha512;modp2048", "aes256-sha256;modp3072", ["aes256-sha512;modp3072", "aes256-sha512;modp3072"]),
        ("3des-sha256", "aes128-sha256", ["aes128-sha256", None]),
        ("aes256-sha256,aes128-sha1", "aes256-sha512", [None, None]),
        ("foo-sha256", "aes256-sha256", [None, None]),
    ],
    ids=[
        "equal",
        "no PFS there",
        "each is stronger in something",
        "a weak cipher with a long key",
        "a list",
        "a word that means nothing",
    ],
)
def test_both_ends_come_to_the_same_policy(one: str, other: str, said: list) -> None:
    assert both(one, other) == said


def test_what_the_api_refuses_is_for_the_far_side() -> None:
    book = {**BOOK, "esp_proposals": "aes256gcm16-ecp384", "esp_strict": True}
    whole = estate({"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR], "peers": [book]})
    rows = whole["predictions_by_connection"]
    changes = stronger_policy_changes(rows, whole["differences"], ["esp"])
    assert list(changes) == [None]
    assert list(update_action(changes)) == [""]
    assert causes(rows, whole["differences"], ["esp_group"])["router"].tolist() == [True]


def test_what_an_end_leaves_open_is_named_with_its_side() -> None:
    whole = estate({**PAIR, "sources": [{"source": "s1", "cloudstack_version": "4.18.0.0"}]})
    rows = whole["predictions_by_connection"]
    doubt = unknown_fields(rows, whole["differences"], ["esplifetime"])
    assert set(doubt["reason"]) == {"not-modelled"}
    assert doubt["why"].iloc[0] == "how routers of this version read the ESP lifetime was never measured"
    assert not unknown_fields(rows, whole["differences"], ["dpd"])["open"].any()
