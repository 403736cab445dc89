"""What rules about the proposals of a customer gateway have in common: the offers that fail, as reasons, and the cells
they stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import pandas as pd

from vpnaudit.comparing.matching import has_match
from vpnaudit.estate.proposal_table import (
    FIELDS,
    any_element_fails,
    changes,
    offer_words,
    texts_by_place,
    unknown_words,
)
from vpnaudit.findings import Cell, Reason, update_with

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vpnaudit.estate.proposal_table import Limits


class OffersBelowLimits(TypedDict):
    """Arguments of `vpnaudit.findings.verdicts`, each aligned with the customer gateways."""

    fails: pd.Series[Any]
    sentence: pd.Series[Any]
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
    consequence: str,
    expected: str | pd.DataFrame,
    limits: Limits,
) -> OffersBelowLimits:
    """For a rule that fails where one element of a policy does.

    Args:
        gateways: the table `customer_gateways`.
        rows: of the table `proposals`, those that the rule is about.
        failing: the elements that fail, three-valued; aligned with `rows`.
        offers: what of a failing element a reader is shown; aligned with `rows`, missing for all others.
        consequence: of such an offer, as the end of the sentence.
        expected: instead of them; a frame has it by gateway and the API's name of the policy.
        limits: what the new policies must be within.
    """
    phases = [phase for phase in FIELDS if (rows["phase"] == phase).any()]
    alike = Alike(gateways, rows)
    heads, parts = alike.gateways, rows[alike.is_part]
    failing, offers = failing[parts.index], offers[parts.index]
    return {
        "fails": alike.to_all(any_element_fails(heads, parts, failing)),
        "sentence": alike.to_all(offer_words(heads, parts, offers)) + consequence,
        "why": alike.to_all(unknown_words(heads, parts)),
        "reasons": [
            Reason(
                field,
                ours=alike.to_all(texts),
                expected=expected if isinstance(expected, str) else expected[field],
                when=alike.to_all(texts.notna()),
            )
            for field, texts in texts_by_place(heads, parts, offers)
        ],
        "evidence": cells_of_policies(gateways, phases),
        **update_with(alike.to_all(changes(heads, parts, failing, limits))),
    }


class Alike:
    """Gateways with the same two policies, of which one stands for all: an estate has few policies."""

    def __init__(self, gateways: pd.DataFrame, rows: pd.DataFrame) -> None:
        """`rows` are of the table `proposals`; `is_part` says which are of the gateways that stand for others."""
        policies = gateways[["ike_policy", "esp_policy"]]
        self._index = gateways.index
        self._codes = policies.groupby(list(policies), sort=False, dropna=False).ngroup().to_numpy()
        self.gateways = gateways[~policies.duplicated()]
        self.is_part = has_match(rows, ["source", "id"], self.gateways)

    def to_all(self, values: pd.Series[Any]) -> pd.Series[Any]:
        """What holds for those that stand for others, for all; aligned with all gateways."""
        return pd.Series(values.array.take(self._codes), index=self._index)


def cells_of_policies(gateways: pd.DataFrame, phases: Sequence[str] = tuple(FIELDS)) -> list[Cell]:
    """The policies of each gateway, for these phases."""
    columns = [f"{phase}_policy" for phase in phases]
    return [Cell("customer_gateways", gateways["id"], column, gateways[column]) for column in columns]
