"""The list calls that the sandbox serves: which rows, in which order, by which filters."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpnaudit.sandbox import refusal
from vpnaudit.sandbox.cloud import DOMAIN_ADMIN, Account, Cloud, Item, Row, shapes
from vpnaudit.sandbox.scope import find_project, is_true, may_touch, scope

if TYPE_CHECKING:
    from vpnaudit.sandbox.scope import Query


@dataclass(frozen=True)
class Listing:
    """One list call. `key` is both the key in the answer and the table.

    `ids` are the filters whose value must be the id of an object that exists, `equal` those compared with the row's
    field of that name as text, `like` those that search in it, `keyword` the fields that `keyword` searches.
    `newest_first` is the order by internal id or time of creation.
    """

    key: str
    ids: tuple[str, ...] = ("id",)
    equal: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    keyword: tuple[str, ...] = ("name",)
    newest_first: bool = False
    scoped: bool = True


_OWNED_BY_VPC = ("id", "vpcid")
LISTINGS = {
    "listZones": Listing("zone", equal=("name", "networktype"), scoped=False),
    "listDomains": Listing("domain", equal=("name", "level"), scoped=False),
    "listAccounts": Listing("account", equal=("name", "accounttype", "state"), scoped=False),
    "listProjects": Listing("project", equal=("name", "state"), newest_first=True, scoped=False),
    "listVPCs": Listing(
        "vpc",
        ("id", "zoneid", "vpcofferingid"),
        ("cidr", "state", "restartrequired"),
        ("name", "displaytext"),
        ("name", "displaytext"),
        newest_first=True,
    ),
    "listVPCOfferings": Listing(
        "vpcoffering", equal=("state", "isdefault"), like=("name", "displaytext"), scoped=False
    ),
    "listNetworks": Listing(
        "network",
        ("id", "zoneid", "vpcid", "networkofferingid", "physicalnetworkid"),
        ("type", "traffictype", "acltype", "state", "restartrequired", "issystem"),
        newest_first=True,
    ),
    "listVpnGateways": Listing("vpngateway", _OWNED_BY_VPC, keyword=(), newest_first=True),
    "listVpnCustomerGateways": Listing("vpncustomergateway", newest_first=True),
    "listVpnConnections": Listing("vpnconnection", _OWNED_BY_VPC, keyword=(), newest_first=True),
    "listNetworkACLLists": Listing(
        "networkacllist", ("id", "networkid", "vpcid"), ("name",), keyword=("name", "description"), newest_first=True
    ),
    "listNetworkACLs": Listing(
        "networkacl",
        ("id", "aclid", "networkid"),
        ("action", "protocol", "traffictype"),
        keyword=("protocol", "reason"),
        newest_first=True,
    ),
    "listStaticRoutes": Listing("staticroute", ("id", "vpcid", "gatewayid"), ("state",), keyword=(), newest_first=True),
    "listPrivateGateways": Listing(
        "privategateway", _OWNED_BY_VPC, ("ipaddress", "vlan", "state"), keyword=(), newest_first=True
    ),
    "listPublicIpAddresses": Listing(
        "publicipaddress",
        ("id", "vpcid", "zoneid", "vlanid", "associatednetworkid", "physicalnetworkid"),
        ("ipaddress", "issourcenat", "isstaticnat", "state"),
        keyword=("ipaddress",),
    ),
    "listRouters": Listing(
        "router",
        ("id", "vpcid", "zoneid", "podid", "hostid"),
        ("name", "state", "version", "arch", "healthchecksfailed"),
    ),
    "listServiceOfferings": Listing(
        "serviceoffering", equal=("name", "issystem", "systemvmtype", "state"), scoped=False
    ),
    "listRemoteAccessVpns": Listing("remoteaccessvpn", ("id", "publicipid"), keyword=(), newest_first=True),
    "listVirtualMachines": Listing(
        "virtualmachine",
        ("id", "zoneid", "hostid"),
        ("name", "state"),
        keyword=("name", "displayname"),
        newest_first=True,
    ),
    "listHosts": Listing(
        "host", ("id", "zoneid", "podid", "clusterid"), ("name", "type", "state", "hypervisor"), scoped=False
    ),
    "listEvents": Listing(
        "event",
        ("id",),
        ("type", "level", "state", "resourceid", "resourcetype"),
        keyword=("type", "description", "username", "level"),
        newest_first=True,
    ),
    "listConfigurations": Listing(
        "configuration",
        ids=(),
        equal=("category", "group", "subgroup", "parent"),
        like=("name",),
        keyword=("name", "description", "category", "component"),
        scoped=False,
    ),
}
_ALIASES = {("listStaticRoutes", "gatewayid"): "vpcgatewayid"}


def rows_for(cloud: Cloud, caller: Account, command: str, query: Query) -> list[Row]:
    """Give all rows that `caller` is shown for this call, in the server's order. Raises Refusal."""
    listing = LISTINGS[command]
    for name in listing.ids:
        if (value := query.get(name)) and value != "-1" and value not in cloud.object_ids:
            raise refusal.unknown_object(command, name, value)
    items = cloud.tables.get(listing.key, [])
    if command in ("listNetworkACLLists", "listNetworkACLs"):
        items = _access_lists(cloud, caller, command, query, items)
    elif listing.scoped:
        sees = scope(cloud, caller, command, query)
        items = [item for item in items if item.owner is None or sees(item.owner)]
    else:
        items = _unscoped(cloud, caller, command, query, items)
    rows = [item.row for item in items if _matches(cloud, command, listing, query, item.row)]
    if listing.newest_first:
        rows.reverse()
    if command == "listPublicIpAddresses":
        rows.sort(key=lambda row: ipaddress.ip_address(row["ipaddress"]))
    return rows if caller.is_admin else [_for_others(command, listing, row) for row in rows]


def _matches(cloud: Cloud, command: str, listing: Listing, query: Query, row: Row) -> bool:
    for name in (*listing.ids, *listing.equal):
        if value := query.get(name):
            field = _ALIASES.get((command, name), name)
            if command in ("listNetworkACLLists", "listNetworkACLs") and name in ("vpcid", "networkid"):
                continue
            if command == "listVpnConnections" and name == "vpcid":
                gateways = {gateway["id"] for gateway in cloud.rows("vpngateway") if gateway["vpcid"] == value}
                if row["s2svpngatewayid"] not in gateways:
                    return False
            elif str(row.get(field, "")).lower() != value.lower():
                return False
    if any(query[name].lower() not in str(row.get(name, "")).lower() for name in listing.like if query.get(name)):
        return False
    if command == "listEvents" and not _between(row["created"], query):
        return False
    keyword = query.get("keyword", "").lower()
    return not keyword or any(keyword in str(row.get(name, "")).lower() for name in listing.keyword)


def _between(created: str, query: Query) -> bool:
    """Read `startdate` and `enddate` as a day or as a day and a time; the end is included."""
    moment = created[:19].replace("T", " ")
    start, end = (query.get(name, "").replace("T", " ")[:19] for name in ("startdate", "enddate"))
    return moment >= start and (not end or moment[: len(end)] <= end)


def _access_lists(cloud: Cloud, caller: Account, command: str, query: Query, items: list[Item]) -> list[Item]:
    """Lists without a VPC are shown to everybody; naming a VPC or a list asks for access to it and ignores
    `listall`.
    """
    if vpc_id := query.get("vpcid") if command == "listNetworkACLLists" else None:
        owner = next(item.owner for item in cloud.tables["vpc"] if item.row["id"] == vpc_id)
        if owner is not None and not may_touch(caller, owner, cloud):
            raise refusal.no_access()
        return [item for item in items if item.owner is None or item.row.get("vpcid") == vpc_id]
    if network_id := query.get("networkid"):
        tier = next((item for item in cloud.tables["network"] if item.row["id"] == network_id), None)
        tier_acl_id = tier.row.get("aclid") if tier else None
        return [item for item in items if tier_acl_id and tier_acl_id in (item.row.get("aclid"), item.row["id"])]
    if acl_id := query.get("aclid"):
        owner = next((item.owner for item in cloud.tables["networkacllist"] if item.row["id"] == acl_id), None)
        if owner is not None and not may_touch(caller, owner, cloud):
            raise refusal.no_access()
        return [item for item in items if item.row["aclid"] == acl_id]
    sees = scope(cloud, caller, command, query)
    return [item for item in items if item.owner is None or sees(item.owner)]


def _unscoped(cloud: Cloud, caller: Account, command: str, query: Query, items: list[Item]) -> list[Item]:
    domain_admin = caller.role.account_type == DOMAIN_ADMIN
    listall = is_true(query, "listall")
    if (project := query.get("projectid")) and project != "-1" and caller.role.account_type == 0:
        find_project(cloud, caller, command, project)
    if command == "listServiceOfferings" and is_true(query, "issystem") and not caller.is_admin:
        raise refusal.invalid("Only ROOT admins can access system offerings.")
    if command == "listConfigurations" and domain_admin:
        return [item for item in items if item.row["name"] in cloud.domain_settings]
    if command == "listDomains" and domain_admin:
        below = {domain.id for domain in cloud.domains if caller.domain.holds(domain)}
        return [item for item in items if item.row["id"] in below and (listall or item.row["id"] == caller.domain.id)]
    if command == "listAccounts" and not (listall and caller.is_admin):
        below = {a.id for a in cloud.accounts if listall and domain_admin and caller.domain.holds(a.domain)} | {
            caller.id
        }
        return [item for item in items if item.row["id"] in below]
    if command == "listProjects" and not (listall and caller.is_admin):
        visible_ids = {
            p.id for p in cloud.projects if caller.id in p.members or _in_domain(caller, p.account, listall=listall)
        }
        return [item for item in items if item.row["id"] in visible_ids]
    return items


def _in_domain(caller: Account, owner: Account, *, listall: bool) -> bool:
    """Projects of sub-domains are not shown, although their objects are to whoever names their id."""
    return listall and caller.role.account_type == DOMAIN_ADMIN and caller.domain == owner.domain


def _for_others(command: str, listing: Listing, row: Row) -> Row:
    """Leave out what only accounts of type Admin are shown."""
    hidden: dict[str, list[str]] = shapes()["admin_only"]
    fields = {key: value for key, value in row.items() if key not in hidden.get(listing.key, ())}
    if command == "listVPCs":
        fields["network"] = [{k: v for k, v in tier.items() if k not in hidden["network"]} for tier in row["network"]]
    if command == "listRouters":
        fields["nic"] = [nic for nic in row["nic"] if nic["traffictype"] != "Control"]
    if command == "listVirtualMachines":
        fields["readonlydetails"] = "dataDiskController, rootDiskController"
    return fields
