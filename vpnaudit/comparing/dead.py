"""Which connections carry nothing by the prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from vpnaudit.estate.outcomes import INITIATORS

if TYPE_CHECKING:
    from typing import Any

DEAD: Final = ("no_ike", "ike_only")
"""Verdicts of a prediction in which nothing is carried."""


PREDICTORS: Final = (
    "phase1-mismatch",
    "phase2-mismatch",
    "psk-mismatch",
    "ike-version-mismatch",
    "identity-mismatch",
    "authentication-mismatch",
    "predicted-dead",
    "one-sided-connection",
    "peer-address-mistyped",
)
"""Rules whose finding says why a tunnel does not come up: where one stands, to ask again is no remedy."""


def dead_starters(rows: pd.DataFrame) -> pd.DataFrame:
    """For whom the tunnel carries nothing though he starts it: columns router and peer, aligned with `rows`, which are
    those of `predictions_by_connection`. An end that never starts by its own file is none of them.
    """
    return pd.DataFrame({who: _is_dead(rows, who) for who in INITIATORS}, index=rows.index)


def _is_dead(rows: pd.DataFrame, who: str) -> pd.Series[Any]:
    starts = (rows[f"stopped_at_{who}"] != "start").fillna(value=True)
    return (rows[f"verdict_{who}"].isin(DEAD) & starts).astype(bool)
