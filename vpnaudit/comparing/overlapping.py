"""Whether intervals of addresses meet, and one that each meets: without the pairs, of which many tenants of one default
network make a square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

_GROUP = 2**33
"""Above the last address, so that groups stand apart on one line."""


def overlap_counts(left: pd.DataFrame, right: pd.DataFrame, by: Sequence[str]) -> Integers:
    """For each row of `left`, how many rows of `right` share an address with it and are equal in the columns `by`.

    Both have `start` and `end`. Where one of these or of `by` is missing, a row meets nothing.
    """
    columns = ["start", "end", *by]
    usable = left[columns].notna().all(axis=1).to_numpy(dtype=bool)
    lefts, rights = left.loc[usable, columns], right[columns].dropna()
    groups = pd.concat([lefts, rights])[list(by)].groupby(list(by), sort=False).ngroup().to_numpy() if by else 0
    base = np.broadcast_to(groups, len(lefts) + len(rights)) * _GROUP
    first, last = (pd.concat([lefts[edge], rights[edge]]).to_numpy(dtype="int64") + base for edge in ("start", "end"))
    count = len(lefts)
    begun = np.searchsorted(np.sort(first[count:]), last[:count], side="right")
    ended = np.searchsorted(np.sort(last[count:]), first[:count], side="left")
    counts = np.zeros(len(left), dtype="int64")
    counts[usable] = begun - ended
    return counts


def neighbours(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """For each row that meets others of its group, one or two of those: columns left and right, places in `rows`.

    Rows have `start` and `end`, none missing, and their group in `by`. Those that begin at one address meet in the
    order of `rows`.
    """
    start, end = rows["start"].to_numpy(dtype="int64"), rows["end"].to_numpy(dtype="int64")
    base = rows.groupby(by, sort=False).ngroup().to_numpy() * _GROUP
    order = np.lexsort((-end, start + base))
    first, last = (start + base)[order], (end + base)[order]
    places = np.arange(len(rows))
    # Of those that began before, the one that ends last: if it does not reach this one, none does.
    furthest = np.maximum.accumulate(last)
    holder = np.maximum.accumulate(np.where(last > np.concatenate([[-1], furthest[:-1]]), places, 0))
    behind = np.flatnonzero(furthest[:-1] >= first[1:]) + 1
    ahead = np.flatnonzero(first[1:] <= last[:-1])
    return pd.DataFrame(
        {
            "left": order[np.concatenate([behind, ahead])],
            "right": order[np.concatenate([holder[behind - 1], ahead + 1])],
        }
    )
