"""Counts and neighbours say what the pairs would, without them."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.comparing.overlapping import neighbours, overlap_counts
from vpnaudit.estate.cidrs import overlaps

edge = st.integers(0, 12)
interval = st.tuples(edge, edge, st.sampled_from(["a", "b"])).map(lambda row: (*sorted(row[:2]), row[2]))
missing = st.just((None, None, "a")) | st.just((1, 9, None))


def frame(rows: list) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["start", "end", "site"])
    return table.astype({"start": "Int64", "end": "Int64", "site": "string"}).assign(row=range(len(rows)))


@given(st.lists(interval | missing, max_size=8), st.lists(interval | missing, max_size=8), st.booleans())
@settings(max_examples=150, deadline=None)
def test_counts_are_those_of_the_pairs(left: list, right: list, grouped: bool) -> None:
    lefts, rights, by = frame(left), frame(right), ["site"] if grouped else []
    pairs = overlaps(lefts, rights, by=by)["row_left"].value_counts()
    assert overlap_counts(lefts, rights, by).tolist() == [int(pairs.get(n, 0)) for n in range(len(left))]


@given(st.lists(interval, max_size=9))
@settings(max_examples=150, deadline=None)
def test_who_meets_another_has_a_neighbour_and_every_neighbour_is_met(rows: list) -> None:
    table = frame(rows)
    pairs = overlaps(table, table, by="site")
    met = {(a, b) for a, b in zip(pairs["row_left"], pairs["row_right"], strict=True) if a != b}
    near = neighbours(table, "site")
    named = set(zip(near["left"], near["right"], strict=True))
    assert named <= met
    assert {left for left, _ in named} == {left for left, _ in met}
    assert len(named) <= 2 * len(rows)
