"""What rules about the proposals of a customer gateway have in common: the offers that fail, as reasons, and the cells
they stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from vpnaudit.estate.proposal_table import FIELDS, any_element_fails, changes, texts_by_place, unknown_words
from vpnaudit.findings import Cell, Reason, update_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from vpnaudit.estate.proposal_table import Limits


class OffersBelowLimits(TypedDict):
    """Arguments of `vpnaudit.findings.verdicts`, each aligned with the customer gateways."""

    fails: pd.Series[Any]
    why: pd.Series[Any]
    reasons: list[Reason]
    evidence: list[Cell]
    action: pd.Series[Any]
    changes: pd.Series[Any]


def offers_below_limits(
    gateways: pd.DataFrame,
    rows: pd.DataFrame,
    failing: pd.Series[Any],
    offers: pd.Series[Any],
    *,
    expected: str | pd.DataFrame,
    limits: Limits,
) -> OffersBelowLimits:
    """For a rule that fails where one element of a policy does.

    Args:
        gateways: the table `customer_gateways`.
        rows: of the table `proposals`, those that the rule is about.
        failing: the elements that fail, three-valued; aligned with `rows`.
        offers: what of a failing element a reader is shown; aligned with `rows`, missing for all others.
        expected: instead of them; a frame has it by gateway and the API's name of the policy.
        limits: what the new policies must be within.
    """
    phases = [phase for phase in FIELDS if (rows["phase"] == phase).any()]
    return {
        "fails": any_element_fails(gateways, rows, failing),
        "why": unknown_words(gateways, rows),
        "reasons": [
            Reason(
                field,
                ours=texts,
                expected=expected if isinstance(expected, str) else expected[field],
                when=texts.notna(),
            )
            for field, texts in texts_by_place(gateways, rows, offers)
        ],
        "evidence": cells_of_policies(gateways, phases),
        **update_with(changes(gateways, rows, failing, limits)),
    }


def cells_of_policies(gateways: pd.DataFrame, phases: Sequence[str] = tuple(FIELDS)) -> list[Cell]:
    """The policies of each gateway, for these phases."""
    columns = [f"{phase}_policy" for phase in phases]
    return [Cell("customer_gateways", gateways["id"], column, gateways[column]) for column in columns]
