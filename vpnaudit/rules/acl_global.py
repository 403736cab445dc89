"""A tier has an access list that belongs to no VPC.

What it finds: tiers whose access list has no VPC and is neither default_allow nor default_deny: a list that an
administrator made for all.

Why it matters: Such a list can stand on any tier of any tenant, and one edit of an administrator changes what reaches
all of them at once. The tenant can neither change nor refuse it.

How to fix it: Make a list of the VPC with the same rules and put it on the tier with replaceNetworkACLList. Expect a
moment in which nothing comes in and everything goes out: the router takes the old list away before it writes the new
one.

What it cannot see: whether the sharing is meant, and which tiers of other sources or of accounts that the key does not
see share the list.

References: NetworkACLServiceImpl of CloudStack 4.22 (VPC id 0); Global ACL in CloudStack's documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.estate.access_lists import SERVERS_OWN, belongs_to_no_vpc
from vpnaudit.findings import Cell, Reason, Tables, counted, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="low", subject="tier", reads=("tiers", "acl_lists"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    lists = estate["acl_lists"].assign(for_all=belongs_to_no_vpc(estate["acl_lists"]), collected=True)
    lists = lists[["source", "id", "name", "for_all", "collected"]].rename(
        columns={"id": "acl_id", "name": "list_name"}
    )
    rows = estate["tiers"].merge(lists, on=["source", "acl_id"], how="left")
    bare = rows["acl_id"].isna() & rows["acl"].isna()
    name = rows["list_name"].fillna(rows["acl"])
    collected = rows["collected"].notna() & rows["acl_id"].notna()
    for_all = rows["for_all"].astype("boolean").where(collected)
    shared = for_all & (~name.isin(SERVERS_OWN)).astype("boolean").where(name.notna())
    sharing = rows[collected].groupby(["source", "acl_id"])["id"].transform("size").reindex(rows.index)
    return verdicts(
        rows,
        fails=shared,
        applies=(~bare).where(~bare | rows["vpc_id"].notna()),
        why=words_by_condition(
            rows.index,
            [(bare & rows["vpc_id"].notna(), "the tier has no access list: see acl-default")],
            otherwise=words_by_condition(
                rows.index,
                [(~collected, "the list was not seen")],
                otherwise="whether the list belongs to a VPC was not said",
            ),
        ),
        sentence="Its access list belongs to no VPC: one edit by an administrator changes "
        + counted(sharing, "tier")
        + " seen.",
        reasons=[Reason("aclname", ours=name, expected="a list of its VPC")],
        evidence=[
            Cell("tiers", rows["id"], "acl_id", rows["acl_id"]),
            Cell("acl_lists", rows["acl_id"], "vpc_id", None),
        ],
        action="replace-acl",
    )
