"""Rows that agree with another table: missing agrees with nothing, not even with missing."""

from __future__ import annotations

import pandas as pd

from vpnaudit.comparing.matching import has_match

ROWS = pd.DataFrame(
    {"source": ["s1", "s1", "s2", "s1"], "id": ["a", "b", "a", None]}, dtype="string", index=[3, 1, 4, 2]
)


def test_all_columns_must_agree() -> None:
    table = pd.DataFrame({"source": ["s1", "s2"], "id": ["a", "b"]}, dtype="string")
    assert has_match(ROWS, ["source", "id"], table).to_dict() == {3: True, 1: False, 4: False, 2: False}


def test_the_other_table_may_name_its_columns_otherwise() -> None:
    table = pd.DataFrame({"source": ["s2"], "far": ["a"]}, dtype="string")
    assert has_match(ROWS, ["source", "id"], table, ["source", "far"]).to_dict() == {
        3: False,
        1: False,
        4: True,
        2: False,
    }


def test_missing_agrees_with_nothing() -> None:
    table = pd.DataFrame({"source": ["s1"], "id": [None]}, dtype="string")
    assert not has_match(ROWS, ["source", "id"], table).any()
    assert not has_match(ROWS, ["source", "id"], table.iloc[:0]).any()
