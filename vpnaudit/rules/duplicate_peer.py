"""Two connections of one VPC go to the same peer address, and their files collide on the router.

What it finds: pairs of connections of one VPN gateway whose customer gateways have the same address. Each of the two
gets a row.

Why it matters: The router names its files by the peer: /etc/ipsec.d/ipsec.vpn-<peer>.conf and .secrets. The connection
written later replaces the networks and the key of the earlier one, and the state poll cannot tell them apart, so both
show the same state although only one exists. CloudStack accepts them as long as their networks differ.

How to fix it: Make one connection of both: delete the duplicate, and at once update the kept customer gateway with the
networks of both. The delete takes the kept tunnel's files with it, so without the update the kept one stays down while
CloudStack shows it Connected.

What it cannot see: two host names that lead to one address.

References: configure.py and cs_site2sitevpn.py of CloudStack 4.22; apache/cloudstack issue 2267 (CLOUDSTACK-10077);
collision measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.matching import has_match
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_SITE = ["source", "vpn_gateway_id", "peer"]


@rule(severity="high", subject="connection", reads=("tunnels",), needs=("connections",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    tunnels = estate["tunnels"]
    tunnels = tunnels.assign(peer=tunnels["gateway"].str.strip().str.lower())
    dark = tunnels["peer"].isna().groupby([tunnels["source"], tunnels["vpn_gateway_id"]], dropna=False).transform("any")
    loose = tunnels[tunnels["vpn_gateway_id"].isna()]
    beside = has_match(tunnels, ["source", "peer"], loose)
    beside |= has_match(tunnels, ["source"], loose[loose["peer"].isna()])
    tunnels = tunnels.assign(dark=dark | beside | tunnels["vpn_gateway_id"].isna())
    named = tunnels[[*_SITE, "id", "cidr_list"]].dropna(subset=_SITE)
    by_peer = named.merge(named.rename(columns={"id": "other_id", "cidr_list": "other_list"}), on=_SITE)
    hits = by_peer.loc[by_peer["id"] != by_peer["other_id"], ["source", "id", "other_id", "other_list"]]
    rows = tunnels.merge(hits, on=["source", "id"], how="left")
    hit = rows["other_id"].notna()
    return verdicts(
        rows,
        fails=hit.astype("boolean").where(hit | ~rows["dark"]),
        sentence="A second connection of this VPC goes to "
        + rows["gateway"]
        + ": the router keeps the files of only one of them.",
        why="the peer or the VPN gateway of this connection, or of one that may be beside it, is not known",
        other_id=rows["other_id"],
        reasons=[
            Reason(
                "gateway",
                ours=rows["gateway"],
                theirs=rows["gateway"],
                expected="one connection with the networks of both",
            )
        ],
        evidence=[
            Cell("connections", rows["id"], "gateway", rows["gateway"]),
            Cell("connections", rows["other_id"], "cidr_list", rows["other_list"]),
        ],
        action="delete-connection",
    )
