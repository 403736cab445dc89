"""Machines in tiers, with their interfaces and public addresses."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from vpnaudit.sandbox.cloud import Row, shaped
from vpnaudit.sandbox.routers import mac_address, plug

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder
    from vpnaudit.sandbox.networks import Vpc


def add_machine(builder: Builder, vpc: Vpc, tier: Row) -> Row:
    """Start a machine in a tier, which plugs the tier into the router."""
    number = builder.number()
    vlan = f"{100 + number % 3900}"
    if tier["state"] != "Implemented":
        tier |= {"state": "Implemented", "broadcasturi": f"vlan://{vlan}", "vlan": vlan}
        plug(builder, vpc, tier)
    name = f"vm-{tier['id'][:8]}"
    user = next(
        (account for account in builder.cloud.accounts if account.id == vpc.owner.id), builder.cloud.accounts[0]
    )
    host = f"kvm-{vpc.zone.name}-{number % 2 + 1}"
    row = shaped(
        "virtualmachine",
        id=builder.id("vm", name),
        name=name,
        displayname=name,
        userid=user.user_id,
        username=user.name,
        created=builder.time(number),
        lastupdated=builder.time(number),
        hostid=builder.id("host", host),
        hostname=host,
        templateid=builder.id("template"),
        serviceofferingid=builder.id("small"),
        guestosid=builder.id("os"),
        ostypeid=builder.id("os"),
        nic=[_nic(builder, vpc, tier, name, number)],
        ipaddress=_address(tier),
        instancename=f"i-{vpc.owner.number}-{number}-VM",
        **builder.in_zone(vpc.zone),
        **builder.owned(vpc.owner),
    )
    return builder.cloud.add("virtualmachine", row, vpc.owner)


def add_static_nat(builder: Builder, vpc: Vpc, machine: Row) -> None:
    """Give a machine a public address of its own."""
    tier = next(tier for tier in vpc.tiers.values() if tier["id"] == machine["nic"][0]["networkid"])
    row = builder.address(
        vpc.zone,
        vpc.owner,
        isstaticnat=True,
        vpcid=vpc.row["id"],
        vpcname=vpc.row["name"],
        virtualmachineid=machine["id"],
        virtualmachinetype="User",
        vmipaddress=machine["ipaddress"],
        virtualmachinename=machine["name"],
        virtualmachinedisplayname=machine["name"],
        associatednetworkid=tier["id"],
        associatednetworkname=tier["name"],
    )
    for holder in (machine, machine["nic"][0]):
        holder |= {"publicipid": row["id"], "publicip": row["ipaddress"]}


def _nic(builder: Builder, vpc: Vpc, tier: Row, machine: str, number: int) -> Row:
    return {
        "id": builder.id("nic", machine),
        "networkid": tier["id"],
        "networkname": tier["name"],
        "netmask": tier["netmask"],
        "gateway": tier["gateway"],
        "ipaddress": _address(tier),
        "isolationuri": tier["broadcasturi"],
        "broadcasturi": tier["broadcasturi"],
        "traffictype": "Guest",
        "type": "Isolated",
        "isdefault": True,
        "macaddress": mac_address(2, number),
        "secondaryip": [],
        "extradhcpoption": [],
        "deviceid": "0",
        "vpcid": vpc.row["id"],
        "vpcname": vpc.row["name"],
    }


def _address(tier: Row) -> str:
    """Address number 20 of the tier, which has one machine."""
    return str(ipaddress.IPv4Network(tier["cidr"])[20])
