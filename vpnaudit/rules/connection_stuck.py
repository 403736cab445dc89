"""A connection is stuck in a state that does not heal by itself.

What it finds: connections in Pending or Error, and connections in Connecting for longer than the policy allows
(connecting_max_s), counted at the time of collection from their creation or the last event about them. A time after the
collection is none.

Why it matters: The server polls only Connected, Disconnected and Connecting. Pending and Error stay whatever the router
does: Pending means that the router never got the settings, Error that it refused them, and either tunnel may even be
up. A connection of a VPC without a plugged tier is never polled, so Connecting stays for ever.

How to fix it: Reset the connection: that works from any state. Do not delete a Pending one to heal it, since its files
would stay on the router. Where the VPC has no tier, start a machine in one first, then reset.

What it cannot see: what the router logged, and events that the server has forgotten or the key may not list.

References: Site2SiteVpnManagerImpl and VirtualNetworkApplianceManagerImpl of CloudStack 4.22; apache/cloudstack issues
10519 and 4429.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.dead import PREDICTORS, dead_starters
from vpnaudit.estate.gap_places import lacks_rows
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_STATES = ["Pending", "Connecting", "Connected", "Disconnected", "Error", "Removed"]
_KEYS = ["source", "id"]
_VPC = ["source", "vpc_id"]
_MINUTE_S = 60


@rule(
    severity="high",
    subject="connection",
    reads=("predictions_by_connection", "tiers", "events", "sources", "gaps"),
    yields_to=PREDICTORS,
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    rows = estate["predictions_by_connection"]
    explained = dead_starters(rows).any(axis=1) & (rows["state"] == "Connecting").fillna(value=False)
    state, since = rows["state"], _since(rows, estate)
    age_s = (_collected(rows, estate) - since["utc"]).dt.total_seconds().astype("Float64")
    late = age_s > policy.connecting_max_s
    late = late.mask(late & since["undated"]).where(state == "Connecting", other=False)
    refused = ((state == "Pending") | (state == "Error")).astype("boolean")
    is_known = state.isin(_STATES)
    minutes = (age_s // _MINUTE_S).astype("Int64").astype("string")
    sentence = words_by_condition(
        rows.index,
        [
            (state == "Pending", "Pending: the router never took the settings, and no poll heals it."),
            (
                state == "Error",
                "Error: the router refused the settings. This does not heal by itself, even if the tunnel is up.",
            ),
            (
                _without_tier(rows, estate),
                "Connecting for ever: the VPC has no plugged tier, so the server never asks its router.",
            ),
        ],
        otherwise="Connecting for " + minutes + " min: the far side does not answer, or refuses.",
    )
    return verdicts(
        rows,
        fails=(refused | late).where(is_known),
        applies=(~explained).astype("boolean"),
        sentence=sentence,
        unknown=words_by_condition(rows.index, [(is_known, "not-collected")], "unknown-value"),
        why=words_by_condition(
            rows.index,
            [
                (explained, "it is predicted not to come up: see the finding that names the cause"),
                (is_known & since["undated"], "when the last event about it was is not known"),
                (is_known, "since when it is Connecting is not known"),
            ],
            otherwise="the server gave no state that is known",
        ),
        reasons=[Reason("state", ours=state, expected="Connected")],
        evidence=[
            Cell("connections", rows["id"], "state", state),
            Cell("connections", rows["id"], "created_utc", rows["created_utc"]),
        ],
        action="reset-connection",
    )


def _since(rows: pd.DataFrame, estate: Tables) -> pd.DataFrame:
    """`utc`: creation or the last event about the connection, whichever is later; missing where neither is known.
    `undated`: something may be later, since its time is after the collection, or is that of an event and missing.
    """
    events = estate["events"].dropna(subset=["resource_id"]).assign(id=lambda event: event["resource_id"])
    parts = [rows[[*_KEYS, "created_utc"]].assign(event=False), events[[*_KEYS, "created_utc"]].assign(event=True)]
    times = pd.concat(parts, ignore_index=True)
    dated = times["created_utc"].where((times["created_utc"] <= _collected(times, estate)).fillna(value=False))
    undated = dated.isna() & (times["created_utc"].notna() | times["event"])
    since = times.assign(utc=dated, undated=undated).groupby(_KEYS).agg({"utc": "max", "undated": "any"})
    return rows[_KEYS].join(since, on=_KEYS)[["utc", "undated"]]


def _collected(rows: pd.DataFrame, estate: Tables) -> pd.Series[Any]:
    return (
        rows[["source"]]
        .merge(estate["sources"][["source", "collected_utc"]], on="source", how="left")
        .set_axis(rows.index)["collected_utc"]
    )


def _without_tier(rows: pd.DataFrame, estate: Tables) -> pd.Series[Any]:
    """The VPC has no plugged tier, and all its tiers were seen."""
    tiers = estate["tiers"]
    plugged = tiers[(tiers["state"] != "Allocated").fillna(value=True)]
    has = pd.MultiIndex.from_frame(rows[_VPC]).isin(pd.MultiIndex.from_frame(plugged[_VPC]))
    dark = lacks_rows(rows, estate["gaps"], "tiers") | rows["vpc_id"].isna()
    dark |= rows["source"].isin(tiers.loc[tiers["vpc_id"].isna(), "source"])
    return ~pd.Series(has, index=rows.index) & ~dark
