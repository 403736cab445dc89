"""VPCs with what hangs on them: tiers, access lists, routers, machines, private gateways, remote access."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vpnaudit.sandbox.cloud import Account, Row, shaped, shapes

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder, Zone

_RULE = re.compile(r"(\d+) (ingress|egress) (allow|deny) ([A-Za-z0-9]+)(?::(\S+))? (\S+)")
DEFAULT_LISTS = {"default_allow": "Default Network ACL Allow All", "default_deny": "Default Network ACL Deny All"}


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


def default_lists(builder: Builder) -> None:
    """Add default_deny and default_allow, which belong to no VPC and are shown to everybody."""
    for name in ("default_deny", "default_allow"):
        row = shaped("networkacllist", id=builder.id("acl", name), name=name, description=DEFAULT_LISTS[name])
        builder.cloud.add("networkacllist", row)
        for number, direction in ((1, "ingress"), (2, "egress")):
            add_rule(builder, row, None, f"{number} {direction} {name.removeprefix('default_')} all 0.0.0.0/0")


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
        _router(builder, vpc, state)
    builder.events("VPC.CREATE", "Vpc", row, owner, f"creating VPC. Vpc Id: {builder.count}")
    return vpc


def add_list(builder: Builder, vpc: Vpc, name: str) -> Row:
    """Add an empty access list to a VPC."""
    of = {"vpcid": vpc.row["id"], "vpcname": vpc.row["name"]}
    row = shaped(
        "networkacllist",
        id=builder.id("acl", vpc.row["id"], name),
        name=name,
        description=f"{name} of {vpc.row['name']}",
        **of,
    )
    return builder.cloud.add("networkacllist", row, vpc.owner)


def add_rule(builder: Builder, acl: Row, owner: Account | None, text: str) -> Row:
    """Add the rule `number direction action protocol[:first-last or :type/code] cidrs`."""
    found = _RULE.fullmatch(text)
    if found is None:
        raise ValueError(f"no rule: {text}")
    number, direction, action, protocol, detail, cidrs = found.groups()
    fields: Row = {}
    if detail and "/" in detail:
        kind, code = detail.split("/")
        fields = {"icmptype": int(kind), "icmpcode": int(code)}
    elif detail:
        first, _, last = detail.partition("-")
        fields = {"startport": first, "endport": last or first}
    row = shaped(
        "networkacl",
        id=builder.id("rule", acl["id"], number),
        protocol=protocol,
        traffictype=direction.capitalize(),
        cidrlist=cidrs,
        aclid=acl["id"],
        aclname=acl["name"],
        number=int(number),
        action=action.capitalize(),
        **fields,
    )
    return builder.cloud.add("networkacl", row, owner)


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
    builder.cloud.known.add(row["networkofferingid"])
    return builder.cloud.add("network", row, vpc.owner)


def add_machine(builder: Builder, vpc: Vpc, tier: Row) -> Row:
    """Start a machine in a tier, which plugs the tier into the router."""
    number = builder.number()
    vlan = f"{100 + number % 3900}"
    if tier["state"] != "Implemented":
        tier |= {"state": "Implemented", "broadcasturi": f"vlan://{vlan}", "vlan": vlan}
        _plug(builder, vpc, tier)
    address = str(ipaddress.IPv4Network(tier["cidr"])[20])
    name = f"vm-{tier['id'][:8]}"
    of = {"vpcid": vpc.row["id"], "vpcname": vpc.row["name"]}
    nic = {
        "id": builder.id("nic", name),
        "networkid": tier["id"],
        "networkname": tier["name"],
        "netmask": tier["netmask"],
        "gateway": tier["gateway"],
        "ipaddress": address,
        "isolationuri": tier["broadcasturi"],
        "broadcasturi": tier["broadcasturi"],
        "traffictype": "Guest",
        "type": "Isolated",
        "isdefault": True,
        "macaddress": _mac(2, number),
        "secondaryip": [],
        "extradhcpoption": [],
        "deviceid": "0",
        **of,
    }
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
        nic=[nic],
        ipaddress=address,
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


def add_private_gateway(builder: Builder, vpc: Vpc, cidr: str, acl: Row) -> None:
    """Add a private gateway in `cidr` and a static route to the network after it."""
    net = ipaddress.IPv4Network(cidr)
    after = ipaddress.IPv4Network((int(net.network_address) - net.num_addresses, net.prefixlen))
    of = {"vpcid": vpc.row["id"], **builder.owned(vpc.owner, named=True)}
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


def _router(builder: Builder, vpc: Vpc, state: str) -> None:
    number = builder.number()
    name = f"r-{number}-VM"
    host = f"kvm-{vpc.zone.name}-{number % 2 + 1}"
    control = f"169.254.{number // 250 % 250}.{number % 250 + 2}"
    control_net, public_net = builder.id("control", vpc.zone.name), builder.id("public-network", vpc.zone.name)
    gateway = str(vpc.zone.public[1])
    nics = [
        {
            "id": builder.id("nic", name, 0),
            "networkid": control_net,
            "netmask": "255.255.0.0",
            "gateway": "169.254.0.1",
            "ipaddress": control,
            "traffictype": "Control",
            "isdefault": False,
            "macaddress": _mac(14, number),
        },
        {
            "id": builder.id("nic", name, 1),
            "networkid": public_net,
            "netmask": "255.255.255.0",
            "gateway": gateway,
            "ipaddress": vpc.public_ip,
            "isolationuri": "vlan://3910",
            "broadcasturi": "vlan://3910",
            "traffictype": "Public",
            "isdefault": True,
            "macaddress": _mac(30, number),
            "mtu": 1500,
        },
    ]
    version = builder.cloud.version.rsplit(".", 1)[0]
    row = shaped(
        "router",
        id=builder.id("router", name),
        dns1="172.16.1.253",
        gateway=gateway,
        name=name,
        podid=builder.id("pod", vpc.zone.name),
        podname=f"{vpc.zone.name}-pod1",
        hostid=builder.id("host", host),
        hostname=host,
        linklocalip=control,
        linklocalmacaddress=_mac(14, number),
        linklocalnetworkid=control_net,
        publicip=vpc.public_ip,
        publicmacaddress=_mac(30, number),
        publicnetworkid=public_net,
        templateid=builder.id("systemvm"),
        created=builder.time(number),
        version=version,
        templatename=f"systemvm-kvm-{version}",
        serviceofferingid=builder.id("routeroffering", "shared"),
        softwareversion=builder.cloud.version,
        isredundantrouter=state != "UNKNOWN",
        redundantstate=state,
        scriptsversion=builder.id("scripts"),
        vpcid=vpc.row["id"],
        vpcname=vpc.row["name"],
        nic=nics,
        **builder.in_zone(vpc.zone),
        **builder.owned(vpc.owner),
    )
    vpc.routers.append(builder.cloud.add("router", row, vpc.owner))


def _plug(builder: Builder, vpc: Vpc, tier: Row) -> None:
    """Give the VPC's routers an interface in the tier; the first tier also fills the router's own guest fields."""
    for row in vpc.routers:
        mac = _mac(2, builder.number())
        row["nic"].append(
            {
                "id": builder.id("nic", row["id"], tier["id"]),
                "networkid": tier["id"],
                "networkname": tier["name"],
                "netmask": tier["netmask"],
                "gateway": tier["gateway"],
                "ipaddress": tier["gateway"],
                "isolationuri": tier["broadcasturi"],
                "broadcasturi": tier["broadcasturi"],
                "traffictype": "Guest",
                "type": "Isolated",
                "isdefault": False,
                "macaddress": mac,
                "mtu": 1500,
            }
        )
        if "guestipaddress" not in row:
            row |= {
                "guestipaddress": tier["gateway"],
                "guestmacaddress": mac,
                "guestnetmask": tier["netmask"],
                "guestnetworkid": tier["id"],
                "guestnetworkname": tier["name"],
                "networkdomain": tier["networkdomain"],
            }


def _mac(first: int, number: int) -> str:
    return f"{first:02x}:00:" + ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))
