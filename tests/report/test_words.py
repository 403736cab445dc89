"""What the report says in words."""

from __future__ import annotations

import pytest

from vpnaudit.findings import CANNOT_TELL, VERDICTS
from vpnaudit.report.words import HOW_TO_CLOSE, count, day_text, list_up, percent, utc, verdict
from vpnaudit.report.words import VERDICTS as WORDS

NONE = dict.fromkeys(("critical", "high", "medium", "low", "info"), 0)


@pytest.mark.parametrize(
    ("causes", "affected", "coverage", "least", "sentence"),
    [
        (
            {"critical": 5, "high": 9},
            {"critical": 10, "high": 20},
            82,
            0,
            "5 critical causes affect 10 of 33 connections.",
        ),
        ({"critical": 1}, {"critical": 1}, 82, 0, "1 critical cause affects 1 of 33 connections."),
        ({"high": 2}, {"high": 3}, 82, 0, "No critical cause; 2 high causes affect 3 of 33 connections."),
        ({"high": 1}, {}, 82, 0, "No critical cause; 1 high cause, on none of the 33 connections."),
        (
            {"medium": 2, "low": 1},
            {},
            82,
            0,
            "No critical or high cause; 3 lesser ones. 82\xa0% of the checks could be judged.",
        ),
        ({}, {}, 41, 0, "Nothing failed; 41\xa0% of the checks could be judged."),
        (
            {"critical": 5},
            {},
            41,
            60,
            "Too little was seen to judge: 41\xa0% of the checks, and 60\xa0% were asked for.",
        ),
    ],
)
def test_verdict_names_the_worst_and_how_far_it_reaches(causes, affected, coverage, least, sentence) -> None:
    assert verdict(NONE | causes, NONE | affected, 33, coverage, least) == sentence


def test_every_verdict_and_every_open_question_has_words() -> None:
    assert set(WORDS) == set(VERDICTS)
    assert set(HOW_TO_CLOSE) == set(CANNOT_TELL)


def test_a_share_is_never_rounded_to_all_or_to_nothing() -> None:
    assert percent(1999, 2000) == "99\xa0%"
    assert percent(1, 500) == "under 1\xa0%"
    assert percent(0, 0) == "—"


def test_what_is_left_out_of_a_list_is_counted() -> None:
    assert list_up([]) == ""
    assert list_up(["a"]) == "a"
    assert list_up(["a", "b", "c", "d", "e"]) == "a, b, c, d and e"
    assert list_up(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"


def test_numbers_agree_with_their_noun_and_a_missing_time_says_so() -> None:
    assert (count(1, "check"), count(1934, "check"), count(2, "VPC", "VPCs"), count(7)) == (
        "1 check",
        "1,934 checks",
        "2 VPCs",
        "7",
    )
    assert (utc(None), day_text(None)) == ("not known", "not known")
