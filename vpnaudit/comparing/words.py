"""Parts of sentences about a prediction: for whom it fails, when, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vpnaudit.estate.columns import STRING
from vpnaudit.findings import words_by_condition

if TYPE_CHECKING:
    import pandas as pd

_MINUTE: Final = 60


def starter_words(causes: pd.DataFrame) -> pd.Series[Any]:
    """For whom it fails, in words; `causes` as `comparing.causes.causes` gives it."""
    return words_by_condition(
        causes.index,
        [
            (causes["router"] & causes["peer"], "whoever starts"),
            (causes["router"], "when this router starts"),
        ],
        otherwise="when the far end starts",
    )


def first_rekey_words(rows: pd.DataFrame) -> pd.Series[Any]:
    """When the first rekey comes, in minutes after establishment, as the end of a sentence; empty where it is not
    known.
    """
    early, late = (
        rows[f"rekey_{edge}_s_router"].fillna(rows[f"rekey_{edge}_s_peer"]).astype("Int64")
        for edge in ("earliest", "latest")
    )
    words = (
        ", "
        + (early // _MINUTE).astype(STRING)
        + " to "
        + (-(-late // _MINUTE)).astype(STRING)
        + " min after it came up"
    )
    return words.fillna("")


def confidence_words(rows: pd.DataFrame) -> pd.Series[Any]:
    """How sure the prediction is, as the end of a sentence; empty where just this was measured."""
    confidence = rows["confidence_router"]
    table = [(confidence == "measured here", ""), (confidence.notna(), " (" + confidence + ")")]
    return words_by_condition(rows.index, table, otherwise="")
