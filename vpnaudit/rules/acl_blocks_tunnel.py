"""Access lists stop what the tunnel brings.

What it finds: connections of whose remote networks no packet gets into any tier of the VPC (high), and connections on
which an access list stops a flow that the policy file declares as needed, or a part of it (medium), with the rule that
stops it. It judges the list as the router runs it, exactly, over all addresses, protocols and ports.

Why it matters: Connected says that the two gateways agree, and nothing about traffic. What comes out of a tunnel meets
the same access list as traffic from anywhere else, and a list drops what no rule allows: "connected, but no traffic" is
almost always this.

How to fix it: Add a rule that allows the flow, with a number below the rule that stops it: createNetworkACL aclid=…
number=… protocol=tcp startport=443 endport=443 cidrlist=<remote network> action=allow traffictype=ingress. One network
a rule, and both ports for tcp and udp. A tier with default_deny needs a list of its own: that one cannot be changed.

What it cannot see: needs that the policy file does not declare (needed_flows), firewalls in the machines and at the far
side, private gateways, and VPCs in network mode ROUTED where their firewall may differ. Partial access is a cell of the
reach matrix and no finding.

References: CsAddress.py and CsNetfilter.py of CloudStack (ACL_INBOUND chains); NetworkACLServiceImpl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.gaps import sources_lacking_rows
from vpnaudit.estate.needed_flows import READS, needed_flows
from vpnaudit.estate.reach_table import verdict_by_subject
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(
    severity="high",
    subject="connection",
    reads=(*READS, "tunnels"),
    needs=("tiers",),
    absence=("acl_rules", "acl_lists"),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    cells = estate["reach"][estate["reach"]["direction"] == "ingress"]
    flows = needed_flows(estate, policy.needed_flows)
    rows = estate["tunnels"].join(_first(cells), on=["source", "id"]).join(_stopped(flows), on=["source", "id"])
    closed = ~verdict_by_subject(
        (cells["verdict"] != "none").where(cells["verdict"] != "cannot-tell"), cells, rows, "connection_id"
    )
    short = verdict_by_subject(flows["blocked"], flows, rows, "connection_id").where(rows["flows"].notna(), other=False)
    tiers = estate["tiers"].dropna(subset=["vpc_id"]).groupby(["source", "vpc_id"])["id"].size().rename("tiers_in")
    rows = rows.join(tiers, on=["source", "vpc_id"])
    loose = estate["tiers"].loc[estate["tiers"]["vpc_id"].isna(), "source"]
    dark = rows["source"].isin(loose) | rows["source"].isin(sources_lacking_rows(estate["gaps"], "tiers"))
    has_tier = rows["tiers_in"].notna().astype("boolean")
    has_tier = has_tier.where(has_tier | ~dark).where(rows["vpc_id"].notna())
    none_gets_in = (
        "Connected or not, no packet of its remote networks gets into any of the "
        + rows["tiers_in"].astype("string")
        + " tier(s)."
    )
    flow_is_stopped = (
        rows["flow"].str.slice(0, 40)
        + " is declared as needed and is stopped by "
        + rows["flow_decides"].str.slice(0, 40)
        + "."
    )
    return verdicts(
        rows,
        fails=closed | short,
        applies=has_tier,
        severity=words_by_condition(rows.index, [(closed, "high")], "medium"),
        unknown=rows["reason"].fillna("unknown-value"),
        why=words_by_condition(
            rows.index,
            [(~has_tier, "the VPC has no tier"), (rows["why"].isna(), "what reaches the tiers could not be told")],
            otherwise=rows["why"],
        ),
        sentence=words_by_condition(rows.index, [(closed, none_gets_in)], flow_is_stopped),
        reasons=[
            Reason("aclname", ours=rows["cell"], expected="a rule that allows what is needed", when=closed),
            Reason("needed_flows", ours=rows["flows"], expected="to pass", when=short),
        ],
        evidence=[Cell("tiers", rows["tier_id"], "acl_id", rows["acl_id"])],
        action="create-acl-rule",
    )


def _first(cells: pd.DataFrame) -> pd.DataFrame:
    """For each connection a cell that shows why, by preference one that could not be told."""
    open_ = cells["verdict"] == "cannot-tell"
    ranked = pd.concat([cells[open_], cells[~open_]])
    first = ranked.drop_duplicates(["source", "connection_id"])
    first = first.assign(cell=first["tier"] + ": " + first["counter_example"])
    keyed = first.rename(columns={"connection_id": "id"}).set_index(["source", "id"])
    return keyed[["tier_id", "acl_id", "cell", "reason", "why"]]


def _stopped(flows: pd.DataFrame) -> pd.DataFrame:
    """For each connection the first flow that is stopped, and all of its flows that are, in words."""
    words = flows["flow"] + ": " + flows["counter_example"] + ", " + flows["decides"]
    ranked = flows.assign(rank=~flows["blocked"].fillna(value=False), words=words)
    by_connection = ranked.sort_values("rank", kind="stable").groupby(["source", "connection_id"])
    first = by_connection.agg(flow=("flow", "first"), flow_decides=("decides", "first"), flows=("words", _joined))
    return first.rename_axis(["source", "id"]).astype("string")


def _joined(words: pd.Series) -> str:
    return "; ".join(words.dropna().unique())
