"""A remote network overlaps the connection's own VPC.

What it finds: connections whose remote networks share an address with the CIDR of the VPC that they belong to.

Why it matters: The same addresses then exist on both sides of the tunnel. The router has a local route and a tunnel
selector for one packet, so machines on one of the sides cannot be reached, and traffic between tiers of the VPC may
leave through the tunnel. createVpnConnection refuses such a connection; updateVpnCustomerGateway checks nothing, so it
comes in later.

How to fix it: Take the overlapping network out of the customer gateway's cidrlist. Where the far site really uses it,
one of both sides needs other addresses: a VPC's CIDR cannot be changed. After it is deleted, such a connection cannot
be created again, so update instead.

What it cannot see: address translation on the far side, which may be what makes the overlap intended.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, createVpnConnection (checks) and updateCustomerGateway (none);
RFC 4301 section 4.4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.matching import has_match
from vpnaudit.comparing.networks import first_names
from vpnaudit.estate.cidrs import overlaps, unreadable_texts, with_intervals
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_KEYS = ["source", "id"]


@rule(severity="critical", subject="connection", reads=("tunnels", "cidrs"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    tunnels, networks = estate["tunnels"], estate["cidrs"]
    remote, own = networks[networks["role"] == "remote"], networks[networks["role"] == "vpc"]
    shared = overlaps(remote, own, by=["source", "vpc_id"]).rename(columns={"source_left": "source", "id_left": "id"})
    hits = shared.groupby(_KEYS).agg(inside=("text_left", first_names)).reset_index()
    bad = pd.MultiIndex.from_frame(shared[[*_KEYS, "text_left"]])
    rest = remote[~pd.MultiIndex.from_frame(remote[[*_KEYS, "text"]]).isin(bad)]
    unread = has_match(rest, _KEYS, rest[rest["start"].isna()])  # the API would refuse the list
    outside = rest[~unread].groupby(_KEYS).agg(outside=("text", ",".join)).reset_index()
    rows = tunnels.merge(hits, on=_KEYS, how="left").merge(outside, on=_KEYS, how="left")
    is_readable = ~unreadable_texts(rows, remote) & with_intervals(rows.assign(text=rows["vpc_cidr"]))["start"].notna()
    fails = rows["inside"].notna().astype("boolean").where(rows["inside"].notna() | is_readable)
    return verdicts(
        rows,
        fails=fails,
        sentence="The remote "
        + rows["inside"]
        + " overlaps its own VPC "
        + rows["vpc_cidr"]
        + ": the same addresses are on both sides.",
        unknown=words_by_condition(rows.index, [(rows["vpc_cidr"].isna(), "not-collected")], "unknown-value"),
        why=words_by_condition(
            rows.index,
            [(rows["vpc_cidr"].isna(), "the VPC of the connection was not collected")],
            otherwise="a remote network or the VPC's CIDR is no IPv4 network",
        ),
        reasons=[Reason("cidrlist", ours=rows["cidr_list"], expected="nothing of " + rows["vpc_cidr"])],
        evidence=[
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
            Cell("vpcs", rows["vpc_id"], "cidr", rows["vpc_cidr"]),
        ],
        action="update-customer-gateway",
        changes=rows["outside"].map(lambda networks: {"cidrlist": networks}, na_action="ignore"),
    )
