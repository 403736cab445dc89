"""A connection leads to another VPC of the estate, and nothing comes back.

What it finds: connections whose peer is the VPN gateway of another VPC of the estate, in any zone and source, while
that gateway has no connection to this one.

Why it matters: The far router knows nothing of the tunnel: it has no key, no networks and no firewall opening for this
peer, so the tunnel can never come up.

How to fix it: On the far VPC create a customer gateway for this VPC (its public address and whole CIDR, the same key
and policies) and a connection to it; or delete this connection if the far one was removed on purpose.

What it cannot see: connections that the key may not list. Where a table is not whole, it cannot tell.

References: Site2SiteVpnManagerImpl of CloudStack 4.22: each end is made for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_NAME_SHOWN = 40


@rule(
    severity="high",
    subject="connection",
    reads=("both_ends", "vpn_gateways"),
    absence=("connections",),
    applicability=("vpn_gateways",),
    across=True,
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["both_ends"]
    rows = rows.drop_duplicates(["source", "id"], ignore_index=True)  # one connection back is enough
    internal = rows["far_vpn_gateway_id"].notna()
    # A VPN gateway without an address may be the one that the connection goes to.
    all_addresses = bool(estate["vpn_gateways"]["public_ip"].notna().all())
    return verdicts(
        rows,
        applies=internal.astype("boolean").where((internal | all_addresses) & rows["gateway"].notna()),
        fails=~rows["answered"],
        sentence="The far VPC "
        + rows["far_vpc_name"].fillna(rows["gateway"]).str.slice(0, _NAME_SHOWN)
        + " has no connection back: the tunnel cannot come up.",
        unknown="unknown-value",
        why=words_by_condition(
            rows.index,
            [
                (internal, rows["unanswered"]),
                (rows["gateway"].isna(), "the peer of the connection is not known"),
                (~internal & all_addresses, "the far side is no VPC of this estate"),
            ],
            otherwise="the far side is none of the VPN gateways whose address is known",
        ),
        reasons=[
            Reason("gateway", ours=rows["gateway"], expected="a connection to " + rows["public_ip"], who=Side.FAR)
        ],
        evidence=[
            Cell("connections", rows["id"], "gateway", rows["gateway"]),
            Cell("vpn_gateways", rows["far_vpn_gateway_id"], "public_ip", rows["gateway"]),
        ],
        action="create-connection-back",
    )
