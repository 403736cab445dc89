"""A whole remote network reaches everything in a tier.

What it finds: tiers into which the access list lets every packet of a remote network: any protocol, any port, as the
router runs the list.

Why it matters: A tunnel joins two networks that two parties look after. Where everything may come in, whoever gets a
foothold at the far side has every service of the tier in front of him: a tunnel must not be an uncontrolled backdoor.

How to fix it: Replace the rule by one for each flow that is needed, or narrow it: updateNetworkACLItem with protocol,
startport and endport, and the addresses that need it. First add the narrow rules, below its number, then take the wide
one away: nothing is interrupted. No command is given: which flows are needed stands nowhere in CloudStack, and one that
nobody named would be stopped.

What it cannot see: firewalls in the machines; whether the far side is yours alone; VPCs in network mode ROUTED where
their firewall may differ.

References: CIS Controls 13.4 (traffic filtering between network segments); NIST SP 800-77 rev. 1 section 5.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.estate.reach_table import verdict_by_subject
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_NETWORKS = ("connections", "vpn_gateways")


@rule(
    severity="medium",
    subject="tier",
    reads=("tiers", "tunnels", "reach"),
    needs=(*_NETWORKS, "acl_rules", "acl_lists"),
    applicability=_NETWORKS,
    yields_to=("acl-default",),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    cells = estate["reach"][estate["reach"]["direction"] == "ingress"]
    ranked = cells.assign(rank=cells["verdict"].map({"all": 0, "cannot-tell": 1, "some": 2, "none": 3}))
    first = ranked.sort_values(["rank", "remote"], kind="stable").drop_duplicates(["source", "tier_id"])
    keyed = first.rename(columns={"tier_id": "id"}).set_index(["source", "id"])[
        ["remote", "decides", "decides_ids", "reason", "why"]
    ]
    rows = estate["tiers"].join(keyed, on=["source", "id"])
    whole = verdict_by_subject(
        (cells["verdict"] == "all").where(cells["verdict"] != "cannot-tell"), cells, rows, "tier_id"
    )
    loose = estate["tunnels"].loc[estate["tunnels"]["vpc_id"].isna(), "source"]
    tunnelled = rows["remote"].notna() | rows["reason"].notna()
    unclear = rows["source"].isin(loose) | rows["vpc_id"].isna()
    return verdicts(
        rows,
        fails=whole,
        applies=tunnelled.where(tunnelled | ~unclear),
        unknown=rows["reason"].fillna("unknown-value"),
        why=words_by_condition(
            rows.index,
            [
                (~tunnelled & ~unclear, "no tunnel of its VPC"),
                (rows["why"].isna(), "which tunnels the tier's VPC has was not said"),
            ],
            otherwise=rows["why"],
        ),
        sentence="All of " + rows["remote"] + " reaches everything in it.",
        reasons=[Reason("aclname", ours=rows["decides"], expected="a rule for each flow that is needed")],
        evidence=[
            Cell("tiers", rows["id"], "acl_id", rows["acl_id"]),
            Cell("acl_rules", rows["decides_ids"].str.split(",").str[0], "acl_id", rows["acl_id"]),
        ],
    )
