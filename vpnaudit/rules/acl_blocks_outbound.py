"""A tier cannot open connections to a remote network.

What it finds: tiers of whose packets the access list lets none out to a remote network of a tunnel of their VPC (low),
and tiers that cannot open a flow which the policy file declares as needed (high). Judged as the router runs the list.

Why it matters: What leaves a tier passes unless a rule denies it, so somebody once denied it, or the tier has
default_deny. Replies to connections that the far side opens are stateful and pass, so that everything seems to work
until a machine of the tier calls first: a back-up, a name server, an update.

How to fix it: If it is meant, leave it. Else add a rule before the one that denies: createNetworkACL aclid=… number=…
protocol=… startport=… endport=… cidrlist=<remote network> action=allow traffictype=egress.

What it cannot see: whether it is meant, unless the policy file declares the flow (needed_flows); firewalls in the
machines; VPCs in network mode ROUTED where their firewall may differ. Packets that belong to no connection skip the
list on the way out.

References: CsAddress.py of CloudStack (ACL_OUTBOUND chains end without a drop).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.estate.needed_flows import READS, needed_flows
from vpnaudit.estate.reach_table import verdict_by_subject
from vpnaudit.findings import Cell, Reason, Tables, counted, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_NETWORKS = ("connections", "vpn_gateways")


@rule(
    severity="low",
    subject="tier",
    reads=(*READS, "tunnels"),
    needs=_NETWORKS,
    absence=("acl_rules", "acl_lists"),
    applicability=_NETWORKS,
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    cells = estate["reach"][estate["reach"]["direction"] == "egress"]
    flows = needed_flows(estate, policy.needed_flows)
    flows = flows[flows["direction"] == "egress"]
    rows = estate["tiers"].join(_worst(cells), on=["source", "id"]).join(_stopped(flows), on=["source", "id"])
    shut = verdict_by_subject(
        (cells["verdict"] == "none").where(cells["verdict"] != "cannot-tell"), cells, rows, "tier_id"
    )
    short = verdict_by_subject(flows["blocked"], flows, rows, "tier_id").where(rows["flow"].notna(), other=False)
    loose = estate["tunnels"].loc[estate["tunnels"]["vpc_id"].isna(), "source"]
    tunnelled = rows["remote"].notna() | rows["reason"].notna()
    no_flow = (
        "It cannot open "
        + rows["flow"].str.slice(0, 40)
        + ", which is declared as needed: "
        + rows["flow_decides"].str.slice(0, 40)
    )
    no_remote = "It cannot open connections to " + rows["remote"] + rows["others"] + "."
    unclear = rows["source"].isin(loose) | rows["vpc_id"].isna()
    return verdicts(
        rows,
        fails=shut | short,
        applies=tunnelled.where(tunnelled | ~unclear),
        severity=words_by_condition(rows.index, [(short, "high")], "low"),
        unknown=rows["reason"].fillna("unknown-value"),
        why=words_by_condition(
            rows.index,
            [
                (~tunnelled & ~unclear, "no tunnel of its VPC"),
                (rows["why"].isna(), "which tunnels the tier's VPC has was not said"),
            ],
            otherwise=rows["why"],
        ),
        sentence=words_by_condition(rows.index, [(short, no_flow)], no_remote),
        reasons=[
            Reason(
                "aclname", ours=rows["counter_example"], expected="a rule that allows it, if it is needed", when=shut
            ),
            Reason("needed_flows", ours=rows["flow_example"], expected="to pass", when=short),
        ],
        evidence=[Cell("tiers", rows["id"], "acl_id", rows["acl_id"])],
        action=words_by_condition(rows.index, [(short, "create-acl-rule")], ""),
    )


def _worst(cells: pd.DataFrame) -> pd.DataFrame:
    """For each tier a cell that is closed, else one that cannot be told, and how many more are closed."""
    ranked = cells.assign(rank=cells["verdict"].map({"none": 0, "cannot-tell": 1, "some": 2, "all": 3}))
    first = ranked.sort_values(["rank", "remote"], kind="stable").drop_duplicates(["source", "tier_id"])
    shut = (
        cells[cells["verdict"] == "none"]
        .drop_duplicates(["source", "tier_id", "remote"])
        .groupby(["source", "tier_id"])
        .size()
        - 1
    )
    more = shut.map({0: ""}).fillna(" and " + counted(shut, "more remote network"))
    keyed = first.rename(columns={"tier_id": "id"}).set_index(["source", "id"])[
        ["remote", "counter_example", "reason", "why"]
    ]
    return keyed.join(more.rename_axis(["source", "id"]).rename("others"))


def _stopped(flows: pd.DataFrame) -> pd.DataFrame:
    """For each tier the first flow, by preference one that is stopped."""
    worst = flows.assign(rank=~flows["blocked"].fillna(value=False), flow_example=flows["counter_example"])
    first = worst.sort_values("rank", kind="stable").drop_duplicates(["source", "tier_id"])
    keyed = first.rename(columns={"tier_id": "id", "decides": "flow_decides"}).set_index(["source", "id"])
    return keyed[["flow", "flow_decides", "flow_example"]]
