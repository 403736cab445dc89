"""Which differences make a negotiation fail, by who starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from vpnaudit.comparing.matching import has_match
from vpnaudit.estate.outcomes import INITIATORS

if TYPE_CHECKING:
    from collections.abc import Sequence

PROPOSAL_FIELDS: Final = {
    phase: tuple(f"{phase}_{part}" for part in ("encryption", "integrity", "prf", "group", "esn", "proposals"))
    for phase in ("ike", "esp")
}
"""The fields of `differences` about the proposals of each phase."""


def causes(rows: pd.DataFrame, differences: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """Whether a difference in any of these fields is a cause; aligned with `rows`, columns router and peer for who
    starts.
    """
    of_fields = differences[differences["field"].isin(fields) & (differences["state"] == "different")]
    by_initiator = {who: of_fields[of_fields[f"cause_{who}"].fillna(value=False)] for who in INITIATORS}
    return pd.DataFrame({who: has_match(rows, ["source", "id"], caused) for who, caused in by_initiator.items()})
