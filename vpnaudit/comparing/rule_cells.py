"""What the collected rules of access lists say, for the few of them that a rule speaks about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def rule_cells(rows: pd.DataFrame, acl_rules: pd.DataFrame, names: Sequence[str], ids: str = "id") -> pd.DataFrame:
    """These columns of `acl_rules` for each row, which names its rule by `source` and the column `ids`; missing where
    there is no such rule. Aligned with `rows`.
    """
    named = acl_rules.loc[acl_rules["id"].isin(rows[ids]), ["source", "id", *names]].drop_duplicates(["source", "id"])
    keys = rows[["source", ids]].set_axis(["source", "id"], axis="columns")
    return keys.merge(named, on=["source", "id"], how="left")[list(names)].set_axis(rows.index)
