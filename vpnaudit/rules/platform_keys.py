"""The platform knows pre-shared keys alone, and shows them in clear.

What it finds: sources whose list calls returned the pre-shared key of a customer gateway. That is how every release of
CloudStack works, not a mistake in one tunnel, so it is said once for each source; auditors ask for it.

Why it matters: CloudStack knows no other way to authenticate a tunnel than a key that both ends share. The server keeps
it in its database, and listVpnCustomerGateways and listVpnConnections return it in clear to whoever may list the
gateway: each account that sees one can pose as either of its ends. No key has an age that could be asked for, and none
is ever changed by the platform.

How to fix it: Take listVpnCustomerGateways and listVpnConnections out of the roles that do not need them. Keep one long
random key for each tunnel, and change it on a day that is written down. Where a standard asks for certificates, end the
tunnel on an appliance behind the VPC instead.

What it cannot see: who listed a gateway, when a key was last changed, and how the database is protected.

References: ANSSI guide on IPsec, R9; DISA VPN SRG V-207256; ISO/IEC 27001:2022 A.5.17; API of CloudStack 4.11 to 4.22
(both calls return ipsecpsk). That proposals are never pinned is unpinned-proposals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="info", subject="source", reads=("sources", "customer_gateways"), needs=("sources", "customer_gateways"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module. The keys themselves are in no table: their length tells that one came."""
    rows = estate["sources"].assign(id=estate["sources"]["source"]).reset_index(drop=True)
    gateways = estate["customer_gateways"].sort_values("id", kind="stable")
    with_key = gateways.dropna(subset=["psk_length"])
    first = with_key.drop_duplicates("source").set_index("source")
    shown = {column: rows["source"].map(first[column].astype("object")) for column in ("id", "psk_length")}
    count = rows["source"].map(with_key.groupby("source").size()).fillna(0).astype("int64")
    is_any = rows["source"].isin(gateways["source"])
    return verdicts(
        rows,
        fails=(count > 0).astype("boolean").mask((count == 0) & is_any),
        sentence="Keys are the only way to authenticate, and list calls return them in clear: "
        + count.astype("string")
        + " came with this collection.",
        why="no customer gateway came with its key, so whether keys are returned was not seen",
        unknown="not-collected",
        reasons=[
            Reason(
                "ipsecpsk",
                ours=count.astype("string") + " in clear",
                expected="certificates, or keys that no list call returns",
                who=Side.OPERATOR,
            )
        ],
        evidence=[Cell("customer_gateways", shown["id"], "psk_length", shown["psk_length"])],
    )
