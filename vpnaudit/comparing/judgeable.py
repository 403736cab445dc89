"""Which connections a rule about both ends can judge, and why not the others: the arguments of `verdicts()` that all
such rules share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from vpnaudit.findings import words_by_condition

if TYPE_CHECKING:
    import pandas as pd


class Judgeable(TypedDict):
    """Arguments of `vpnaudit.findings.verdicts`, each aligned with the rows."""

    applies: pd.Series[Any]
    unknown: pd.Series[Any]
    why: pd.Series[Any]
    other_id: pd.Series[Any]


def where_predicted(
    rows: pd.DataFrame,
    unknown: pd.DataFrame,
    *,
    nothing_to_judge: pd.Series[Any] | None = None,
    because: str | None = None,
) -> Judgeable:
    """For a rule that reads predictions.

    Args:
        rows: of the table `predictions_by_connection`.
        unknown: what the rule asks and an end leaves open, as `unknown_fields` gives it.
        nothing_to_judge: both ends are known, and the rule does not apply all the same. Where an end is not known it
            counts for nothing: that is cannot-tell.
        because: why it does not, in words.
    """
    why = rows["why"].fillna(unknown["why"])
    return {
        "applies": rows["answered"]
        if nothing_to_judge is None
        else rows["answered"].mask(nothing_to_judge & rows["answered"].notna(), False),
        "unknown": rows["reason"].fillna(unknown["reason"]).fillna("unknown-value"),
        "why": why if because is None else why.fillna(because),
        "other_id": far_connection(rows),
    }


def far_connection(rows: pd.DataFrame) -> pd.Series[Any]:
    """The id of the far end's connection; missing where no router of the estate is the far end."""
    return rows["far_id"].where(rows["far"] == "connection")


def where_answered(
    rows: pd.DataFrame, why: str, unknown: Any = "unknown-value", *, by_file: bool | pd.Series[Any] = False
) -> Judgeable:
    """For a rule that reads settings of both ends.

    Args:
        rows: of the table `both_ends`, or as `with_peer_files` gives them.
        why: what of the settings of a known end is missing, in words.
        unknown: the reason for it.
        by_file: rows of which only the far side's file can lack it.
    """
    return {
        "applies": rows["answered"],
        "unknown": words_by_condition(
            rows.index,
            [
                (rows["answered"].notna() & ~by_file, unknown),
                (rows["answered"].isna() & rows["return_unclear"], "unknown-value"),
            ],
            otherwise="no-peer-side",
        ),
        "why": rows["unanswered"].fillna(why),
        "other_id": rows["id_far"],
    }
