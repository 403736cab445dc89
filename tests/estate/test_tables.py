"""Typed tables: what the server did not say, or said in a form that cannot be read, is missing and never a value."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.errors import EstateError
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING, UTC
from vpnaudit.estate.tables import TABLES

anything = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers(), max_size=2)
)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_every_table_says_what_it_is(table) -> None:
    assert table.meaning
    assert set(table.key) <= set(table.dtypes)
    assert set(table.dtypes.values()) <= {STRING, INTEGER, BOOLEAN, UTC}
    assert len(table.dtypes) == len(table.columns), "no column twice"
    table.check(table.empty())


@given(st.lists(st.fixed_dictionaries({"dpd": anything, "ike_lifetime_s": anything, "gateway": anything}), max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_value_becomes_its_type_or_missing(rows: list) -> None:
    frame = TABLES["customer_gateways"].frame(rows)
    assert {n: str(t) for n, t in frame.dtypes.items()} == TABLES["customer_gateways"].dtypes
    assert len(frame) == len(rows)


@pytest.mark.parametrize(
    ("given", "read"), [("true", True), ("False", False), (True, True), ("yes", None), (1, None), (None, None)]
)
def test_booleans(given: object, read: bool | None) -> None:
    cell = TABLES["customer_gateways"].frame([{"dpd": given}])["dpd"][0]
    assert (pd.isna(cell) and read is None) or cell == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        *(("3600", 3600), (60, 60), (60.0, 60), ("-5", -5)),
        *((odd, None) for odd in (True, "1h", "1_000", " 5", "٣", 1.5, float("nan"), float("inf"), 2**63, "9" * 19)),
        *((odd, None) for odd in (None, [], "9" * 5_000)),
    ],
)
def test_integers(given: object, read: int | None) -> None:
    cell = TABLES["customer_gateways"].frame([{"ike_lifetime_s": given}])["ike_lifetime_s"][0]
    assert (pd.isna(cell) and read is None) or cell == read


def test_times_are_utc_and_unreadable_ones_are_missing() -> None:
    rows = [{"created_utc": text} for text in ("2026-11-24T09:00:00+0100", "soon", None)]
    times = TABLES["connections"].frame(rows)["created_utc"]
    assert times.dtype == UTC
    assert times[0] == pd.Timestamp("2026-11-24T08:00:00Z")
    assert times.isna().tolist() == [False, True, True]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+1400", "2026-13-01", 5, [], pd.NaT, "99999-01-01T00:00:00Z"])
def test_a_time_that_no_calendar_has_is_missing(time: object) -> None:
    assert TABLES["connections"].frame([{"created_utc": time}])["created_utc"].isna().all()


def test_a_time_without_a_zone_is_utc_and_the_last_year_is_kept() -> None:
    rows = [{"created_utc": "2026-11-24T09:00:00"}, {"created_utc": "9999-12-31T23:59:59+0000"}]
    times = TABLES["connections"].frame(rows)["created_utc"]
    assert times[0] == pd.Timestamp("2026-11-24T09:00:00Z")
    assert times[1].year == 9999


def test_half_a_surrogate_pair_is_replaced_so_that_the_table_can_be_written(tmp_path) -> None:
    frame = TABLES["vpcs"].frame([{"source": "s", "id": "v", "name": "a\ud800b\U0001f600"}])
    assert frame["name"][0] == "a�b\U0001f600"
    frame.to_parquet(tmp_path / "vpcs.parquet")


def test_a_name_that_is_no_text_is_kept_as_text() -> None:
    assert TABLES["vpcs"].frame([{"name": 7}])["name"][0] == "7"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good.astype({"name": "object"}),
        lambda good: good.astype({"name": "str"}),
        lambda good: good.astype({"redundant_router": "object"}),
        lambda good: good.drop(columns="cidr"),
        lambda good: good.assign(more=1),
        lambda good: good.assign(id=pd.Series([None], dtype="string")),
    ],
    ids=["object", "the default str", "object for boolean", "a column less", "a column more", "no key"],
)
def test_a_table_that_is_not_what_its_schema_says_is_refused(spoil) -> None:
    good = TABLES["vpcs"].frame([{"source": "s1", "id": "p1"}])
    TABLES["vpcs"].check(good)
    with pytest.raises(EstateError, match="Table vpcs is not what its schema says"):
        TABLES["vpcs"].check(spoil(good))


def test_the_empty_frame_is_not_shared() -> None:
    one = TABLES["vpcs"].empty()
    one.loc[0, "name"] = "mine"
    assert TABLES["vpcs"].empty().empty
