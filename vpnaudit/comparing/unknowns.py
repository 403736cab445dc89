"""What of the two ends is not known, so that a difference cannot be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.matching import places_in
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import words_by_condition

if TYPE_CHECKING:
    from collections.abc import Sequence

FIELD_WORDS: Final = {
    "ike_proposals": "IKE proposals",
    "esp_proposals": "ESP proposals",
    "ikeversion": "IKE version",
    "ikelifetime": "IKE lifetime",
    "esplifetime": "ESP lifetime",
    "dpd": "dead peer detection",
    "forceencap": "forced encapsulation",
    "splitconnections": "number of SAs",
    "cidrlist": "networks on its side",
    "vpc_cidr": "networks on this side",
    "id": "identity that it shows",
    "peer_id": "identity that it expects",
    "ipsecpsk": "whether its pre-shared key is this one",
    "authentication": "how it authenticates",
    "aggressive": "whether it uses aggressive mode",
    "childless": "whether it takes IKE SAs that come with a child",
    "gateway": "the address at which the router reaches it",
    "peer_address": "the address at which it expects the router",
}
"""The fields of `differences` that a rule asks for or an end can leave open, as a person calls them."""


def unknown_fields(rows: pd.DataFrame, differences: pd.DataFrame, fields: Sequence[str]) -> pd.DataFrame:
    """Which rows have an end that leaves one of these fields open, so that it was taken as equal.

    Returns:
        A frame aligned with `rows`: open, True or False; reason and why of the first such field, missing elsewhere.
        What the near end leaves open is how its router reads the value.
    """
    first = differences[differences["field"].isin(fields) & (differences["state"] == "unknown")]
    if first.empty:
        nothing = pd.Series(None, index=rows.index, dtype=STRING)
        return pd.DataFrame({"open": pd.Series(data=False, index=rows.index), "reason": nothing, "why": nothing})
    field = _at(first, rows)
    is_open, words = field["field"].notna(), field["field"].map(FIELD_WORDS).astype(STRING).fillna(field["field"])
    near = field["ours"] == "unknown"
    why = words_by_condition(
        rows.index,
        [(near, "how routers of this version read the " + words + " was never measured")],
        otherwise="not known of the far side: " + words,
    )
    reason = words_by_condition(rows.index, [(near, "not-modelled"), (is_open, "no-peer-side")])
    return pd.DataFrame({"open": is_open, "reason": reason, "why": why})


def _at(first: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Field and ours of the first of these differences, aligned with `rows`."""
    places = places_in(rows, ["source", "id"], first)
    columns = {
        name: pd.Series(first[name].array.take(places, allow_fill=True), rows.index) for name in ("field", "ours")
    }
    return pd.DataFrame(columns)


def unknown_proposals(rows: pd.DataFrame, differences: pd.DataFrame, phase: str) -> pd.DataFrame:
    """`unknown_fields` of the proposals of a phase, else of the IKE version, which decides what of them counts.

    `open` is True where an end leaves the proposals open: nothing can be told. `passes` is False where one leaves the
    version open: a fault is one all the same, but its absence cannot be told.
    """
    proposals, version = (unknown_fields(rows, differences, [field]) for field in (f"{phase}_proposals", "ikeversion"))
    first = proposals.where(proposals["open"], version)
    return first.assign(open=proposals["open"], passes=~version["open"])


def far_value(rows: pd.DataFrame, differences: pd.DataFrame, field: str, ours: pd.Series[Any]) -> pd.Series[Any]:
    """The far side's value of a field that `differences` compares, as text; missing where it is not known. `ours` is
    the near end's.
    """
    difference = difference_in(rows, differences, field)
    unknown = unknown_fields(rows, differences, [field])
    return difference["theirs"].where(difference["different"], ours).mask(unknown["open"])
