"""A decision table of words is read from the top, and what is missing never holds."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.findings.wording import counted, words_by_condition

three = st.sampled_from([True, False, None])


@given(st.lists(st.lists(three, min_size=4, max_size=4), max_size=4))
@settings(max_examples=40, deadline=None)
def test_equals_a_walk_over_the_table(columns: list) -> None:
    index = pd.Index([7, 3, 5, 1])
    table = [(pd.Series(column, index=index, dtype="boolean"), f"words {n}") for n, column in enumerate(columns)]
    expected = [
        next((f"words {n}" for n, column in enumerate(columns) if column[row] is True), "else") for row in range(4)
    ]
    assert words_by_condition(index, table, "else").tolist() == expected


def test_words_of_each_row_are_aligned_by_label_and_none_is_missing() -> None:
    index = pd.Index([7, 3, 5])
    yes, no = (pd.Series([value] * 3, index=index, dtype="bool") for value in (True, False))
    of_rows = pd.Series({5: "five", 7: "seven", 3: None}, dtype="string")
    words = words_by_condition(index, [(no, "never"), (yes, of_rows)])
    assert words.fillna("?").tolist() == ["seven", "?", "five"]
    assert words.dtype == "string"
    assert words_by_condition(index, [(yes, None)], "else").isna().all()
    assert words_by_condition(index, []).isna().all()


def test_one_is_singular_and_everything_else_is_not() -> None:
    numbers = pd.Series([0, 1, 2, None], index=[4, 3, 2, 1], dtype="Int64")
    assert counted(numbers, "tier").fillna("?").tolist() == ["0 tiers", "1 tier", "2 tiers", "?"]
