"""What the report says in words."""

from __future__ import annotations

import pytest

from vpnaudit.findings import CANNOT_TELL, VERDICTS
from vpnaudit.report.words import HOW_TO_CLOSE, verdict
from vpnaudit.report.words import VERDICTS as SAID

NONE = dict.fromkeys(("critical", "high", "medium", "low", "info"), 0)


@pytest.mark.parametrize(
    ("causes", "affected", "coverage", "asked", "said"),
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
def test_verdict_names_the_worst_and_how_far_it_reaches(causes, affected, coverage, asked, said) -> None:
    assert verdict(NONE | causes, NONE | affected, 33, coverage, asked) == said


def test_every_verdict_and_every_open_question_has_words() -> None:
    assert set(SAID) == set(VERDICTS)
    assert set(HOW_TO_CLOSE) == set(CANNOT_TELL)
