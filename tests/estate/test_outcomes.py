"""The predictions as tables: what a rule, a report or SQL reads of them."""

from __future__ import annotations

import pandas as pd

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.estate.outcomes import DIFFERENCES, OUTCOMES, difference_in

APART = [
    PAIR["connections"][0],
    {**PAIR["connections"][1], "ike_policy": "aes128-sha1;modp1024", "esp_lifetime_s": 7200},
]


def test_each_connection_has_a_row_for_each_who_starts() -> None:
    said = estate(PAIR)["outcomes"]
    assert dict(said.dtypes.astype(str)) == OUTCOMES
    assert list(zip(said["id"], said["initiator"], strict=True)) == [
        ("c1", "router"),
        ("c1", "peer"),
        ("c2", "router"),
        ("c2", "peer"),
    ]
    assert set(said["verdict"]) == {"ok"}
    assert set(said["esp_suites"]) == {"aes256-sha256"}
    assert said["rekey_ok"].all()
    assert (said["rekey_earliest_s"] < said["rekey_latest_s"]).all()


def test_what_is_not_known_stays_missing_and_says_why() -> None:
    lonely = estate({"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR]})
    said = lonely["outcomes"]
    assert said["verdict"].isna().all()
    assert said["rekey_ok"].isna().all()
    assert set(said["reason"]) == {"no-peer-side"}
    assert said["why"].notna().all()
    assert lonely["differences"].empty
    assert dict(lonely["differences"].dtypes.astype(str)) == DIFFERENCES


def test_no_tunnel_has_nothing_to_rekey() -> None:
    unequal = [{**row, "psk_fingerprint": key} for row, key in zip(PAIR["connections"], "fg", strict=True)]
    said = estate({**PAIR, "connections": unequal})["outcomes"]
    assert set(said["verdict"]) == {"no_ike"}
    assert said["rekey_ok"].isna().all()
    assert said["rekey_says"].isna().all()


def test_every_difference_is_one_row_whoever_starts() -> None:
    differences = estate({**PAIR, "connections": APART})["differences"]
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
    whole = estate({**PAIR, "connections": [*APART, {"id": "c3"}]})
    rows = whole["predictions_by_connection"]
    assert list(rows["id"]) == ["c1", "c2", "c3"]
    assert rows["answered"].tolist() == [True, True, pd.NA]
    rows.index = [7, 8, 9]
    found = difference_in(rows, whole["differences"], "esplifetime")
    assert list(found.index) == [7, 8, 9]
    assert found["ours"].tolist() == ["3600 s", "7200 s", pd.NA]
    assert found["different"].tolist() == [True, True, False]
    assert found["cause_router"].tolist() == [False, False, False]


def test_a_far_vpc_that_does_not_answer_is_told_apart_from_one_that_is_not_known() -> None:
    whole = estate({**PAIR, "connections": PAIR["connections"][:1]})
    assert whole["predictions_by_connection"]["answered"].tolist() == [False]


def test_a_rekey_tells_its_suite_by_who_starts_it() -> None:
    """PFS on one end alone, between two routers: the rekey goes without it."""
    lost = [PAIR["connections"][0], {**PAIR["connections"][1], "esp_policy": "aes256-sha256"}]
    said = estate({**PAIR, "connections": lost})["outcomes"]
    assert set(said["rekey_by_router"]) == set(said["rekey_by_peer"]) == {"aes256-sha256"}
    assert set(said["reauthentication_suite"]) == {"aes256-sha256-modp2048"}
    assert set(said["implementation"]) == {"cloudstack"}
