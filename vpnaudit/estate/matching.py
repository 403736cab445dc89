"""Where rows of one table stand in another that agrees with them in some columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_SEPARATOR = pa.scalar("\x1f", pa.large_string())


def places_in(
    rows: pd.DataFrame, columns: Sequence[str], table: pd.DataFrame, table_columns: Sequence[str] | None = None
) -> npt.NDArray[np.int64]:
    """For each row the place of the first row of `table` with the same texts, -1 where none has. Missing agrees with
    nothing.
    """
    sought, keys = _keys(rows, columns), _keys(table, table_columns or columns)
    places: npt.NDArray[np.int64] = (
        pc.fill_null(pc.index_in(sought, value_set=keys, skip_nulls=True), -1).to_numpy().astype("int64")
    )
    return places


def _keys(rows: pd.DataFrame, columns: Sequence[str]) -> pa.Array:
    texts: list[Any] = [as_arrow(rows[column].array) for column in columns]
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, _SEPARATOR)


def as_arrow(column: Any) -> pa.Array:
    """A column of texts without its wrapping, in one piece."""
    array = pa.array(column, type=pa.large_string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
