"""The peer is a name, or a private address without forced encapsulation.

What it finds: customer gateways whose gateway is a host name, and those whose gateway is an address of RFC 1918 or RFC
6598 while forceencap is off. Names of digits and dots alone are peer-address-mistyped.

Why it matters: The router expects the peer to identify itself by exactly what stands in gateway. A name must be
resolved before the router can start, a peer whose address changes is not followed by the packet filter, and a device
that identifies itself by address is refused. A private address means a translation on the way, or a typing mistake:
plain ESP has no ports and is dropped by most translations, and behind one the peer must identify itself by the address
that stands here.

How to fix it: Put the peer's fixed public address into gateway: delete the connection, update the customer gateway,
create the connection again, since an update alone leaves the old tunnel on the router. For a private address that is
meant, set forceencap=true and the far side's own id to the address given here.

What it cannot see: whether the name resolves, and whether private and public networks are one in this installation.

References: RFC 1918; RFC 6598; RFC 3948; strongSwan ipsec.conf(5), right and rightid; configure.py of CloudStack 4.22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.cidrs import is_private, with_intervals
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways",), yields_to=("peer-address-mistyped",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - no limit to choose
    """See the module."""
    gateways = estate["customer_gateways"]
    peer, encapsulated = gateways["gateway"], gateways["force_encap"]
    intervals = with_intervals(pd.DataFrame({"text": peer}))
    address = intervals["start"].notna() & ~peer.str.contains("[-/]").fillna(value=True)
    name = (~address).where(peer.notna()).astype("boolean")
    bare = is_private(intervals).where(address, other=False) & ~encapsulated
    fails = name | bare.where(peer.notna())
    is_private_words = (
        "The peer address " + peer + " is private and forced encapsulation is off: a translation on the way drops ESP."
    )
    is_name_words = "The peer is a name, " + peer + ": without DNS, or with another address, no tunnel."
    return verdicts(
        gateways,
        fails=fails,
        sentence=words_by_condition(gateways.index, [(name, is_name_words)], is_private_words),
        why=words_by_condition(
            gateways.index,
            [(peer.isna(), "the server sent no peer")],
            otherwise="the server did not say whether encapsulation is forced",
        ),
        reasons=[
            Reason("gateway", ours=peer, expected="the peer's public IPv4 address", when=name),
            Reason("forceencap", ours=encapsulated, expected="true", when=bare),
        ],
        evidence=[
            Cell("customer_gateways", gateways["id"], column, gateways[column]) for column in ("gateway", "force_encap")
        ],
        action=words_by_condition(gateways.index, [(name, "recreate-connection")], "update-customer-gateway"),
        changes=pd.Series(
            [{"forceencap": "true"} if on is True else None for on in bare], index=gateways.index, dtype="object"
        ),
    )
