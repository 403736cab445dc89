"""Parts of sentences: each says its one thing, and nothing where nothing is known."""

from __future__ import annotations

import pandas as pd

from vpnaudit.comparing.words import confidence_words, first_rekey_words, starter_words


def test_who_starts_when_it_fails() -> None:
    causes = pd.DataFrame({"router": [True, True, False], "peer": [True, False, True]}, index=[5, 3, 1])
    assert starter_words(causes).to_dict() == {
        5: "whoever starts",
        3: "when this router starts",
        1: "when the far end starts",
    }


def test_the_first_rekey_is_given_in_whole_minutes_by_who_has_one() -> None:
    rows = pd.DataFrame(
        {
            "rekey_earliest_s_router": [2520, None, None],
            "rekey_latest_s_router": [3061, None, None],
            "rekey_earliest_s_peer": [1, 119, None],
            "rekey_latest_s_peer": [1, 121, None],
        }
    )
    assert first_rekey_words(rows).tolist() == [", 42 to 52 min after it came up", ", 1 to 3 min after it came up", ""]


def test_confidence_is_not_mentioned_where_just_this_was_measured() -> None:
    rows = pd.DataFrame({"confidence_router": ["measured here", "from documentation", None]}, dtype="string")
    assert confidence_words(rows).tolist() == ["", " (from documentation)", ""]
