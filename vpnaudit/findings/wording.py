"""Which words a row gets: a decision table, read from the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from collections.abc import Sequence


def counted(numbers: pd.Series[Any], noun: str) -> pd.Series[Any]:
    """The numbers with their noun: `1 tier`, `2 tiers`."""
    return (
        numbers.astype(STRING) + f" {noun}" + pd.Series("s", index=numbers.index, dtype=STRING).mask(numbers == 1, "")
    )


def words_by_condition(
    index: pd.Index[Any], table: Sequence[tuple[pd.Series[Any], Any]], otherwise: Any = None
) -> pd.Series[Any]:
    """For each row the words of the first condition that holds, else `otherwise`.

    Args:
        index: of the rows.
        table: conditions, three-valued (missing does not hold), each with its words.
        otherwise: words for rows of which no condition holds.

    Words are a constant or a Series aligned with the rows; None is missing.
    """
    words = pd.Series(otherwise, index=index, dtype=STRING)
    for condition, text in reversed(table):
        holds = condition.astype("boolean").fillna(value=False)
        if holds.any():
            words = words.mask(holds, pd.NA if text is None else text)
    return words
