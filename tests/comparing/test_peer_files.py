"""A peer file answers for the far end, and only where there is one."""

from __future__ import annotations

import pytest

from tests.estates import BOOK, FAR, PAIR, estate
from vpnaudit.comparing.peer_files import with_peer_files


def rows_of(tables: dict):
    whole = estate(tables)
    return with_peer_files(whole["both_ends"], whole["outcomes"], whole["peers"])


def test_two_vpcs_stay_as_they_are() -> None:
    rows = rows_of(PAIR)
    assert rows["told_by"].isna().all()
    assert rows["far_row"].tolist() == ["c2", "c1"]
    assert set(rows["far_table"]) == {"connections"}
    assert rows["passive_far"].tolist() == [False, False]


@pytest.mark.parametrize(("auto", "passive"), [("start", False), ("add", True), ("ignore", True)])
def test_a_file_gives_the_key_and_who_starts(auto: str, passive: bool) -> None:
    peer = {**BOOK, "auto": auto, "psk_fingerprint": "aaaa"}
    tables = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR], "peers": [peer]}
    (row,) = rows_of(tables).to_dict("records")
    assert (row["answered"], row["far_table"], row["far_row"]) == (True, "peers", "branch")
    assert (row["auto_in_file"], row["passive_far"], row["psk_fingerprint_far"]) == (auto, passive, "aaaa")
