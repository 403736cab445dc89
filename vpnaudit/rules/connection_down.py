"""A tunnel is down.

What it finds: connections in state Disconnected.

Why it matters: No traffic passes between the VPC and the site. Disconnected may also mean idle: the router brings a
tunnel up on traffic, gives up after two tries, and a VPC without a plugged tier or a running machine sends none. The
finding says whether that may explain it.

How to fix it: Reset the connection. If it stays down, look at the findings about its settings, then at the far side: it
can start the tunnel too. An idle VPC needs a running machine that sends something.

What it cannot see: the reason that the daemons logged, and traffic; machines that the key may not list.

References: apache/cloudstack issue 13687; VirtualNetworkApplianceManagerImpl of CloudStack 4.22 (the poll);
configure.py: auto=route, keyingtries=2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.dead import PREDICTORS
from vpnaudit.estate.gap_places import lacks_rows
from vpnaudit.findings import Cell, Reason, Tables, counted, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_STATES = ["Pending", "Connecting", "Connected", "Disconnected", "Error", "Removed"]
_VPC = ["source", "vpc_id"]


@rule(
    severity="high",
    subject="connection",
    reads=("tunnels", "tiers", "virtual_machines", "gaps"),
    yields_to=(*PREDICTORS, "both-passive", "duplicate-peer"),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["tunnels"]
    is_known = rows["state"].isin(_STATES)
    return verdicts(
        rows,
        fails=(rows["state"] == "Disconnected").where(is_known),
        sentence="The tunnel is down" + _idle(rows, estate),
        why="the server gave no state that is known",
        reasons=[Reason("state", ours=rows["state"], expected="Connected", who=Side.BOTH)],
        evidence=[Cell("connections", rows["id"], "state", rows["state"])],
        action="reset-connection",
    )


def _idle(rows: pd.DataFrame, estate: Tables) -> pd.Series[Any]:
    """Whether idleness may explain it, as the end of the sentence."""
    tiers, machines = estate["tiers"], estate["virtual_machines"]
    plugged = tiers[(tiers["state"] != "Allocated").fillna(value=True)]
    running = machines.loc[(machines["state"] == "Running").fillna(value=False), ["source", "id", "tier_ids"]]
    placed = running.assign(tier_id=running["tier_ids"].str.split(",")).explode("tier_id").astype({"tier_id": "string"})
    inside = placed.dropna(subset=["tier_id"]).merge(
        tiers[[*_VPC, "id"]].rename(columns={"id": "tier_id"}), on=["source", "tier_id"]
    )
    count = inside.groupby(_VPC, as_index=False).agg(machines=("id", "nunique"))
    up = rows[_VPC].merge(count, on=_VPC, how="left").set_axis(rows.index)["machines"].fillna(0).astype("int64")
    has_tier = pd.Series(
        pd.MultiIndex.from_frame(rows[_VPC]).isin(pd.MultiIndex.from_frame(plugged[_VPC])), index=rows.index
    )
    dark = (
        lacks_rows(rows, estate["gaps"], "tiers", "virtual_machines")
        | rows["source"].isin(tiers.loc[tiers["vpc_id"].isna(), "source"])
        | rows["source"].isin(machines.loc[machines[["state", "tier_ids"]].isna().any(axis=1), "source"])
        | rows["vpc_id"].isna()
    )
    return words_by_condition(
        rows.index,
        [
            (
                up > 0,
                ", and idleness does not explain it: "
                + counted(up, "machine")
                + words_by_condition(rows.index, [(up == 1, " runs")], " run")
                + " in the VPC.",
            ),
            (dark, "; whether idleness explains it is not known: tiers or machines are not all seen."),
            (~has_tier, ": the VPC has no plugged tier, so idleness may explain it."),
        ],
        otherwise=": no machine runs in the VPC, so idleness may explain it.",
    )
