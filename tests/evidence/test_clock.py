"""Times of every form of log are the router's, also without year, day or zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.evidence.clock import Reference, seconds

TAKEN = datetime(2027, 1, 1, 2, 30, tzinfo=UTC).timestamp()


def at(text: str, offset_s: int | None = None, taken: float | None = TAKEN) -> str | None:
    time = seconds(text, Reference(taken, offset_s))
    return None if time is None else datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-03T05:40:07.123456+00:00", "2026-11-03T05:40:07"),
        ("2026-11-03T05:40:07+01:00", "2026-11-03T04:40:07"),
        ("2026-11-03T05:40:07-0130", "2026-11-03T07:10:07"),
        ("2026-11-03 05:40:07Z", "2026-11-03T05:40:07"),
        ("2026-11-03T05:40:07", "2026-11-03T05:40:07"),
        ("Tue 2026-11-03 05:40:07 UTC", "2026-11-03T05:40:07"),
        ("Nov 03 05:40:05 2026", "2026-11-03T05:40:05"),
        ("Dec 31 23:59:59", "2026-12-31T23:59:59"),
        ("Jan  1 00:00:01", "2027-01-01T00:00:01"),
        ("Jan  1 20:00:00", "2027-01-01T20:00:00"),
        ("Jan  3 00:00:00", "2026-01-03T00:00:00"),
        ("Feb 29 00:00:00", "2024-02-29T00:00:00"),
        ("02:30:30", "2027-01-01T02:30:30"),
        ("23:00:00.5", "2026-12-31T23:00:00"),
        ("Dec 31 23:59:60", "2027-01-01T00:00:00"),
    ],
)
def test_a_time_is_read(text, time):
    assert at(text) == time


def test_a_zone_that_the_line_does_not_say_is_the_routers():
    assert at("Nov  3 05:40:07", offset_s=3600) == "2026-11-03T04:40:07"
    assert at("2026-11-03T05:40:07", offset_s=-3600) == "2026-11-03T06:40:07"


@pytest.mark.parametrize("text", ["", "Foo  3 05:40:07", "Nov 31 05:40:07", "2026-13-03T05:40:07", "25:00:00", "text"])
def test_what_is_no_time_is_none(text):
    assert at(text) is None


def test_what_lacks_a_part_is_none_without_a_reference():
    assert at("Nov  3 05:40:07", taken=None) is None
    assert at("05:40:07", taken=None) is None
    assert at("2026-11-03T05:40:07Z", taken=None) == "2026-11-03T05:40:07"


@given(st.text(max_size=40))
@modest
def test_no_text_breaks_the_reader(text):
    at(text)
