"""The list calls that can be sent, each with its table. There is no way to send another."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from vpnaudit.errors import CloudStackError

if TYPE_CHECKING:
    from collections.abc import Mapping

Scope = Literal["owned", "networks", "accounts", "domains", "none"]
"""Which parameters say what is to be seen.

`owned`: listall, isrecursive and projectid; `networks`: the same, but the widest pass shows all; `accounts`: listall
and isrecursive; `domains`: listall; `none`: the reply is the same for all.
"""


@dataclass(frozen=True, slots=True)
class Command:
    """One list call: the table its rows go to, the key of the array in the reply, parameters that are always sent.

    `paged` is False where the call knows no pages: its reply is whole. `single`: it is one object, and no array.
    """

    name: str
    table: str
    key: str
    scope: Scope = "owned"
    params: Mapping[str, str] = field(default_factory=dict)
    paged: bool = True
    single: bool = False


_ALL = (
    Command("listApis", "", "api", "none", paged=False),
    Command("listCapabilities", "sources", "capability", "none", paged=False, single=True),
    Command("listZones", "zones", "zone", "none"),
    Command("listDomains", "domains", "domain", "domains"),
    Command("listAccounts", "accounts", "account", "accounts"),
    Command("listProjects", "projects", "project", "accounts"),
    Command("listVPCs", "vpcs", "vpc"),
    Command("listNetworks", "tiers", "network", "networks", {"forvpc": "true"}),
    Command("listVpnGateways", "vpn_gateways", "vpngateway"),
    Command("listVpnCustomerGateways", "customer_gateways", "vpncustomergateway"),
    Command("listVpnConnections", "connections", "vpnconnection"),
    Command("listNetworkACLLists", "acl_lists", "networkacllist"),
    Command("listNetworkACLs", "acl_rules", "networkacl"),
    Command("listStaticRoutes", "static_routes", "staticroute"),
    Command("listPrivateGateways", "private_gateways", "privategateway"),
    Command("listPublicIpAddresses", "public_ips", "publicipaddress"),
    Command("listRouters", "routers", "router", "owned", {"forvpc": "true"}),
    Command("listVPCOfferings", "vpc_offerings", "vpcoffering", "none"),
    Command(
        "listServiceOfferings",
        "service_offerings",
        "serviceoffering",
        "none",
        {"issystem": "true", "systemvmtype": "domainrouter"},
    ),
    Command("listConfigurations", "settings", "configuration", "none"),
    Command("listEvents", "events", "event"),
    Command("listRemoteAccessVpns", "remote_access_vpns", "remoteaccessvpn"),
    # Network interfaces are all that is asked of a machine: the full reply costs the server a join for each volume and
    # tag.
    Command("listVirtualMachines", "virtual_machines", "virtualmachine", "owned", {"details": "nics"}),
    Command("listHosts", "hosts", "host", "none", {"type": "Routing"}),
)

COMMANDS: Mapping[str, Command] = MappingProxyType({command.name: command for command in _ALL})
"""Every call that can be sent, by name. All but listApis fill a table."""

SETTINGS = (
    "site2site.vpn.vpngateway.connection.limit",
    "site2site.vpn.customergateway.subnets.limit",
    "remote.access.vpn.client.iprange",
    "remote.access.vpn.user.limit",
    "router.check.interval",
    "minreq.sysvmtemplate.version",
    "default.page.size",
    "enforce.post.requests.and.timestamps",
    "vpc.max.networks",
)
"""Settings of the whole cloud that bear on tunnels. Asked by name: no other setting is ever in a reply that is kept."""

CUSTOMER_GATEWAY_SETTINGS = "vpn.customer.gateway."
"""Since 4.23 the operator can exclude algorithms or call them obsolete, also for one domain; the names begin so."""

EVENTS = (
    *(f"VPN.S2S.VPN.GATEWAY.{verb}" for verb in ("CREATE", "UPDATE", "DELETE")),
    *(f"VPN.S2S.CUSTOMER.GATEWAY.{verb}" for verb in ("CREATE", "UPDATE", "DELETE")),
    *(f"VPN.S2S.CONNECTION.{verb}" for verb in ("CREATE", "UPDATE", "DELETE", "RESET")),
    "NETWORK.ACL.ITEM.UPDATE",
    *(f"ROUTER.{verb}" for verb in ("START", "STOP", "REBOOT")),
    "VPC.RESTART",
)
"""Types of event that are collected (EventTypes.java)."""

EVENT_DAYS = 30


def command(name: str) -> Command:
    """The call of that name. Raises `CloudStackError` for a name that is not on the list: nothing was sent then."""
    if name not in COMMANDS:
        raise _not_sent(name)
    return COMMANDS[name]


def check(candidate: Command, params: Mapping[str, str]) -> None:
    """Raise `CloudStackError` unless this is a call of the list, and no parameter could be taken for another. Asked
    before each request.
    """
    if COMMANDS.get(candidate.name) is not candidate or any(
        name != name.lower() or name == "command" for name in params
    ):
        raise _not_sent(candidate.name)


def _not_sent(name: str) -> CloudStackError:
    return CloudStackError(name, "not sent: vpnaudit can send the list calls of its own written list only")
