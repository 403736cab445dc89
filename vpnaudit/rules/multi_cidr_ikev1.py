"""A tunnel with several remote networks and IKEv1 carries only the first of them.

What it finds: connections with more than one remote network, without split connections, whose IKE version is ikev1, or
ike, which lets the peer choose IKEv1. A value that is none of CloudStack's counts as ike: the router falls back to it.

Why it matters: IKEv1 knows one pair of networks for each child SA. Without split connections the router writes all
networks into one connection, of which IKEv1 proposes the first; the others never pass, and the state still says
Connected.

How to fix it: Set ikeversion=ikev2 on the customer gateway, if the far side can; otherwise splitconnections=true, which
makes a child SA for each network (broken before 4.19.2 and in 4.20.0), with one child for each network on the far side
too.

What it cannot see: which version was negotiated where the setting is ike: the router starts IKEv2, and answers either.

References: RFC 2409 section 5.5; apache/cloudstack issues 3138 and 10073; measured with strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="connection", reads=("connections",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["connections"]
    networks = rows["cidr_list"].str.strip(", ").str.count(",") + 1
    version = rows["ike_version"]
    return verdicts(
        rows,
        fails=(networks > 1) & (version.str.lower() != "ikev2").astype("boolean") & ~rows["split_connections"],
        sentence="With "
        + version
        + " the tunnel carries only the first of its "
        + networks.astype("string")
        + " remote networks.",
        why="the server did not say all of remote networks, IKE version and split connections",
        reasons=[
            Reason("ikeversion", ours=version, expected="ikev2"),
            Reason("splitconnections", ours=rows["split_connections"], expected="true, unless ikev2"),
        ],
        evidence=[
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
            Cell("connections", rows["id"], "ike_version", version),
            Cell("connections", rows["id"], "split_connections", rows["split_connections"]),
        ],
        action="update-customer-gateway",
        changes={"ikeversion": "ikev2"},
    )
