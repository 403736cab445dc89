"""A tier has the access list default_allow, or none.

What it finds: tiers whose access list is CloudStack's default_allow, and tiers without a list.

Why it matters: default_allow lets every packet of every remote network reach every machine of the tier, and everything
out: a tunnel becomes an uncontrolled backdoor between two sites. Without a list nothing written says what may pass: the
router drops what comes in and lets out the rest, until somebody sets one.

How to fix it: Make an access list of the VPC with one rule for each flow that is needed, and put it on the tier with
replaceNetworkACLList. Expect a moment in which nothing comes in and everything goes out: the router takes the old list
away before it writes the new one.

What it cannot see: lists of other names that allow everything, and firewalls in the machines.

References: NetworkACLServiceImpl of CloudStack 4.22; CIS Controls 13.4 (traffic filtering between network segments).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.estate.access_lists import belongs_to_no_vpc
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_NAME = "default_allow"


@rule(severity="medium", subject="tier", reads=("tiers", "acl_lists"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    lists = estate["acl_lists"].assign(for_all=belongs_to_no_vpc(estate["acl_lists"]))
    lists = lists[["source", "id", "name", "for_all"]].rename(columns={"id": "acl_id", "name": "list_name"})
    rows = estate["tiers"].merge(lists, on=["source", "acl_id"], how="left")
    name = rows["acl"].fillna(rows["list_name"])
    by_list = rows["acl"].isna() & rows["list_name"].notna()
    bare = rows["acl_id"].isna() & rows["acl"].isna()
    # A tenant may call his own list so: it has a VPC, the server's default has none.
    default = (name == _NAME) & rows["for_all"].astype("boolean")
    return verdicts(
        rows,
        fails=(bare | default).where(rows["vpc_id"].notna()),
        sentence=words_by_condition(
            rows.index,
            [(bare, "It has no access list: nothing says what a remote network may reach in it.")],
            otherwise="It has the access list default_allow: every remote network reaches everything in it.",
        ),
        why="which VPC or which list the tier has was not said",
        reasons=[Reason("aclname", ours=name.fillna("none"), expected="a list of its VPC")],
        evidence=[
            Cell(
                words_by_condition(rows.index, [(by_list, "acl_lists")], "tiers"),
                rows["id"].mask(by_list, rows["acl_id"]),
                words_by_condition(rows.index, [(by_list, "name")], "acl"),
                name,
            )
        ],
        action="replace-acl",
    )
