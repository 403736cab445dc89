"""VPCs with what hangs on them: tiers, private gateways, remote access."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vpnaudit.sandbox.cloud import Account, Row, shaped, shapes
from vpnaudit.sandbox.routers import add_router

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder, Zone


@dataclass
class Vpc:
    """A VPC that was built: its row, its owner, its zone and its public address."""

    row: Row
    owner: Account
    zone: Zone
    public_ip: str
    tiers: dict[str, Row] = field(default_factory=dict)
    routers: list[Row] = field(default_factory=list)
    gateway: Row | None = None
    connections: list[Row] = field(default_factory=list)


def add_vpc(builder: Builder, name: str, zone_name: str, cidr: str, owner: Account, *, redundant: bool = False) -> Vpc:
    """Add a VPC with its source NAT address and its router (two, if redundant)."""
    zone = builder.zones[zone_name]
    row = shaped(
        "vpc",
        id=builder.id("vpc", name),
        name=name,
        displaytext=name,
        service=shapes()["services"]["vpc"],
        cidr=cidr,
        network=[],
        vpcofferingid=builder.id("vpcoffering", "Redundant VPC offering" if redundant else "Default VPC offering"),
        vpcofferingname="Redundant VPC offering" if redundant else "Default VPC offering",
        redundantvpcrouter=redundant,
        networkdomain=f"cs{owner.number}cloud.internal",
        created=builder.time(builder.number()),
        **builder.in_zone(zone),
        **builder.owned(owner),
    )
    builder.cloud.add("vpc", row, owner)
    address = builder.address(zone, owner, issourcenat=True, vpcid=row["id"], vpcname=name)
    vpc = Vpc(row, owner, zone, address["ipaddress"])
    for state in ("PRIMARY", "BACKUP") if redundant else ("UNKNOWN",):
        add_router(builder, vpc, state)
    builder.events("VPC.CREATE", "Vpc", row, owner, f"creating VPC. Vpc Id: {builder.count}")
    return vpc


def add_tier(builder: Builder, vpc: Vpc, name: str, acl: Row | None) -> Row:
    """Add the next /24 of the VPC as a tier; without an access list it has neither `aclid` nor `aclname`."""
    index = len(vpc.tiers) + 1
    net = ipaddress.IPv4Network((int(ipaddress.IPv4Network(vpc.row["cidr"]).network_address) + 256 * index, 24))
    tier_id = builder.id("tier", vpc.row["id"], name)
    row = shaped(
        "network",
        id=tier_id,
        name=f"{vpc.row['name']}-{name}",
        displaytext=f"{vpc.row['name']}-{name}",
        gateway=str(net[1]),
        cidr=str(net),
        networkofferingid=builder.id("networkoffering"),
        state="Allocated",
        related=tier_id,
        dns1="172.16.1.253",
        service=shapes()["services"]["network"],
        networkdomain=vpc.row["networkdomain"],
        vpcid=vpc.row["id"],
        vpcname=vpc.row["name"],
        physicalnetworkid=builder.id("physical", vpc.zone.name),
        created=builder.time(builder.number()),
        aclid=acl and acl["id"],
        aclname=acl and acl["name"],
        **builder.in_zone(vpc.zone),
        **builder.owned(vpc.owner),
    )
    vpc.tiers[name] = row
    vpc.row["network"].append(row)
    builder.cloud.object_ids.add(row["networkofferingid"])
    return builder.cloud.add("network", row, vpc.owner)


def add_private_gateway(builder: Builder, vpc: Vpc, cidr: str, acl: Row) -> None:
    """Add a private gateway in `cidr` and a static route to the network after it."""
    net = ipaddress.IPv4Network(cidr)
    after = ipaddress.IPv4Network((int(net.network_address) - net.num_addresses, net.prefixlen))
    of = {"vpcid": vpc.row["id"], **builder.owned(vpc.owner, with_account=True)}
    row = shaped(
        "privategateway",
        id=builder.id("privategateway", cidr),
        gateway=str(net[1]),
        netmask=str(net.netmask),
        vlan="1971",
        ipaddress=str(net[2]),
        vpcname=vpc.row["name"],
        physicalnetworkid=builder.id("physical", vpc.zone.name),
        state="Ready",
        aclid=acl["id"],
        aclname=acl["name"],
        **builder.in_zone(vpc.zone),
        **of,
    )
    builder.cloud.add("privategateway", row, vpc.owner)
    route = shaped(
        "staticroute",
        id=builder.id("route", str(after)),
        cidr=str(after),
        state="Active",
        vpcgatewayid=row["id"],
        vpcgatewayip=str(net[2]),
        **of,
    )
    builder.cloud.add("staticroute", route, vpc.owner)


def add_remote_access(builder: Builder, vpc: Vpc) -> None:
    """Switch remote access on at the VPC's source NAT address."""
    ip = next(row for row in builder.cloud.rows("publicipaddress") if row["ipaddress"] == vpc.public_ip)
    row = shaped(
        "remoteaccessvpn",
        id=builder.id("remote-access", ip["id"]),
        publicipid=ip["id"],
        publicip=vpc.public_ip,
        state="Running",
        iprange="10.1.2.2-10.1.2.8",
        presharedkey=builder.key("remote-access", ip["id"], length=24),
        **builder.owned(vpc.owner),
    )
    builder.cloud.add("remoteaccessvpn", row, vpc.owner)
