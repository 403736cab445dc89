"""The peer's own address lies in the remote networks of its tunnel.

What it finds: connections whose peer address is part of one of their remote networks.

Why it matters: The packets that carry the tunnel are addressed to the peer, and the selector asks to put packets to
that address into the tunnel. Traffic that machines send to the peer's public address goes into the tunnel, whose far
end need not answer for it, and while the tunnel is down, packets to the peer itself call for a tunnel.

How to fix it: Name only the far site's inner networks in cidrlist, without the peer's address.

What it cannot see: peers that are a host name: the address behind a name is not in the API.

References: RFC 4301 section 4.4.1; Site2SiteVpnManagerImpl of CloudStack 4.22: createVpnConnection does not look at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.networks import first_names
from vpnaudit.estate.cidrs import overlaps, unreadable_texts, with_intervals
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_KEYS = ["source", "id"]


@rule(severity="high", subject="connection", reads=("tunnels", "cidrs"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    tunnels, networks = estate["tunnels"], estate["cidrs"]
    remote, peers = networks[networks["role"] == "remote"], networks[networks["role"] == "peer"]
    shared = overlaps(remote, peers, by=_KEYS)
    hits = shared.groupby(["source_left", "id_left"]).agg(around=("text_left", first_names)).reset_index()
    rows = tunnels.merge(hits.rename(columns={"source_left": "source", "id_left": "id"}), on=_KEYS, how="left")
    is_readable = ~unreadable_texts(rows, remote) & with_intervals(rows.assign(text=rows["gateway"]))["start"].notna()
    hit = rows["around"].notna()
    return verdicts(
        rows,
        fails=hit.astype("boolean").where(hit | is_readable),
        sentence="The peer "
        + rows["gateway"]
        + " lies in its remote network "
        + rows["around"]
        + ": its own packets fit the tunnel.",
        why="the peer is no IPv4 address, or a remote network is not known",
        reasons=[Reason("cidrlist", ours=rows["cidr_list"], expected="without " + rows["gateway"])],
        evidence=[
            Cell("connections", rows["id"], "gateway", rows["gateway"]),
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
        ],
        action="update-customer-gateway",
    )
