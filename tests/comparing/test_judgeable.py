"""Which connections a rule about both ends can judge: known ends, with a reason for every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.comparing.judgeable import far_connection, where_answered, where_predicted
from vpnaudit.comparing.peer_files import with_peer_files
from vpnaudit.comparing.unknowns import unknown_fields

if TYPE_CHECKING:
    from vpnaudit.estate import Estate

NEAR = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}]}
TO_NOBODY = estate({**NEAR, "connections": [{"id": "c1"}]})
TO_FILE = estate({**NEAR, "connections": [FAR], "peers": [BOOK]})


def predicted(whole: Estate, **arguments: object) -> dict[str, list]:
    rows = whole["predictions_by_connection"]
    columns = where_predicted(rows, unknown_fields(rows, whole["differences"], ["dpd"]), **arguments)
    return {name: column.astype("object").where(column.notna(), None).tolist() for name, column in columns.items()}


def test_two_known_ends_are_judged_and_the_far_connection_is_named() -> None:
    pair = predicted(estate(PAIR))
    assert pair["applies"] == [True, True]
    assert pair["other_id"] == ["c2", "c1"]
    assert pair["why"] == [None, None]


def test_an_unknown_far_side_comes_before_what_its_file_leaves_open() -> None:
    nobody, file = predicted(TO_NOBODY), predicted(TO_FILE)
    assert (nobody["applies"], nobody["unknown"]) == ([None], ["no-peer-side"])
    assert (file["applies"], file["unknown"]) == ([True], ["no-peer-side"])
    assert file["why"] == ["not known of the far side: dead peer detection"]
    assert far_connection(TO_FILE["predictions_by_connection"]).isna().all()


def test_what_there_is_nothing_to_judge_about_does_not_apply_and_says_why() -> None:
    nothing = pd.Series([True, False])
    pair = predicted(estate(PAIR), nothing_to_judge=nothing, because="no suite")
    assert pair["applies"] == [False, True]
    assert pair["why"] == ["no suite", "no suite"]


def test_settings_of_a_known_end_are_missing_for_the_reason_that_the_rule_gives() -> None:
    def answered(whole: Estate, **arguments: object) -> tuple[object, ...]:
        rows = with_peer_files(whole["both_ends"], whole["outcomes"], whole["peers"])
        columns = where_answered(rows, "no key", "not-collected", **arguments)
        return tuple(column.fillna("?").iloc[0] for name, column in columns.items() if name != "applies")

    assert answered(estate(PAIR)) == ("not-collected", "no key", "c2")
    assert answered(TO_FILE) == ("not-collected", "no key", "?")
    assert answered(TO_FILE, by_file=pd.Series([True])) == ("no-peer-side", "no key", "?")
    assert answered(TO_NOBODY)[0] == "no-peer-side"
