"""Access lists and their rules, written as `number direction action protocol[:ports] cidrs`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vpnaudit.sandbox.cloud import Account, Row, shaped

if TYPE_CHECKING:
    from vpnaudit.sandbox.builder import Builder
    from vpnaudit.sandbox.networks import Vpc

_RULE = re.compile(r"(\d+) (ingress|egress) (allow|deny) ([A-Za-z0-9]+)(?::(\S+))? (\S+)")
DEFAULT_LISTS = {"default_allow": "Default Network ACL Allow All", "default_deny": "Default Network ACL Deny All"}


def default_lists(builder: Builder) -> None:
    """Add default_deny and default_allow, which belong to no VPC and are shown to everybody."""
    for name in ("default_deny", "default_allow"):
        row = shaped("networkacllist", id=builder.id("acl", name), name=name, description=DEFAULT_LISTS[name])
        builder.cloud.add("networkacllist", row)
        for number, direction in ((1, "ingress"), (2, "egress")):
            add_rule(builder, row, None, f"{number} {direction} {name.removeprefix('default_')} all 0.0.0.0/0")


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
    match = _RULE.fullmatch(text)
    if match is None:
        raise ValueError(f"no rule: {text}")
    number, direction, action, protocol, detail, cidrs = match.groups()
    fields: Row = {}
    if detail and "/" in detail:
        kind, code = detail.split("/")
        fields = {"icmptype": int(kind), "icmpcode": int(code)}
    elif detail:
        first_port, _, last_port = detail.partition("-")
        fields = {"startport": first_port, "endport": last_port or first_port}
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
