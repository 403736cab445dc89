"""The tables of an estate: for each column its type, the API field it comes from, and what it means.

Four column types exist: `string`, `Int64`, `boolean`, `datetime64[us, UTC]`. All can be missing (`<NA>`), and missing
means *the server did not say*, never *no*. pandas' default `str` is not among them, since there `NaN != 'ikev1'` is
True and a mask silently decides what nobody knows.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from vpnaudit.errors import EstateError
from vpnaudit.estate.columns import BOOLEAN, INTEGER, SPECIFICATION, STRING, UTC

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_NUMBER = re.compile(r"-?[0-9]{1,19}")
_UNFIT = "Table {} is not what its schema says: {}. This is a fault in vpnaudit; please report it."


class Tables(Protocol):
    """Tables by name: an estate, or what a rule sees of one."""

    def __getitem__(self, name: str, /) -> pd.DataFrame: ...


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, the field of the API reply (empty: made by vpnaudit), and its meaning."""

    name: str
    dtype: str
    field: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `key` names the columns that identify a row; `command` is the API call it comes from (empty: made by
    vpnaudit).
    """

    name: str
    command: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def dtypes(self) -> dict[str, str]:
        """Column name to dtype, in order."""
        return {column.name: column.dtype for column in self.columns}

    def empty(self) -> pd.DataFrame:
        """The table without rows: legal everywhere."""
        return _empty(self).copy(deep=False)  # copy on write: nobody changes the frame that all share

    def frame(self, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
        """Rows keyed by column name become a typed frame. A key that is not there, a value that cannot be read as its
        type: missing.
        """
        all_rows = list(rows)
        columns = {c.name: _typed([row.get(c.name) for row in all_rows], c.dtype) for c in self.columns}
        return pd.DataFrame(columns, columns=list(self.dtypes))

    def check(self, frame: pd.DataFrame) -> None:
        """Raise `EstateError` unless the frame has exactly these columns and types, and a key in every row."""
        import pandera.errors  # noqa: PLC0415 - costs two seconds to import; only writing a snapshot needs it

        # pandera takes object and pandas' default str for string, and with these missing values decide comparisons.
        loose = {
            name: str(dtype)
            for name, dtype in frame.dtypes.items()
            if str(dtype) != self.dtypes.get(str(name), str(dtype))
        }
        try:
            _schema(self).validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as error:
            cases = error.failure_cases[["column", "check", "failure_case"]].head(5).to_dict("records")
            raise EstateError(_UNFIT.format(self.name, cases)) from None
        if loose:
            raise EstateError(_UNFIT.format(self.name, loose))


def whole_text(text: str) -> str:
    r"""The text with the replacement character for each half of a surrogate pair: UTF-8, and so Parquet, has none.

    >>> whole_text("a\ud800b")
    'a�b'
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dicts; a missing cell is None."""
    if frame.empty:
        return []
    columns = {str(name): _cells(frame[name]) for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as JSON has them: a time is ISO 8601 text, a missing cell None."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return rows


def _cells(column: pd.Series[Any]) -> list[Any]:
    return [None if missing else cell for cell, missing in zip(column.tolist(), column.isna(), strict=True)]


def _typed(values: list[Any], dtype: str) -> pd.Series:
    if dtype == STRING:
        return pd.Series([None if v is None else whole_text(str(v)) for v in values], dtype=STRING)
    if dtype == INTEGER:
        return pd.Series([_integer(v) for v in values], dtype=INTEGER)
    if dtype == BOOLEAN:
        return pd.Series([_boolean(v) for v in values], dtype=BOOLEAN)
    return pd.Series([_time(v) for v in values], dtype=UTC)


def _time(value: Any) -> dt.datetime | None:
    """A time, or ISO 8601 text of one, in UTC; None: it is none."""
    try:
        time = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(time, dt.datetime) or pd.isna(time):
            return None
        return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):  # no date, or a year before the first in UTC
        return None


def _integer(value: Any) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if (isinstance(value, str) and not _NUMBER.fullmatch(value)) or (isinstance(value, float) and value % 1):
        return None  # int() takes 1_000 and 1.5 too
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower())


@cache
def _empty(table: Table) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in table.dtypes.items()})


@cache
def _schema(table: Table) -> Any:
    import pandera.pandas as pa  # noqa: PLC0415 - see Table.check

    columns = {
        c.name: pa.Column(c.dtype, nullable=c.name not in table.key, description=c.meaning) for c in table.columns
    }
    return pa.DataFrameSchema(columns, strict=True, ordered=True, coerce=False, name=table.name)


def _build() -> dict[str, Table]:
    tables = {}
    for name, (command, key, meaning, columns) in SPECIFICATION.items():
        rows = tuple(Column(*column) for column in columns)
        tables[name] = Table(name, command, meaning, rows, key)
    return tables


TABLES: dict[str, Table] = _build()
