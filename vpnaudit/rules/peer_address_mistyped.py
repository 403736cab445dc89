"""The peer's address is mistyped: digits and dots that are no IPv4 address.

What it finds: customer gateways whose gateway consists of digits and dots only and is no IPv4 address, such as
203.0.113.256, 10.0.0 or
1234. CloudStack takes them for host names.

Why it matters: The router looks for a host of that name, finds none, and the tunnel never comes up, while nothing in
CloudStack says why.

How to fix it: Correct gateway in three steps: delete the connection, update the customer gateway, create the connection
again. An update alone sends the stop for the new address and leaves the old files on the router.

What it cannot see: an address that is well formed and belongs to somebody else. Well-formed addresses that no peer can
have, such as 0.0.0.0, are unusable-value.

References: NetUtils.java of CloudStack 4.22, verifyDomainName and isValidIp4; accepted by a live 4.22 server:
203.0.113.256 and 1234.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.estate.cidrs import parse
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - no limit to choose
    """See the module."""
    gateways = estate["customer_gateways"]
    peer = gateways["gateway"]
    wrong = peer.map({text: parse(text) is None for text in peer.dropna().unique()}).astype("boolean")
    return verdicts(
        gateways,
        fails=peer.str.fullmatch("[0-9.]+") & wrong,
        sentence="The peer " + peer + " is no IPv4 address: CloudStack takes it for a name, and no tunnel comes up.",
        why="the server sent no peer",
        reasons=[Reason("gateway", ours=peer, expected="an IPv4 address")],
        evidence=[Cell("customer_gateways", gateways["id"], "gateway", peer)],
        action="recreate-connection",
    )
