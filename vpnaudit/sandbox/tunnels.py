"""VPN gateways, customer gateways and connections, and the access rules that let their traffic in."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpnaudit.sandbox.access_lists import add_rule
from vpnaudit.sandbox.cloud import Row, shaped

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder
    from vpnaudit.sandbox.networks import Vpc

STRONG = "aes256-sha256;modp2048"
_COPIED = ("gateway", "cidrlist", "ipsecpsk", "ikepolicy", "esppolicy", "ikelifetime", "esplifetime", "dpd",
           "forceencap", "splitconnections", "ikeversion")  # fmt: skip


@dataclass(frozen=True)
class Far:
    """The far side of a tunnel as a customer gateway describes it, and how its connection is made. The defaults are
    healthy ones.

    `peer` is an address or a name, `cidrs` the remote networks, `psk` empty for a key made from the seed; `state` is
    what the connection shows.
    """

    peer: str
    cidrs: tuple[str, ...]
    psk: str = ""
    ike: str = STRONG
    esp: str = STRONG
    version: str = "ikev2"
    ike_lifetime_s: int = 28800
    esp_lifetime_s: int = 3600
    dpd: bool = True
    forceencap: bool = False
    split: bool = False
    passive: bool = False
    state: str = "Connected"


def add_vpn_gateway(builder: Builder, vpc: Vpc) -> Row:
    """Give the VPC its VPN gateway, at its source NAT address."""
    row = shaped("vpngateway", id=builder.id("vpngateway", vpc.row["id"]), publicip=vpc.public_ip, vpcid=vpc.row["id"],
                 vpcname=vpc.row["name"], **builder.owned(vpc.owner, with_account=True))  # fmt: skip
    vpc.gateway = builder.cloud.add("vpngateway", row, vpc.owner)
    builder.events(
        "VPN.S2S.VPN.GATEWAY.CREATE", "Site2SiteVpnGateway", row, vpc.owner, "creating site-to-site VPN gateway"
    )
    return row


def add_customer_gateway(builder: Builder, vpc: Vpc, name: str, far: Far, *, remembered: bool = True) -> Row:
    """Describe the far side for the VPC's owner; its events are gone if it is so old that they are not `remembered`."""
    row = shaped(
        "vpncustomergateway", id=builder.id("customergateway", name), name=name, gateway=far.peer,
        cidrlist=",".join(far.cidrs), ipsecpsk=far.psk or builder.key("psk", builder.cloud.name, name),
        ikepolicy=far.ike, esppolicy=far.esp, ikelifetime=far.ike_lifetime_s, esplifetime=far.esp_lifetime_s,
        dpd=far.dpd, forceencap=far.forceencap, splitconnections=far.split, ikeversion=far.version,
        **builder.owned(vpc.owner, with_account=True),
    )  # fmt: skip
    if remembered:
        words = f"Create site-to-site VPN customer gateway for account {vpc.owner.number}"
        builder.events("VPN.S2S.CUSTOMER.GATEWAY.CREATE", "VpnCustomerGateway", row, vpc.owner, words)
    return builder.cloud.add("vpncustomergateway", row, vpc.owner)


def add_connection(builder: Builder, vpc: Vpc, customer_gateway: Row, far: Far) -> Row:
    """Connect the VPC to a customer gateway, whose parameters the connection shows as its own."""
    gateway = vpc.gateway or add_vpn_gateway(builder, vpc)
    row = shaped(
        "vpnconnection", id=builder.id("connection", vpc.row["id"], customer_gateway["id"]),
        s2svpngatewayid=gateway["id"], publicip=vpc.public_ip, s2scustomergatewayid=customer_gateway["id"],
        state=far.state, passive=far.passive, created=builder.time(builder.number()),
        **{key: customer_gateway[key] for key in _COPIED}, **builder.owned(vpc.owner, with_account=True),
    )  # fmt: skip
    vpc.connections.append(row)
    builder.events(
        "VPN.S2S.CONNECTION.CREATE", "Site2SiteVpnConnection", row, vpc.owner, "creating site-to-site VPN connection"
    )
    return builder.cloud.add("vpnconnection", row, vpc.owner)


def admit_remotes(builder: Builder, vpc: Vpc, acl: Row) -> None:
    """Let every remote network of the VPC's connections reach port 443; a VPC without connections serves the world.

    A network inside another one gets no rule of its own, as a careful administrator would have it.
    """
    cidrs = dict.fromkeys(cidr for row in vpc.connections for cidr in row["cidrlist"].split(",")) or {"0.0.0.0/0": None}
    networks = {cidr: ipaddress.IPv4Network(cidr, strict=False) for cidr in cidrs}
    remotes = [
        cidr
        for cidr, net in networks.items()
        if not any(net != other and net.subnet_of(other) for other in networks.values())
    ]
    for number, cidr in enumerate(remotes, 1):
        add_rule(builder, acl, vpc.owner, f"{number} ingress allow tcp:443 {cidr}")
