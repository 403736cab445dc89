"""A VPN gateway or a customer gateway has no connection.

What it finds: VPN gateways and customer gateways that no connection names.

Why it matters: A customer gateway without use still holds a pre-shared key that any user of the account can read, and a
forgotten end hides which tunnels are meant to be there.

How to fix it: Delete it if nobody is about to use it. CloudStack refuses where a connection still uses it. Keep the key
of a customer gateway somewhere safe before: it cannot be created again without.

What it cannot see: connections that the key may not list. Where the connections are not whole, it cannot tell.

References: deleteVpnGateway and deleteVpnCustomerGateway of CloudStack 4.22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_KINDS = (
    ("vpn_gateways", "vpn_gateway_id", "public_ip", "delete-vpn-gateway", "The VPN gateway "),
    ("customer_gateways", "customer_gateway_id", "gateway", "delete-customer-gateway", "The customer gateway for "),
)


@rule(
    severity="low",
    subject="VPN gateway",
    reads=("vpn_gateways", "customer_gateways", "connections"),
    absence=("connections",),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    connections = estate["connections"]
    parts = []
    for table, column, address, action, words in _KINDS:
        ends = estate[table]
        uses = (
            connections[["source", column]].dropna().drop_duplicates().rename(columns={column: "id"}).assign(used=True)
        )
        is_used = (
            ends[["source", "id"]].merge(uses, on=["source", "id"], how="left")["used"].notna().set_axis(ends.index)
        )
        loose = ends["source"].isin(connections.loc[connections[column].isna(), "source"])
        parts.append(
            pd.DataFrame(
                {
                    "source": ends["source"],
                    "id": ends["id"],
                    "unused": (~is_used).astype("boolean").where(is_used | ~loose),
                    "table": table,
                    "column": address,
                    "address": ends[address],
                    "action": action,
                    "sentence": words + ends[address].fillna("without an address") + " is used by no connection.",
                }
            )
        )
    rows = pd.concat(parts, ignore_index=True)
    described = rows["address"].notna()
    return verdicts(
        rows,
        fails=rows["unused"].where(described | ~rows["unused"]),
        sentence=rows["sentence"],
        why="a connection does not say its gateways, or the gateway itself was not described",
        reasons=[Reason("connections", ours="0", expected="1 or more")],
        evidence=[Cell(rows["table"], rows["id"], rows["column"], rows["address"])],
        action=rows["action"],
    )
