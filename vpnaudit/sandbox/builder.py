"""Makes the rows of one cloud: zones, accounts and projects. What tenants build in them has a file a kind:
`networks.py`, `access_lists.py`, `routers.py`, `machines.py`, `tunnels.py`.

Nothing here draws from a random stream that depends on order: ids, keys and addresses follow from the seed and the
name.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vpnaudit.sandbox.cloud import PROJECT, ROLES, Account, Cloud, Domain, Project, Role, Row, object_id, shaped, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789"
HISTORY = timedelta(days=90)


@dataclass
class Zone:
    """A zone with its public range; `addresses` gives the next free public address."""

    id: str
    name: str
    public: ipaddress.IPv4Network
    addresses: Iterator[ipaddress.IPv4Address]


@dataclass
class Builder:
    """Builds one cloud. Times are relative to `base`, the moment at which the sandbox starts."""

    cloud: Cloud
    base: datetime
    seed: int
    zones: dict[str, Zone] = field(default_factory=dict)
    owners: dict[str, Account] = field(default_factory=dict)
    count: int = 0

    def id(self, *what: object) -> str:
        """Make the id of a named object of this cloud."""
        return object_id(self.seed, self.cloud.name, *what)

    def number(self) -> int:
        """Give the next internal number; it also spaces the times of creation."""
        self.count += 1
        return self.count

    def time(self, number: int) -> str:
        """Give the time at which object `number` was made, in the server's form."""
        return (self.base - HISTORY + timedelta(seconds=37 * number)).strftime("%Y-%m-%dT%H:%M:%S+0000")

    def key(self, *what: object, length: int = 44) -> str:
        """Make an invented key: letters and digits, the same for the same name."""
        digest = hashlib.shake_256("/".join(map(str, (self.seed, *what))).encode()).digest(length)
        return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest)

    def zone(self, name: str, public: str) -> Zone:
        """Add a zone, its two hosts and its system machines' public addresses."""
        net = ipaddress.IPv4Network(public)
        zone = Zone(self.id("zone", name), name, net, iter(net.hosts()))
        next(zone.addresses)  # the range's gateway
        self.zones[name] = zone
        token = self.id("token", name)
        self.cloud.add(
            "zone",
            shaped("zone", id=zone.id, name=name, zonetoken=token, dns1="172.16.1.253", internaldns1="172.16.1.253"),
        )
        self.cloud.object_ids |= {
            self.id(kind, name) for kind in ("physical", "public-network", "pod", "cluster", "vlan")
        }
        for index in (1, 2):
            self._host(zone, index)
        system = Account(self.id("account", "system"), 1, "system", self.cloud.domains[0], ROLES["user"])
        for kind in ("ConsoleProxy", "SecondaryStorageVm"):
            self.address(
                zone,
                system,
                issystem=True,
                purpose="Lb",
                virtualmachinetype=kind,
                virtualmachineid=self.id(kind, name),
                virtualmachinename=f"{kind[0].lower()}-{self.number()}-VM",
            )
        return zone

    def address(self, zone: Zone, owner: Account, **values: object) -> Row:
        """Take the next public address of the zone."""
        ip = str(next(zone.addresses))
        flags = {"issourcenat": False, "isstaticnat": False, "issystem": False, **values}
        row = shaped(
            "publicipaddress",
            id=self.id("ip", ip),
            ipaddress=ip,
            allocated=self.time(self.number()),
            vlanid=self.id("vlan", zone.name),
            vlanname="vlan://3910",
            networkid=self.id("public-network", zone.name),
            physicalnetworkid=self.id("physical", zone.name),
            **self.in_zone(zone),
            **self.owned(owner),
            **flags,
        )
        return self.cloud.add("publicipaddress", row, owner)

    def domain(self, path: str) -> Domain:
        """Add the domain `acme/emea`, or the root for an empty path."""
        parent = next(
            (d for d in self.cloud.domains if path and d.path == "/".join(["ROOT", *path.split("/")[:-1]])), None
        )
        full = f"ROOT/{path}" if path else "ROOT"
        domain = Domain(self.id("domain", full), len(self.cloud.domains) + 1, full.rsplit("/", 1)[-1], full, parent)
        above = (
            {"parentdomainid": parent.id, "parentdomainname": parent.name, "created": self.time(self.number())}
            if parent
            else {}
        )
        row = shaped(
            "domain", id=domain.id, name=domain.name, level=full.count("/"), haschild=False, path=full, **above
        )
        if parent:
            next(r for r in self.cloud.rows("domain") if r["id"] == parent.id)["haschild"] = True
        self.cloud.domains.append(domain)
        self.cloud.add("domain", row | shapes()["limits"]["domain"])
        return domain

    def account(self, name: str, domain: Domain, role: Role) -> Account:
        """Add an account with one user and one key pair."""
        account = Account(
            self.id("account", name),
            len(self.cloud.accounts) + 2,
            name,
            domain,
            role,
            self.id("user", name),
            self.key("api", self.cloud.name, name, length=86),
            self.key("secret", self.cloud.name, name, length=86),
        )
        self.cloud.accounts.append(account)
        self.owners[name] = account
        created = self.time(self.number())
        kind = {
            "accounttype": role.account_type,
            "roleid": self.id("role", role.name),
            "roletype": role.type,
            "rolename": role.name,
        }
        where = {"domainid": domain.id, "domain": domain.name}
        user = shapes()["user"] | {
            "id": account.user_id,
            "username": name,
            "firstname": name,
            "lastname": "example",
            "email": f"{name}@example.org",
            "created": created,
            "account": name,
            "apikey": account.api_key,
            "accountid": account.id,
            **kind,
            **where,
        }
        row = shaped(
            "account",
            id=account.id,
            name=name,
            domainpath=domain.path,
            vmrunning=0,
            created=created,
            user=[user],
            isdefault=False,
            **kind,
            **where,
        )
        self.cloud.add("account", row | shapes()["limits"]["account"])
        return account

    def project(self, name: str, owner: Account) -> Project:
        """Add a project whose only member is its owner."""
        number = len(self.cloud.projects) + 2
        behind = Account(
            self.id("project-account", name), 100 + number, f"PrjAcct-{name}-{number}", owner.domain, ROLES["project"]
        )
        project = Project(self.id("project", name), name, behind, frozenset({owner.id}))
        self.cloud.projects.append(project)
        self.owners[name] = behind
        row = shaped(
            "project",
            id=project.id,
            name=name,
            displaytext=f"project {name}",
            domainid=owner.domain.id,
            domain=owner.domain.name,
            owner=[{"account": owner.name}],
            projectaccountname=behind.name,
            created=self.time(self.number()),
        )
        self.cloud.add("project", row | shapes()["limits"]["project"])
        return project

    def owned(self, owner: Account, *, with_account: bool = False) -> Row:
        """Give the owner's fields. What a project owns shows its project; only S2S objects and routes (`named`) show
        the account too.
        """
        domain = {"domainid": owner.domain.id, "domain": owner.domain.name, "domainpath": owner.domain.path}
        if owner.role.account_type != PROJECT:
            return {"account": owner.name, **domain}
        project = next(p for p in self.cloud.projects if p.account.id == owner.id)
        return {
            **({"account": owner.name} if with_account else {}),
            "projectid": project.id,
            "project": project.name,
            **domain,
        }

    def in_zone(self, zone: Zone) -> Row:
        """Give the zone's fields."""
        return {"zoneid": zone.id, "zonename": zone.name}

    def events(self, kind: str, resource: str, row: Row, owner: Account, words: str) -> None:
        """Write the three events of a finished job."""
        number = self.number()
        first_event_id = self.id("event", kind, row["id"], "Scheduled")
        for state in ("Scheduled", "Started", "Completed"):
            parent = {} if state == "Scheduled" else {"parentid": first_event_id}
            text = f"Successfully completed {words}" if state == "Completed" else words
            self.cloud.add(
                "event",
                shaped(
                    "event",
                    id=self.id("event", kind, row["id"], state),
                    username=owner.name,
                    type=kind,
                    level="INFO",
                    description=text,
                    resourceid=row["id"],
                    resourcetype=resource,
                    resourcename=row.get("name"),
                    created=self.time(number),
                    state=state,
                    **parent,
                    **self.owned(owner),
                ),
                owner,
            )

    def _host(self, zone: Zone, index: int) -> None:
        name = f"kvm-{zone.name}-{index}"
        self.cloud.add(
            "host",
            shaped(
                "host",
                id=self.id("host", name),
                name=name,
                ipaddress=f"172.16.{len(self.zones)}.{index + 10}",
                podid=self.id("pod", zone.name),
                podname=f"{zone.name}-pod1",
                cpuallocated="14.06%",
                cpuallocatedvalue=4500,
                cpuallocatedpercentage="14.06%",
                cpuallocatedwithoverprovisioning="14.06%",
                memoryallocated=5368709120,
                memoryallocatedpercentage="62.5%",
                memoryallocatedbytes=5368709120,
                lastpinged=self.base.strftime("%Y-%m-%dT%H:%M:%S+0000"),
                version=self.cloud.version,
                hypervisorversion=self.cloud.version,
                managementserverid=self.id("management"),
                clusterid=self.id("cluster", zone.name),
                clustername=f"{zone.name}-c1",
                created=self.time(self.number()),
                **self.in_zone(zone),
            ),
        )
