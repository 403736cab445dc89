"""The predictions as tables: what a rule, a report or SQL reads of them."""

from __future__ import annotations

import pandas as pd

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.estate.outcomes import DIFFERENCES, OUTCOMES, difference_in

UNEQUAL = [
    PAIR["connections"][0],
    {**PAIR["connections"][1], "ike_policy": "aes128-sha1;modp1024", "esp_lifetime_s": 7200},
]


def test_each_connection_has_a_row_for_each_who_starts() -> None:
    outcomes = estate(PAIR)["outcomes"]
    assert dict(outcomes.dtypes.astype(str)) == OUTCOMES
    assert list(zip(outcomes["id"], outcomes["initiator"], strict=True)) == [
        ("c1", "router"),
        ("c1", "peer"),
        ("c2", "router"),
        ("c2", "peer"),
    ]
    assert set(outcomes["verdict"]) == {"ok"}
    assert set(outcomes["esp_suites"]) == {"aes256-sha256"}
    assert outcomes["rekey_ok"].all()
    assert (outcomes["rekey_earliest_s"] < outcomes["rekey_latest_s"]).all()


def test_what_is_not_known_stays_missing_and_says_why() -> None:
    lonely = estate({"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR]})
    outcomes = lonely["outcomes"]
    assert outcomes["verdict"].isna().all()
    assert outcomes["rekey_ok"].isna().all()
    assert set(outcomes["reason"]) == {"no-peer-side"}
    assert outcomes["why"].notna().all()
    assert lonely["differences"].empty
    assert dict(lonely["differences"].dtypes.astype(str)) == DIFFERENCES


def test_no_tunnel_has_nothing_to_rekey() -> None:
    unequal = [{**row, "psk_fingerprint": key} for row, key in zip(PAIR["connections"], "fg", strict=True)]
    outcomes = estate({**PAIR, "connections": unequal})["outcomes"]
    assert set(outcomes["verdict"]) == {"no_ike"}
    assert outcomes["rekey_ok"].isna().all()
    assert outcomes["rekey_says"].isna().all()


def test_every_difference_is_one_row_whoever_starts() -> None:
    differences = estate({**PAIR, "connections": UNEQUAL})["differences"]
    mine = differences[differences["id"] == "c1"]
    assert {"ike_encryption", "ike_integrity", "ike_group", "esplifetime"} <= set(mine["field"])
    assert not mine.duplicated("field").any()
    assert not mine["cause_router"].any(), "two routers meet on their defaults"


def test_a_cause_may_depend_on_who_starts() -> None:
    """`ike` against a device that knows IKEv1 alone: only that device's start works."""
    book = {**BOOK, "ike_versions": "ikev1", "initiates_with": "ikev1"}
    tables = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "connections": [{**FAR, "ike_version": "ike"}],
        "peers": [book],
    }
    differences = estate(tables)["differences"].set_index("field")
    assert differences.loc["ikeversion", "cause_router"]
    assert not differences.loc["ikeversion", "cause_peer"]


def test_the_rows_of_a_rule_keep_their_places() -> None:
    whole = estate({**PAIR, "connections": [*UNEQUAL, {"id": "c3"}]})
    rows = whole["predictions_by_connection"]
    assert list(rows["id"]) == ["c1", "c2", "c3"]
    assert rows["answered"].tolist() == [True, True, pd.NA]
    rows.index = [7, 8, 9]
    difference = difference_in(rows, whole["differences"], "esplifetime")
    assert list(difference.index) == [7, 8, 9]
    assert difference["ours"].tolist() == ["3600 s", "7200 s", pd.NA]
    assert difference["different"].tolist() == [True, True, False]
    assert difference["cause_router"].tolist() == [False, False, False]


def test_a_far_vpc_that_does_not_answer_is_told_apart_from_one_that_is_not_known() -> None:
    whole = estate({**PAIR, "connections": PAIR["connections"][:1]})
    assert whole["predictions_by_connection"]["answered"].tolist() == [False]


def test_a_rekey_tells_its_suite_by_who_starts_it() -> None:
    """PFS on one end alone, between two routers: the rekey goes without it."""
    lost = [PAIR["connections"][0], {**PAIR["connections"][1], "esp_policy": "aes256-sha256"}]
    outcomes = estate({**PAIR, "connections": lost})["outcomes"]
    assert set(outcomes["rekey_by_router"]) == set(outcomes["rekey_by_peer"]) == {"aes256-sha256"}
    assert set(outcomes["reauthentication_suite"]) == {"aes256-sha256-modp2048"}
    assert set(outcomes["implementation"]) == {"cloudstack"}
