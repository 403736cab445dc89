"""Reads `data/estate.toml` and builds the clouds of the example estate with their specimens."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from vpnaudit.sandbox import access_lists, machines, networks, tunnels
from vpnaudit.sandbox.builder import Builder
from vpnaudit.sandbox.cloud import ROLES, Cloud, Row
from vpnaudit.sandbox.growth import grown
from vpnaudit.sandbox.platform import add_platform, as_of_version
from vpnaudit.sandbox.specimens import SUBJECT_KIND, HostileName, Specimen
from vpnaudit.sandbox.tunnels import Far

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from vpnaudit.sandbox.networks import Vpc

Plan = dict[str, Any]
_FAR = (
    "psk",
    "ike",
    "esp",
    "version",
    "ike_lifetime_s",
    "esp_lifetime_s",
    "dpd",
    "forceencap",
    "split",
    "passive",
    "state",
)


@dataclass
class Estate:
    """The example estate: its clouds by source, and what is wrong in them."""

    clouds: dict[str, Cloud] = field(default_factory=dict)
    specimens: list[Specimen] = field(default_factory=list)
    hostile: list[HostileName] = field(default_factory=list)


@cache
def _plan() -> Plan:
    return tomllib.loads(files(__package__).joinpath("data/estate.toml").read_text("utf-8"))


def build(
    base: datetime, *, seed: int = 0, vpcs: int | None = None, page_size: int = 500, unreadable: bool = True
) -> Estate:
    """Build the estate. Raises ConfigError if `vpcs` is less than the example has.

    `vpcs` grows it to that many VPCs, `unreadable=False` leaves out the object whose name makes a page invalid JSON.
    """
    plan = _plan() if vpcs is None else grown(_plan(), vpcs, seed)
    return _Composer(plan, base, seed, page_size, unreadable=unreadable).compose()


class _Composer:
    """Goes through the plan once, from sources to access lists."""

    def __init__(self, plan: Plan, base: datetime, seed: int, page_size: int, *, unreadable: bool) -> None:
        self.plan, self.base, self.seed, self.page_size = plan, base, seed, page_size
        self.unreadable = unreadable
        self.estate = Estate()
        self.builders: dict[str, Builder] = {}
        self.vpcs: dict[str, tuple[Builder, Vpc]] = {}
        zones = [(source, zone, vpcs) for source, by_zone in plan["vpc"].items() for zone, vpcs in by_zone.items()]
        self.places = [(source, zone, name) for source, zone, vpcs in zones for name in vpcs]
        self.plans = {name: vpc for _, _, vpcs in zones for name, vpc in vpcs.items()}

    def compose(self) -> Estate:
        for source in self.plan["source"]:
            self._source(source)
        for source, zone, name in self.places:
            self._vpc(source, zone, name, self.plans[name])
        self._far_sides()
        for name, (builder, vpc) in self.vpcs.items():
            self._tiers(
                builder, vpc, self.plans[name], {acl["tier"]: acl for acl in self.plan["acl"] if acl["vpc"] == name}
            )
        for builder in self.builders.values():
            as_of_version(builder.cloud)
        self.estate.specimens.sort()
        self.estate.hostile.sort()
        return self.estate

    def _far_sides(self) -> None:
        for pair in self.plan["pair"]:
            self._pair(pair)
        for site in self.plan["site"]:
            self._connect(site)
        for spare in self.plan["spare"]:
            if self.unreadable or "\\u" not in spare["name"]:
                self._spare(spare)

    def _source(self, plan: Plan) -> None:
        cloud = Cloud(plan["name"], plan["version"], self.page_size)
        builder = Builder(cloud, self.base, self.seed)
        root = builder.domain("")
        for path in plan["domains"]:
            builder.domain(path)
        builder.account("admin", root, ROLES["root"])
        builder.account("auditor", root, ROLES["read-only"])
        domains = {domain.path.removeprefix("ROOT/"): domain for domain in cloud.domains}
        for name, path in plan["accounts"].items():
            builder.account(name, domains[path], ROLES["domain-admin" if name.endswith("-admin") else "user"])
        for name, owner in plan["projects"].items():
            builder.project(name, builder.owners[owner])
        for name, public in plan["zones"].items():
            builder.zone(name, public)
        add_platform(builder)
        access_lists.default_lists(builder)
        self.builders[cloud.name] = builder
        self.estate.clouds[cloud.name] = cloud
        self._note(plan, cloud.name, {"source": (cloud.name, cloud.name)})

    def _vpc(self, source: str, zone: str, name: str, plan: Plan) -> None:
        builder = self.builders[source]
        owner = builder.owners[plan["project"] if "project" in plan else plan["owner"]]
        vpc = networks.add_vpc(builder, name, zone, plan["cidr"], owner, redundant=plan.get("redundant", False))
        self.vpcs[name] = builder, vpc
        subjects = {"VPC": (name, vpc.row["id"])}
        if plan.get("vpn", True):
            subjects["VPN gateway"] = name, tunnels.add_vpn_gateway(builder, vpc)["id"]
        if plan.get("remote_access"):
            networks.add_remote_access(builder, vpc)
        self._note(plan, source, subjects)

    def _pair(self, plan: Plan) -> None:
        names = plan["between"]
        shared = {"psk": self.builders["prod"].key("pair", *names), **plan.get("both", {})}
        sides = [("left", names[0], names[1], {}), ("right", names[1], names[0], {"passive": True})]
        for side, near_name, far_name, defaults in sides[: 1 if plan.get("one_sided") else 2]:
            far = self.vpcs[far_name][1]
            values = {"peer": far.public_ip, "cidrs": [far.row["cidr"]], **shared, **defaults, **plan.get(side, {})}
            name = f"{near_name}-to-{far_name}"
            both = {
                rule: why for rule, why in plan.get("specimen", {}).items() if SUBJECT_KIND.get(rule) == "connection"
            }
            self._connect(
                {"vpc": near_name, "name": name, **values, "specimen": {**both, **plan.get(f"{side}_specimen", {})}}
            )

    def _connect(self, plan: Plan) -> None:
        builder, vpc = self.vpcs[plan["vpc"]]
        far = _far(plan)
        gateway = tunnels.add_customer_gateway(builder, vpc, plan["name"], far)
        connection = tunnels.add_connection(builder, vpc, gateway, far)
        subjects = {
            "customer gateway": (gateway["name"], gateway["id"]),
            "connection": (f"{plan['vpc']} ← {gateway['name']}", connection["id"]),
        }
        self._note(plan, builder.cloud.name, subjects)

    def _spare(self, plan: Plan) -> None:
        builder, vpc = self.vpcs[plan["vpc"]]
        gateway = tunnels.add_customer_gateway(builder, vpc, plan["name"], _far(plan), remembered=False)
        self._note(plan, builder.cloud.name, {"customer gateway": (gateway["name"], gateway["id"])})

    def _tiers(self, builder: Builder, vpc: Vpc, plan: Plan, lists_by_tier: Mapping[str, Plan]) -> None:
        """Add the tiers last, when it is known which remote networks their access lists must admit."""
        sites = access_lists.add_list(builder, vpc, f"{vpc.row['name']}-sites")
        tunnels.admit_remotes(builder, vpc, sites)
        default = {row["name"]: row for row in builder.cloud.rows("networkacllist")[:2]}
        for name in plan.get("tiers", ["app"]):
            list_name = plan.get("acls", {}).get(name)
            acl = (
                self._own_list(builder, vpc, lists_by_tier[name])
                if name in lists_by_tier
                else sites
                if list_name is None
                else default.get(list_name)
            )
            tier = networks.add_tier(builder, vpc, name, acl)
            if why := plan.get("tier_specimen", {}).get(name):
                self._note({"specimen": {"acl-default": why}}, builder.cloud.name, {"tier": (tier["name"], tier["id"])})
        started = [machines.add_machine(builder, vpc, tier) for tier in list(vpc.tiers.values())[: plan.get("vms", 1)]]
        if plan.get("static_nat"):
            machines.add_static_nat(builder, vpc, started[0])
        if cidr := plan.get("private_gateway"):
            networks.add_private_gateway(builder, vpc, cidr, sites)

    def _own_list(self, builder: Builder, vpc: Vpc, plan: Plan) -> Row:
        acl = access_lists.add_list(builder, vpc, plan["name"])
        rules = {
            row["number"]: row
            for row in (access_lists.add_rule(builder, acl, vpc.owner, text) for text in plan["rules"])
        }
        self._note(plan, builder.cloud.name, {"ACL list": (acl["name"], acl["id"])})
        for rule, (number, why) in plan.get("rule_specimen", {}).items():
            subject = {"ACL rule": (f"{acl['name']} {number}", rules[number]["id"])}
            self._note({"specimen": {rule: why}}, builder.cloud.name, subject)
        return acl

    def _note(self, plan: Plan, source: str, subjects: Mapping[str, tuple[str, str]]) -> None:
        """Remember what the plan says is wrong; the rule decides which of the objects just made it is about."""
        for rule, why in plan.get("specimen", {}).items():
            kind = SUBJECT_KIND.get(rule) or next(iter(subjects.keys() - {"VPC"}))
            self.estate.specimens.append(Specimen(rule, source, kind, *subjects[kind], why))
        if why := plan.get("hostile"):
            kind, (name, subject_id) = next(iter(subjects.items()))
            self.estate.hostile.append(HostileName(source, kind, name, subject_id, why))


def _far(plan: Plan) -> Far:
    return Far(plan["peer"], tuple(plan["cidrs"]), **{key: plan[key] for key in _FAR if key in plan})
