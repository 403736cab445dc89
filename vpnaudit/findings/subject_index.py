"""Subjects by number: a verdict names its subject by its row here, and who and where that is, is worked out once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.matching import as_arrow

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.int32]

PATH: Final = ("zone", "domain", "account", "project", "vpc", "customer_gateway")
"""Where an object is, by name."""

_KEY: Final = ["source", "id"]


class SubjectIndex:
    """The objects of an estate by number, and behind them those that verdicts name though nobody saw them."""

    def __init__(self, subjects: pd.DataFrame) -> None:
        """`subjects` is the derived table of that name. Of rows with one key the first counts."""
        self._subjects = subjects
        self._rows = subjects.drop_duplicates(_KEY, ignore_index=True)[["kind", *_KEY, "name", *PATH]]
        self._of_kind: dict[str, tuple[Numbers, pa.Array, pa.Array]] = {}
        self._unseen: dict[tuple[str, str | None, str | None], int] = {}
        self._names: list[tuple[pa.Array, pa.Array]] = []
        self._answers: list[tuple[str, pa.Array, pa.Array, Numbers]] = []

    def numbers(self, kind: str, sources: Any, ids: Any) -> Numbers:
        """The number of each subject; one that is not in the estate gets one, as an object of this kind."""
        wanted = as_arrow(sources), as_arrow(ids)
        for asked, *before, answer in self._answers:  # most rules judge the rows of one of a few tables
            if asked == kind and all(new.equals(old) for new, old in zip(wanted, before, strict=True)):
                return answer
        numbers = self._numbers_of_kind(kind, *wanted)
        self._answers.append((kind, *wanted, numbers))
        return numbers

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a number: kind, source, id, subject (its name, else its id) and `PATH`. No number is given after it was
        first asked for.
        """
        unseen = pd.DataFrame(list(self._unseen), columns=["kind", *_KEY], dtype=STRING)
        rows = pd.concat([self._rows, unseen], ignore_index=True) if len(unseen) else self._rows
        return rows.assign(name=rows["name"].fillna(rows["id"])).rename(columns={"name": "subject"})

    @cached_property
    def ranks(self) -> Numbers:
        """The place of each number in the order of source, subject and id, missing last; equal ones have one rank."""
        rows = self.table[["source", "subject", "id"]]
        keys = [(name, "ascending") for name in rows.columns]
        order = pc.sort_indices(pa.Table.from_pandas(rows, preserve_index=False), sort_keys=keys).to_numpy()
        in_order = rows.iloc[order]
        before = in_order.shift()
        differs = ~((in_order == before) | (in_order.isna() & before.isna())).fillna(value=False).all(axis=1)
        ranks = np.empty(len(rows), dtype="int32")
        ranks[order] = np.cumsum(differs.to_numpy(dtype=bool))
        return ranks

    def names(self, ids: pa.Array) -> pa.Array:
        """The names of objects by id alone: of several sources' the first."""
        for before, names in self._names:
            if before.equals(ids):
                return names
        place = pc.index_in(ids, value_set=as_arrow(self._subjects["id"].array), skip_nulls=True)
        names = as_arrow(self._subjects["name"].array).take(place)
        self._names.append((ids, names))
        return names

    def _numbers_of_kind(self, kind: str, sources: pa.Array, ids: pa.Array) -> Numbers:
        if kind not in self._of_kind:
            rows = self._rows[self._rows["kind"] == kind]
            known = as_arrow(rows["source"].array), as_arrow(rows["id"].array)
            self._of_kind[kind] = (rows.index.to_numpy(dtype="int32"), *known)
        numbers_of_kind, known_sources, known_ids = self._of_kind[kind]
        place = pc.index_in(ids, value_set=known_ids, skip_nulls=True)
        same = pc.fill_null(pc.equal(known_sources.take(place), sources), False)
        numbers = np.zeros(len(ids), dtype="int32")
        hits = np.flatnonzero(same.to_numpy(zero_copy_only=False))
        numbers[hits] = numbers_of_kind[place.take(pa.array(hits)).to_numpy()]
        others = np.flatnonzero(~same.to_numpy(zero_copy_only=False))
        if len(others):
            places = pa.array(others)
            numbers[others] = self._numbers_of_any_kind(kind, sources.take(places), ids.take(places))
        return numbers

    def _numbers_of_any_kind(self, kind: str, sources: pa.Array, ids: pa.Array) -> Numbers:
        """A rule may judge objects of several kinds, and such as are in no table."""
        wanted = pd.DataFrame({"source": pd.array(sources, dtype=STRING), "id": pd.array(ids, dtype=STRING)})
        numbered = self._rows[_KEY].assign(number=np.arange(len(self._rows)))
        numbers = wanted.merge(numbered, on=_KEY, how="left")["number"].fillna(-1).to_numpy(dtype="int32")
        for place in np.flatnonzero(numbers < 0):
            key = (kind, sources[place].as_py(), ids[place].as_py())
            numbers[place] = self._unseen.setdefault(key, len(self._rows) + len(self._unseen))
        return numbers
