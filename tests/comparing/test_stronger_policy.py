"""What a rule about both ends asks for: the stronger of both ends, and never what the API would refuse."""

from __future__ import annotations

import pytest

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.comparing.stronger_policy import reason_of_policy, stronger_policy_changes
from vpnaudit.ipsec.sides import Side


def both(ours: str, theirs: str) -> list:
    ends = [{**row, "esp_policy": text} for row, text in zip(PAIR["connections"], (ours, theirs), strict=True)]
    whole = estate({**PAIR, "connections": ends})
    rows = whole["predictions_by_connection"]
    return [
        changes and changes["esppolicy"] for changes in stronger_policy_changes(rows, whole["differences"], ["esp"])
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
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
def test_both_ends_come_to_the_same_policy(ours: str, theirs: str, expected: list) -> None:
    assert both(ours, theirs) == expected


def test_what_the_api_refuses_is_for_the_far_side() -> None:
    book = {**BOOK, "esp_proposals": "aes256gcm16-ecp384", "esp_strict": True}
    whole = estate({"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR], "peers": [book]})
    rows = whole["predictions_by_connection"]
    changes = stronger_policy_changes(rows, whole["differences"], ["esp"])
    assert list(changes) == [None]


def test_the_reason_gives_the_policy_and_what_it_shall_be() -> None:
    near, far = PAIR["connections"]
    whole = estate({**PAIR, "connections": [{**near, "esp_policy": "aes256-sha256"}, far]})
    rows = whole["predictions_by_connection"]
    reason = reason_of_policy(rows, "esp", stronger_policy_changes(rows, whole["differences"], ["esp"]), Side.BOTH)
    assert (reason.field, reason.who) == ("esppolicy", Side.BOTH)
    assert reason.ours.tolist() == ["aes256-sha256", "aes256-sha256;modp2048"]
    assert reason.expected.fillna("?").tolist() == ["aes256-sha256;modp2048", "?"]
