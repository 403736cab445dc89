"""Gaps of rows and gaps of cells: what a gap takes from a table, and the gaps that come of a snapshot's age.

A gap of rows says that objects are missing, so nothing may be concluded from their absence. A gap of cells says that
all rows are there and some columns are not: each rule sees cells that are missing, and cannot tell by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping


def row_gaps(gaps: pd.DataFrame) -> pd.DataFrame:
    """The gaps by which a table lacks rows: all but those that name columns."""
    return gaps[gaps["column_names"].isna()]


def complete(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Every table of this release from the tables of a snapshot, which may be of an older one.

    A table that is not there is empty, a column that is not there is missing, and `gaps` says so for each source. The
    table `gaps` itself is left out of that: what it lacks hides nothing of a cloud.
    """
    tables = {name: _widened(name, frames.get(name)) for name in TABLES}
    sources = sorted(frames["sources"]["source"].dropna())
    ages = [_of_age(source, name, frames.get(name)) for source in sources for name in TABLES if name != "gaps"]
    later = [gap for gap in ages if gap]
    if later:
        tables["gaps"] = pd.concat([tables["gaps"], TABLES["gaps"].frame(later)], ignore_index=True)
    return tables


def _widened(name: str, frame: pd.DataFrame | None) -> pd.DataFrame:
    table = TABLES[name]
    if frame is None or frame.empty:
        return table.empty()
    columns = {
        column: frame[column] if column in frame else pd.Series(None, index=frame.index, dtype=dtype)
        for column, dtype in table.dtypes.items()
    }
    return pd.DataFrame(columns).astype(table.dtypes)


def _of_age(source: str, name: str, frame: pd.DataFrame | None) -> dict[str, Any] | None:
    """The gap of one table that a snapshot is too old to have whole. It is expected: no collection failed."""
    gap = {"source": source, "table": name, "reason": "not-collected", "expected": True}
    if frame is None:
        return gap | {"text": "this snapshot is older than the table"}
    later = [column for column in TABLES[name].dtypes if column not in frame]
    if not later:
        return None
    text = f"this snapshot is older than the column{'s' if len(later) > 1 else ''} {', '.join(later)}"
    return gap | {"text": text, "column_names": ",".join(later)}
