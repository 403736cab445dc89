"""Columns and frames of the provider's estate, made as a whole instead of row by row."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate import TABLES
from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.integer[Any]]

SOURCE = "provider"


def ids(draw: np.random.Generator, count: int) -> Any:
    """So many UUIDs, as a column."""
    digits = draw.bytes(16 * count).hex()
    return pd.array([str(uuid.UUID(digits[at : at + 32])) for at in range(0, len(digits), 32)], dtype=STRING)


def numbered(text: str, numbers: Integers) -> Any:
    """The text with each number put into it, as a column."""
    return pd.array([text.format(number) for number in numbers.tolist()], dtype=STRING)


def address_texts(addresses: Integers, prefix: int | None = None) -> Any:
    """Each address, or network of that prefix, as a column."""
    tail = "" if prefix is None else f"/{prefix}"
    return pd.array([f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}{tail}" for a in addresses.tolist()], STRING)


def pick(values: Sequence[Any], codes: Integers, dtype: str = STRING) -> Any:
    """The value that each code stands for, as a column; None among the values is a missing cell."""
    return pd.array(values, dtype=dtype).take(codes)


def frame(table: str, rows: int, columns: Mapping[str, Any]) -> pd.DataFrame:
    """A table of so many rows: columns as they are, single values throughout, all else missing."""
    dtypes = TABLES[table].dtypes
    cells = {"source": SOURCE, **columns} if "source" in dtypes else columns
    unknown = cells.keys() - dtypes.keys()
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
    index = pd.RangeIndex(rows)
    return pd.DataFrame({name: pd.Series(cells.get(name), index=index, dtype=dtype) for name, dtype in dtypes.items()})


def picked(columns: Mapping[str, Any], codes: Integers, names: Iterable[str]) -> dict[str, Any]:
    """These columns of other rows, by the number of the row."""
    return {name: columns[name].take(codes) for name in names}
