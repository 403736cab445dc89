"""The exact size of an ESP packet in tunnel mode over IPv4, and the TCP MSS that fits a path.

outer = IPv4 header + [UDP header] + ESP header + IV + padded(inner + trailer) + ICV, padded to the cipher's block (RFC
4303 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from vpnaudit.ipsec.proposals import Suite, parse_proposal
from vpnaudit.knowledge import strongswan


@dataclass(frozen=True, slots=True)
class EspLayout:
    """The bytes that a suite adds; `measured`: sizes of this cipher and integrity algorithm were measured, not only
    computed.
    """

    iv_bytes: int
    block_bytes: int
    icv_bytes: int
    measured: bool


def esp_layout(suite: str | Suite) -> EspLayout | None:
    """The layout of an ESP suite such as `aes256-sha256` or `aes256gcm16-ecp384`; the group does not matter.

    Returns:
        None where the suite or one of its algorithms is not known: no size can be told.
    """
    proposal = parse_proposal(str(suite), "esp")
    if proposal is None:
        return None
    table = strongswan.esp_overhead()
    cipher = table["encryption"].get(proposal.encryption[0])
    if cipher is None:
        return None
    if "icv" in cipher:
        return EspLayout(cipher["iv"], cipher["block"], cipher["icv"], cipher["measured"])
    if not proposal.integrity:
        return None
    check = table["integrity"][proposal.integrity[0]]
    return EspLayout(cipher["iv"], cipher["block"], check["icv"], cipher["measured"] and check["measured"])


def outer_size(inner_bytes: int, layout: EspLayout, *, udp: bool) -> int:
    """The IPv4 packet on the wire for an inner IPv4 packet of this size; `udp`: encapsulated in UDP 4500 (RFC 3948)."""
    trailer: int = strongswan.esp_overhead()["fixed"]["esp_trailer"]
    blocks = -(-(inner_bytes + trailer) // layout.block_bytes)
    return _around(layout, udp=udp) + blocks * layout.block_bytes


def largest_inner(mtu_bytes: int, layout: EspLayout, *, udp: bool) -> int:
    """The largest inner packet that leaves as one packet of at most `mtu_bytes`; negative where nothing fits."""
    trailer: int = strongswan.esp_overhead()["fixed"]["esp_trailer"]
    return (mtu_bytes - _around(layout, udp=udp)) // layout.block_bytes * layout.block_bytes - trailer


def tcp_mss(mtu_bytes: int, layout: EspLayout, *, udp: bool) -> int:
    """The TCP MSS to clamp to on this path: the largest inner packet without IPv4 and TCP headers (no options)."""
    headers: int = strongswan.esp_overhead()["fixed"]["tcp_ipv4_headers"]
    return largest_inner(mtu_bytes, layout, udp=udp) - headers


def _around(layout: EspLayout, *, udp: bool) -> int:
    fixed = strongswan.esp_overhead()["fixed"]
    around: int = fixed["ipv4_header"] + fixed["esp_header"] + layout.iv_bytes + layout.icv_bytes
    return around + (fixed["udp_header"] if udp else 0)
