"""Each subject has one number, whoever judges it, and its place in the order is worked out once."""

from __future__ import annotations

import pandas as pd

from vpnaudit.estate.subjects import COLUMNS
from vpnaudit.findings.subject_index import SubjectIndex

ROWS = [
    ("connection", "s2", "a", "far"),
    ("connection", "s1", "a", None),
    ("tier", "s1", "t", "Web"),
    ("tier", "s1", "a", "the second of its key"),
]


def index() -> SubjectIndex:
    rows = [dict(zip(("kind", "source", "id", "name"), row, strict=True)) for row in ROWS]
    return SubjectIndex(pd.DataFrame(rows, columns=list(COLUMNS), dtype="string"))


def numbers(whole: SubjectIndex, kind: str, *keys: tuple[str, str | None]) -> list[int]:
    sources, ids = (pd.array(list(column), dtype="string") for column in zip(*keys, strict=True))
    return whole.numbers(kind, sources, ids).tolist()


def test_equal_ids_of_two_sources_are_two_subjects_and_a_rule_may_judge_another_kind() -> None:
    whole = index()
    assert numbers(whole, "connection", ("s1", "a"), ("s2", "a"), ("s1", "t")) == [1, 0, 2]
    assert numbers(whole, "tier", ("s1", "a")) == [1]


def test_what_nobody_saw_gets_one_number_a_kind_and_its_id_for_a_name() -> None:
    whole = index()
    unseen = numbers(whole, "tier", ("s1", None), ("s1", "x"), ("s1", None))
    assert unseen == [3, 4, 3]
    assert numbers(whole, "connection", ("s1", None)) == [5]
    assert whole.table["kind"].tolist()[3:] == ["tier", "tier", "connection"]
    assert whole.table["subject"].fillna("-").tolist() == ["far", "a", "Web", "-", "x", "-"]


def test_the_same_question_has_the_same_answer() -> None:
    whole = index()
    assert numbers(whole, "tier", ("s1", "t")) == numbers(whole, "tier", ("s1", "t")) == [2]


def test_order_is_by_source_name_and_id_with_missing_last_and_equal_ones_alike() -> None:
    whole = index()
    numbers(whole, "tier", ("s1", None))
    numbers(whole, "connection", ("s1", None))
    ranks = whole.ranks.tolist()
    assert ranks[2] < ranks[1] < ranks[3] == ranks[4] < ranks[0]


def test_a_name_is_found_by_the_id_alone_the_first_counts() -> None:
    import pyarrow as pa

    ids = pa.array(["a", "t", None, "?"], pa.large_string())
    assert index().names(ids).to_pylist() == index().names(ids).to_pylist() == ["far", "Web", None, None]
