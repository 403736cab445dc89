"""Which words a row gets: a decision table, read from the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.matching import as_arrow

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
    if not table:
        return pd.Series(otherwise, index=index, dtype=STRING)
    conditions = pc.make_struct(*(pa.array(_aligned(condition, index).array) for condition, _ in table))
    texts = [_words(text, index) for text in (*(text for _, text in table), otherwise)]
    return pd.Series(pd.array(pc.case_when(conditions, *texts), dtype=STRING), index=index)


def _words(text: Any, index: pd.Index[Any]) -> pa.Array | pa.Scalar:
    if isinstance(text, pd.Series):
        return as_arrow(_aligned(text, index).astype(STRING).array)
    return pa.scalar(text, pa.large_string())


def _aligned(values: pd.Series[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    return values if values.index is index or values.index.equals(index) else values.reindex(index)
