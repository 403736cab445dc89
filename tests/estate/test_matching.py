"""Rows are found by texts; the first counts, and missing is found nowhere."""

from __future__ import annotations

import pandas as pd
import pytest

from vpnaudit.estate.matching import as_arrow, places_in

ROWS = pd.DataFrame({"source": ["s1", "s1", "s2", None], "id": ["a", "b", "a", "a"]}, dtype="string")
TABLE = pd.DataFrame({"source": ["s1", None, "s1"], "other": ["a", "a", "a"]}, dtype="string")


@pytest.mark.parametrize(
    ("columns", "theirs", "places"),
    [(["source", "id"], ["source", "other"], [0, -1, -1, -1]), (["source"], None, [0, 0, -1, -1])],
)
def test_places_are_those_of_the_first_equal_row(columns, theirs, places) -> None:
    assert places_in(ROWS, columns, TABLE, theirs).tolist() == places


def test_nothing_is_found_in_an_empty_table() -> None:
    assert places_in(ROWS, ["id"], TABLE[:0], ["other"]).tolist() == [-1] * 4


def test_a_column_in_pieces_becomes_one() -> None:
    column = pd.concat([ROWS["id"], ROWS["id"]], ignore_index=True).array
    assert as_arrow(column).to_pylist() == ["a", "b", "a", "a"] * 2
