"""Two connections of one VPN gateway name overlapping remote networks.

What it finds: pairs of connections of one VPN gateway whose remote networks share an address. Each of the two gets a
row.

Why it matters: A packet to a shared address fits both tunnels. The longer prefix wins; where both are equal, the
connection that came up last takes all traffic, so one site is cut off, and which one changes with every restart.
createVpnConnection refuses such a connection; updateVpnCustomerGateway checks nothing.

How to fix it: Change the cidrlist of one of the two customer gateways, so that each address belongs to one site. Two
connections to one site are better one connection with both networks.

What it cannot see: which of the two sites is meant to have the address.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, createVpnConnection (checks) and updateCustomerGateway (none);
measured with strongSwan 5.9: the longest prefix wins, of equal ones the last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.comparing.matching import has_match
from vpnaudit.comparing.networks import first_names
from vpnaudit.comparing.overlapping import overlap_counts
from vpnaudit.estate.cidrs import overlaps, unreadable_texts
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_KEYS = ["source", "id"]
_GATEWAY = ["source", "vpn_gateway_id"]


@rule(severity="critical", subject="connection", reads=("tunnels", "cidrs"), needs=("connections",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    tunnels, networks = estate["tunnels"], estate["cidrs"]
    remote = networks[networks["role"] == "remote"].merge(tunnels[[*_KEYS, "vpn_gateway_id"]], on=_KEYS)
    shared = overlaps(remote, remote, by=_GATEWAY)
    shared = shared[shared["id_left"] != shared["id_right"]].rename(
        columns={"source_left": "source", "id_left": "id", "id_right": "other_id"}
    )
    hits = (
        shared.groupby([*_KEYS, "other_id"])
        .agg(mine=("text_left", first_names), theirs=("text_right", first_names))
        .reset_index()
    )
    siblings = tunnels[[*_KEYS, "cidr_list", "customer_gateway"]].rename(
        columns={"id": "other_id", "cidr_list": "other_list", "customer_gateway": "other_name"}
    )
    dark = unreadable_texts(tunnels, remote)
    gateway_dark = (
        dark.groupby([tunnels[key] for key in _GATEWAY], dropna=False).transform("any")
        | tunnels["vpn_gateway_id"].isna()
        | _may_meet_loose(tunnels, remote, dark)
    )
    rows = (
        tunnels.assign(dark=gateway_dark)
        .merge(hits, on=_KEYS, how="left")
        .merge(siblings, on=["source", "other_id"], how="left")
    )
    hit = rows["other_id"].notna()
    return verdicts(
        rows,
        fails=hit.astype("boolean").where(hit | ~rows["dark"]),
        sentence="The remote "
        + rows["mine"]
        + " overlaps "
        + rows["theirs"]
        + " of another connection: shared addresses reach one site only.",
        why="the remote networks of this connection, or of one that may be beside it, are not known",
        other_id=rows["other_id"],
        reasons=[
            Reason("cidrlist", ours=rows["cidr_list"], theirs=rows["other_list"], expected="no address in common")
        ],
        evidence=[
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
            Cell("connections", rows["other_id"], "cidr_list", rows["other_list"]),
        ],
        action="update-customer-gateway",
    )


def _may_meet_loose(tunnels: pd.DataFrame, remote: pd.DataFrame, dark: pd.Series[Any]) -> pd.Series[Any]:
    """Whether a connection that does not say its VPN gateway would overlap, or may, if it were a sibling."""
    is_loose = tunnels["vpn_gateway_id"].isna()
    loose = remote[remote["vpn_gateway_id"].isna()]
    near = remote[overlap_counts(remote, loose, ["source"]) > overlap_counts(remote, loose, _KEYS)]
    return has_match(tunnels, ["source"], tunnels[is_loose & dark]) | has_match(tunnels, _KEYS, near)
