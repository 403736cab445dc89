"""How a list of networks relates to the one network it should name: the two sides of a tunnel's traffic selectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vpnaudit.estate.cidrs import with_intervals
from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from collections.abc import Iterable

RELATIONS = ("equal", "wider", "narrower", "partial", "disjoint")
"""What a list is to a network. `partial`: each has addresses that the other lacks, and some are common."""

_NAMED = 2


def first_names(texts: Iterable[str]) -> str:
    """Networks as a sentence names them: the first two, and how many more there are.

    >>> first_names(["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"])
    '10.0.0.0/8, 10.1.0.0/16 and 1 more'
    """
    distinct = list(dict.fromkeys(texts))
    more = len(distinct) - _NAMED
    return ", ".join(distinct[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def first_names_of_lists(lists: pd.Series[Any]) -> pd.Series[Any]:
    """`first_names` for each comma list; missing stays missing."""
    return lists.map(lambda text: first_names(text.split(",")), na_action="ignore").astype(STRING)


def relation(lists: pd.Series[Any], networks: pd.Series[Any]) -> pd.Series[Any]:
    """For each row, one of `RELATIONS`: what the comma list is to the network.

    Both are strings with the same index. Missing where either is missing or has a text that is no IPv4 network. A
    list is judged as the set of its addresses: two halves equal the whole. A list without a network is `disjoint`.
    """
    texts = pd.DataFrame({"row": np.arange(len(lists)), "text": lists.astype(STRING).str.split(",").array}).explode(
        "text"
    )
    texts["text"] = texts["text"].astype(STRING).str.strip()
    parts = with_intervals(texts[texts["text"].fillna("?") != ""].reset_index(drop=True))
    whole = with_intervals(pd.DataFrame({"text": networks.astype(STRING).array}))
    readable = whole["start"].notna().to_numpy(dtype=bool) & lists.notna().to_numpy(dtype=bool)
    readable[parts.loc[parts["start"].isna(), "row"].to_numpy()] = False
    parts = parts[readable[parts["row"].to_numpy()]]
    row = parts["row"].to_numpy()
    start, end = parts["start"].to_numpy("int64"), parts["end"].to_numpy("int64")
    low, high = whole["start"].fillna(0).to_numpy("int64"), whole["end"].fillna(0).to_numpy("int64")
    in_list = _addresses(row, start, end, len(whole))
    shared = _addresses(row, np.maximum(start, low[row]), np.minimum(end, high[row]), len(whole))
    size = high - low + 1
    conditions = [shared == 0, (shared == size) & (in_list == size), shared == size, shared == in_list]
    kind = np.select(conditions, ["disjoint", "equal", "wider", "narrower"], "partial")
    return pd.Series(kind, index=lists.index, dtype=STRING).where(pd.Series(readable, index=lists.index))


def _addresses(row: np.ndarray, start: np.ndarray, end: np.ndarray, rows: int) -> np.ndarray:
    """For each row, the number of distinct addresses in its intervals; an interval that ends before it starts has
    none.
    """
    order = np.lexsort((start, row))
    row, start, end = row[order], start[order], end[order]
    last_before = pd.Series(end).groupby(row).cummax().groupby(row).shift(fill_value=-1).to_numpy("int64")
    fresh = np.maximum(end - np.maximum(start, last_before + 1) + 1, 0)
    return np.bincount(row, weights=fresh, minlength=rows).astype("int64")
