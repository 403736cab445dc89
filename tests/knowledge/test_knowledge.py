"""Facts have a source and a day, and the few questions asked of them are answered at their edges too."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.knowledge import facts, group_name, version_key, within

ALGORITHMS = ("encryption", "integrity", "dh_groups")
versions = st.lists(st.integers(0, 99), min_size=2, max_size=5)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_has_a_strength_a_source_and_a_day(name):
    for keyword, row in facts(name).items():
        assert row["source"], keyword
        assert isinstance(row["reviewed"], date), keyword
        assert row["strength_bits"] >= 0, keyword
        assert isinstance(row["below_standard"], bool), keyword


def test_every_range_of_versions_has_a_beginning_an_end_a_source_and_a_day():
    ranges = [row for rows in facts("versions").values() if isinstance(rows, list) for row in rows]
    assert ranges
    for row in ranges:
        assert version_key(f"{row['from']}.0") < version_key(f"{row['below']}.0")
        assert row["source"]
        assert isinstance(row["reviewed"], date)


def test_a_group_is_shown_with_its_number_and_one_that_is_not_known_as_it_stands():
    assert group_name("modp2048") == "modp2048 (14)"
    assert group_name("modp77") == "modp77"
    numbers = [row["group"] for row in facts("dh_groups").values()]
    assert len(numbers) == len(set(numbers))


@given(versions, versions)
def test_versions_are_compared_as_numbers(left, right):
    keys = [version_key(".".join(map(str, parts)) + "-SNAPSHOT") for parts in (left, right)]
    assert (keys[0] < keys[1]) is (left < right)


@pytest.mark.parametrize("text", ["", "main", "4", "v4.22", "4.x"])
def test_a_text_that_is_no_version_has_no_key(text):
    assert version_key(text) is None


@pytest.mark.parametrize(
    ("version", "inside"),
    [
        ("4.10.9.9", False),
        ("4.11", True),
        ("4.11.0.0", True),
        ("4.14.1.0", True),
        ("4.15", False),
        ("4.15.0.0", False),
        ("main", False),
    ],
)
def test_a_range_holds_its_beginning_and_not_its_end(version, inside):
    assert within(version, {"from": "4.11", "below": "4.15"}) is inside
