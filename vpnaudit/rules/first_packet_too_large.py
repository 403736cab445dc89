"""The router's first IKE packet is larger than the path takes in one piece.

What it finds: connections under IKEv2 whose first packet, with the router's proposals and the public value of the IKE
group, is larger than the MTU of the router's public side; of a VPC without one, than 1500 bytes. From modp4096 on it
is: with modp8192 it has 2,084 bytes and its headers.

Why it matters: IKE fragments its own messages only after the first exchange. Until then the packet goes as IP fragments
of UDP, which many firewalls and address translators drop: the tunnel then comes up only if the far side starts with a
smaller group, or never.

How to fix it: Take a group with a smaller public value at both ends: modp2048 fits 1500 bytes.
Or let IP fragments pass all the way.

What it cannot see: whether fragments pass on this path, and a smaller MTU on the way.

References: RFC 7383 section 2; RFC 7296 section 1.2; measured with strongSwan 5.9 for seven groups.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.exchange import UDP_IP_HEADERS, init_size
from vpnaudit.ipsec.proposals import effective_proposals

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_USUAL_MTU = 1500


@rule(severity="low", subject="connection", reads=("tunnels", "vpcs"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    mtu = estate["vpcs"][["source", "id", "public_mtu_bytes"]].rename(columns={"id": "vpc_id"})
    rows = estate["tunnels"].merge(mtu, on=["source", "vpc_id"], how="left")
    path = rows["public_mtu_bytes"].fillna(_USUAL_MTU)
    size = rows["ike_policy"].map(_first_packet_bytes, na_action="ignore").astype("Int64")
    group = rows["ike_policy"].str.extract(r"^[^,;]*;([^,;]*)", expand=False).astype("string")
    second = rows["ike_version"].str.lower() != "ikev1"
    return verdicts(
        rows,
        fails=size > path,
        applies=(second | (size <= path)).astype("boolean"),
        sentence="The first IKE packet has "
        + size.astype("string")
        + " bytes with "
        + group
        + ", the path takes "
        + path.astype("string")
        + ": IP fragments must pass.",
        why=words_by_condition(
            rows.index,
            [
                (~second, "IKEv1 sends the public value later, and its first packet is small"),
                (rows["ike_version"].isna(), "the server sent no IKE version"),
                (rows["ike_policy"].isna(), "the server sent no IKE policy"),
            ],
            otherwise="nothing is known of the size of the group",
        ),
        reasons=[Reason("ikepolicy", ours=rows["ike_policy"], expected="a group with a smaller public value")],
        evidence=[
            Cell("connections", rows["id"], "ike_policy", rows["ike_policy"]),
            Cell("vpcs", rows["vpc_id"], "public_mtu_bytes", rows["public_mtu_bytes"]),
        ],
    )


@lru_cache(maxsize=4096)
def _first_packet_bytes(policy: str) -> int | None:
    """Bytes of the router's first packet with UDP and IP headers; None where the policy cannot be read."""
    offered: Any = effective_proposals(tuple(policy.replace(";", "-").split(",")), "ike", strict=False)
    if not offered or not offered[0].group:
        return None
    return init_size(offered, offered[0].group[0]) + UDP_IP_HEADERS
