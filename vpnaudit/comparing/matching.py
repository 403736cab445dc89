"""Rows that agree with rows of another table in some columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.matching import places_in

if TYPE_CHECKING:
    from collections.abc import Sequence


def has_match(
    rows: pd.DataFrame, columns: Sequence[str], table: pd.DataFrame, table_columns: Sequence[str] | None = None
) -> pd.Series[Any]:
    """Whether a row of `table` has the same values; True or False, aligned with `rows`. Missing agrees with nothing.

    Args:
        rows: to be answered for.
        columns: of `rows`.
        table: to be looked in.
        table_columns: of `table`, in the same order; the same names where they are left out.
    """
    return pd.Series(places_in(rows, columns, table, table_columns) >= 0, index=rows.index)
