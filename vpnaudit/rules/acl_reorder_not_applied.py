"""An access list was reordered, and nothing shows that the router knows.

What it finds: lists of which a rule was moved (event "Placing network ACL item …") without a later change of a rule of
the list, and without a start of the VPC's router or a restart of the VPC after it.

Why it matters: A move changes the numbers in the database and sends nothing. The router may run the old order, while
the API shows the new one, and everything said here about the list rests on the new one.

How to fix it: Send the list as it is stored: updateNetworkACLItem id=<any rule of the list>, with nothing else.

What it cannot see: rules that were added or deleted since, and lists that were put on their tier anew, which both send
the list; events older than the server keeps them.

References: apache/cloudstack issue 9398; MoveNetworkAclItemCmd; NetworkACLServiceImpl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_ITEM = "NETWORK.ACL.ITEM.UPDATE"
_SENT_BY = ("ROUTER.START", "ROUTER.REBOOT", "VPC.RESTART")


@rule(
    severity="info",
    subject="ACL list",
    reads=("acl_lists", "acl_rules", "routers", "tiers", "events"),
    needs=("events",),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["acl_lists"]
    moved = _of_lists(estate, estate["events"])
    mute = moved.loc[moved["acl_id"].isna(), "source"]
    last = moved[moved["moves"].fillna(value=False)].sort_values("created_utc", na_position="first")
    last = last.drop_duplicates(["source", "acl_id"], keep="last").set_index(["source", "acl_id"])[
        ["event_id", "created_utc", "moves"]
    ]
    rows = rows.join(last, on=["source", "id"])
    sent = _sent(moved, estate)
    rows = rows.join(sent, on=["source", "id"])
    vague = moved[moved["moves"].isna()].dropna(subset=["acl_id"])
    doubtful = pd.MultiIndex.from_frame(rows[["source", "id"]]).isin(
        pd.MultiIndex.from_frame(vague[["source", "acl_id"]])
    )
    stale = (rows["created_utc"] > rows["sent_utc"]) | rows["sent_utc"].isna()
    fails = stale.astype("boolean").where(rows["created_utc"].notna() | rows["moves"].isna()) & rows["moves"].notna()
    day = rows["created_utc"].dt.strftime("%Y-%m-%d %H:%M").astype("string")
    return verdicts(
        rows,
        fails=fails.where(fails.fillna(value=False) | ~(doubtful | rows["source"].isin(mute))),
        why="an event about a rule does not say what was done, when, or to which rule",
        sentence="A rule was moved at " + day + " UTC, and nothing shows that the router got the new order.",
        reasons=[Reason("number", ours="moved, and not sent since", expected="sent to the router")],
        evidence=[Cell("events", rows["event_id"], "created_utc", rows["created_utc"])],
        action="reapply-acl",
    )


def _of_lists(estate: Tables, events: pd.DataFrame) -> pd.DataFrame:
    """Events about rules, with the list of the rule and whether it is a move; of an event that does not say its type
    neither is known.
    """
    rules = estate["acl_rules"][["source", "id", "acl_id"]].drop_duplicates(["source", "id"])
    rows = events[(events["type"] == _ITEM).fillna(value=True)].rename(columns={"id": "event_id"})
    id_in_words = rows["description"].str.extract(r"^Placing network ACL item \[([^\]]*)\]", expand=False)
    rows = rows.assign(
        moves=rows["description"].str.startswith("Placing network ACL item").astype("boolean"),
        id=rows["resource_id"].fillna(id_in_words),
    )
    with_list = rows[["source", "event_id", "id", "moves", "created_utc"]].merge(rules, on=["source", "id"], how="left")
    return with_list[with_list["acl_id"].notna() | with_list["moves"].fillna(value=True)]


def _sent(moved: pd.DataFrame, estate: Tables) -> pd.DataFrame:
    """When each list was last sent to its router, as far as events tell: one row a list, `sent_utc`."""
    edits = moved[~moved["moves"].fillna(value=True)][["source", "acl_id", "created_utc"]]
    events = estate["events"]
    starts = events[events["type"].isin(_SENT_BY)][["source", "resource_id", "created_utc"]].dropna()
    routers = estate["routers"][["source", "id", "vpc_id"]].rename(columns={"id": "resource_id"})
    tiers = estate["tiers"][["source", "vpc_id", "acl_id"]].dropna().drop_duplicates()
    vpcs = tiers[["source", "vpc_id"]].drop_duplicates()
    places = pd.concat([routers, vpcs.assign(resource_id=vpcs["vpc_id"])], ignore_index=True).dropna()
    restarts = starts.merge(places, on=["source", "resource_id"]).merge(tiers, on=["source", "vpc_id"])
    every = pd.concat([edits, restarts[["source", "acl_id", "created_utc"]]], ignore_index=True)
    return every.groupby(["source", "acl_id"])["created_utc"].max().rename("sent_utc").to_frame()
