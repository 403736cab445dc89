"""The virtual routers of a VPC, with their interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.sandbox.cloud import Row, shaped

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder
    from vpnaudit.sandbox.networks import Vpc


def add_router(builder: Builder, vpc: Vpc, state: str) -> None:
    """Start a router of the VPC; `state` is its part in a redundant pair, UNKNOWN for one that is alone."""
    number = builder.number()
    name = f"r-{number}-VM"
    host = f"kvm-{vpc.zone.name}-{number % 2 + 1}"
    control_nic, public_nic = _nics(builder, vpc, name, number)
    version = builder.cloud.version.rsplit(".", 1)[0]
    row = shaped(
        "router",
        id=builder.id("router", name),
        dns1="172.16.1.253",
        gateway=public_nic["gateway"],
        name=name,
        podid=builder.id("pod", vpc.zone.name),
        podname=f"{vpc.zone.name}-pod1",
        hostid=builder.id("host", host),
        hostname=host,
        linklocalip=control_nic["ipaddress"],
        linklocalmacaddress=control_nic["macaddress"],
        linklocalnetworkid=control_nic["networkid"],
        publicip=vpc.public_ip,
        publicmacaddress=public_nic["macaddress"],
        publicnetworkid=public_nic["networkid"],
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
        nic=[control_nic, public_nic],
        **builder.in_zone(vpc.zone),
        **builder.owned(vpc.owner),
    )
    vpc.routers.append(builder.cloud.add("router", row, vpc.owner))


def plug(builder: Builder, vpc: Vpc, tier: Row) -> None:
    """Give the VPC's routers an interface in the tier; the first tier also fills the router's own guest fields."""
    for row in vpc.routers:
        address = mac_address(2, builder.number())
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
                "macaddress": address,
                "mtu": 1500,
            }
        )
        if "guestipaddress" not in row:
            row |= {
                "guestipaddress": tier["gateway"],
                "guestmacaddress": address,
                "guestnetmask": tier["netmask"],
                "guestnetworkid": tier["id"],
                "guestnetworkname": tier["name"],
                "networkdomain": tier["networkdomain"],
            }


def mac_address(first_byte: int, number: int) -> str:
    """Make an address of which the first byte says what kind of interface it is."""
    return f"{first_byte:02x}:00:" + ":".join(f"{number >> shift & 255:02x}" for shift in (24, 16, 8, 0))


def _nics(builder: Builder, vpc: Vpc, router: str, number: int) -> list[Row]:
    """The interfaces of a router that has no tier yet: control and public."""
    return [
        {
            "id": builder.id("nic", router, 0),
            "networkid": builder.id("control", vpc.zone.name),
            "netmask": "255.255.0.0",
            "gateway": "169.254.0.1",
            "ipaddress": f"169.254.{number // 250 % 250}.{number % 250 + 2}",
            "traffictype": "Control",
            "isdefault": False,
            "macaddress": mac_address(14, number),
        },
        {
            "id": builder.id("nic", router, 1),
            "networkid": builder.id("public-network", vpc.zone.name),
            "netmask": "255.255.255.0",
            "gateway": str(vpc.zone.public[1]),
            "ipaddress": vpc.public_ip,
            "isolationuri": "vlan://3910",
            "broadcasturi": "vlan://3910",
            "traffictype": "Public",
            "isdefault": True,
            "macaddress": mac_address(30, number),
            "mtu": 1500,
        },
    ]
