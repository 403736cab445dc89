"""What a list of networks is to the network it should name: against sets of addresses."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.comparing.networks import RELATIONS, first_names, first_names_of_lists, relation
from vpnaudit.estate.cidrs import parse

small = st.builds(
    lambda start, size: f"10.0.0.{start // (1 << size) * (1 << size)}/{32 - size}",
    st.integers(0, 31),
    st.integers(0, 5),
)


def addresses(text: str) -> set[int]:
    interval = parse(text)
    assert interval is not None
    return set(range(interval[0], interval[1] + 1))


def by_sets(texts: list[str], network: str) -> str:
    named, whole = set().union(*(addresses(t) for t in texts)), addresses(network)
    cases = [named.isdisjoint(whole), named == whole, named > whole, named < whole]
    return next(
        (name for case, name in zip(cases, ["disjoint", "equal", "wider", "narrower"], strict=True) if case), "partial"
    )


def series(texts: list) -> pd.Series:
    return pd.Series(texts, dtype="string")


@given(st.lists(st.tuples(st.lists(small, max_size=5), small), max_size=8))
@settings(max_examples=40, deadline=None)
def test_equals_what_sets_of_addresses_say(rows: list) -> None:
    kinds = relation(series([",".join(texts) for texts, _ in rows]), series([network for _, network in rows]))
    assert kinds.tolist() == [by_sets(texts, network) for texts, network in rows]


def test_knows_every_relation_at_full_size() -> None:
    lists = ["10.0.0.0/9,10.128.0.0/9", "0.0.0.0/0", "10.1.0.0/16", "10.0.0.0/9,11.0.0.0/9", "11.0.0.0/8"]
    assert relation(series(lists), series(["10.0.0.0/8"] * 5)).tolist() == list(RELATIONS)


def test_missing_and_unreadable_stay_missing_and_keep_the_index() -> None:
    lists = series([None, "10.0.0.0/8,x", "10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8,"]).set_axis([7, 3, 5, 1, 9])
    networks = series(["10.0.0.0/8", "10.0.0.0/8", None, "y", "10.0.0.0/8"]).set_axis([7, 3, 5, 1, 9])
    kinds = relation(lists, networks)
    assert kinds.isna().tolist() == [True, True, True, True, False]
    assert kinds[9] == "equal"
    assert kinds.dtype == "string"


def test_a_sentence_names_two_networks_at_most() -> None:
    assert first_names(["a", "a", "b"]) == "a, b"
    assert first_names_of_lists(series(["a,b,c,d", "a", None])).fillna("?").tolist() == ["a, b and 2 more", "a", "?"]
