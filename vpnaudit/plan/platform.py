"""Unused gateways, access lists, settings, versions."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from vpnaudit.hostile import file_name, one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import connection
from vpnaudit.plan.customer_gateway import End, keep_keys
from vpnaudit.plan.groups import name_of
from vpnaudit.plan.remedy import FOLDER, Remedy, Script, cell
from vpnaudit.plan.shell import command, identifier, number_or_word, word
from vpnaudit.plan.wanted import CHOOSE

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Row

_NOTHING = "Nothing: no connection uses it. Where one does, CloudStack refuses."


def delete_customer_gateway(index: EstateIndex, row: Row) -> Remedy:
    """Delete a customer gateway that no connection uses."""
    end = End(row, {}, (), name_of(((str(row["source"]), str(row["id"])),)), 1)
    script = Script().note(f"source: {row['source']}").begin(end.plan)
    keep_keys(script, new_key=False)
    script.step("Where it is still there, save its key, which the way back needs, and delete it.")
    connection.look_if_there(script, index, end)
    connection.delete_spare_gateway(script, index, end)
    script.end()
    rollback = Script().note(f"source: {row['source']}").shell(f"( set -e; p={FOLDER}/{end.plan}")
    connection.create_gateway(rollback, index, end)
    what = f"Delete the customer gateway {end.name}."
    return Remedy(Side.NEAR, what, str(script), _NOTHING, str(rollback.end()))


def delete_vpn_gateway(index: EstateIndex, row: Row) -> Remedy:
    """Delete a VPN gateway that no connection uses."""
    script = Script().note(f"source: {row['source']}").begin()
    script.ask("vpngateways", **connection.scope(index, str(row["source"]), row["vpc_id"]))
    script.lines.append(f"if has {cell('id', json.dumps(str(row['id'])))}; then")
    script.run("delete vpngateway", id=identifier(str(row["id"])))
    script.shell("fi").end()
    rollback = Script().note(f"source: {row['source']}").run("create vpngateway", vpcid=identifier(str(row["vpc_id"])))
    what = f"Delete the VPN gateway of VPC {one_line(str(row['vpc'] or row['vpc_id']))}."
    return Remedy(Side.NEAR, what, str(script), _NOTHING, str(rollback))


def replace_acl(index: EstateIndex, tier: Row) -> Remedy:
    """Give a tier an access list of its own that lets in the remote networks of its VPC, and nothing else."""
    vpc_id = str(tier["vpc_id"])
    name = f"{file_name(str(tier['name'] or tier['id']))}-tunnels"
    tunnels = index.connections_in.get((tier["source"], vpc_id), [])
    cidrs = dict.fromkeys(
        c.strip() for tunnel in tunnels for c in str(tunnel["cidr_list"] or "").split(",") if c.strip()
    )
    scope = connection.scope(index, str(tier["source"]), vpc_id)
    script = Script().note(f"source: {tier['source']}").begin()
    script.step("Make a list, unless there is one of this name.")
    script.ask("networkacllists", name=word(name), **scope)
    script.shell("if has '\"id\":'; then :; else")
    script.shell("now=$(")
    script.lines.append(command("cmk -o json create networkacllist", {"vpcid": identifier(vpc_id), "name": word(name)}))
    script.shell(")", "fi", "a=${now#*'\"id\": \"'}; a=${a%%'\"'*}")
    script.step("One rule for each flow that is needed, one network a rule: tcp 443 is an example.")
    for number, cidr in enumerate(cidrs or [CHOOSE], start=1):
        script.shell('ask networkacls aclid="$a" listall=true')
        script.lines.append(f"has {cell('number', str(10 * number))} ||")
        script.run(
            "create networkacl",
            aclid='"$a"',
            number=str(10 * number),
            protocol="tcp",
            startport="443",
            endport="443",
            cidrlist=word(cidr),
            action="allow",
            traffictype="ingress",
            filter="id",
        )
    script.step("Put the list on the tier, and look at it.")
    tier_id = identifier(str(tier["id"]))
    script.ask("networks", id=tier_id, **{name: value for name, value in scope.items() if name != "vpcid"})
    script.shell('has "\\"aclid\\": \\"$a\\"" ||')
    script.run("replace networkacllist", aclid='"$a"', networkid=tier_id)
    script.shell('cmk list networkacls aclid="$a" listall=true \\')
    script.shell("  filter=number,protocol,startport,endport,cidrlist,action,state").end()
    what = f"Give tier {one_line(str(tier['name'] or tier['id']))} an access list of its own."
    interrupts = (
        "No tunnel. The list goes in two steps: for a moment everything into the tier is shut and everything out of it"
        " open."
    )
    rollback = "None by command: the tier has no list now, and no call takes a list away again."
    if tier["acl_id"] is not None:
        old = Script().note(f"source: {tier['source']}").note("It has the same gap.")
        rollback = str(old.run("replace networkacllist", aclid=identifier(str(tier["acl_id"])), networkid=tier_id))
    return Remedy(Side.NEAR, what, str(script), interrupts, rollback)


def raise_limit(index: EstateIndex, source: str) -> Remedy:
    """Raise the limit of connections at a VPN gateway, with room for two more at the fullest."""
    gateways = Counter(row["vpn_gateway_id"] for row in index.connections.values() if row["source"] == source)
    return change_setting(index, source, {connection.LIMIT: str(max(gateways.values(), default=0) + 2)})


def change_setting(index: EstateIndex, source: str, changes: dict[str, str]) -> Remedy:
    """Change global settings; those that are not dynamic count after a restart of the management server."""
    script, rollback = Script().note(f"source: {source}").begin(), Script().note(f"source: {source}")
    restart = False
    for name, value in changes.items():
        row = index.settings.get((source, name), {})
        restart |= row.get("is_dynamic") is not True
        script.ask("configurations", name=word(name))
        script.lines.append(f"has {cell('value', json.dumps(value))} ||")
        script.run("update configuration", name=word(name), value=number_or_word(value))
        if row.get("value") is not None:
            rollback.run("update configuration", name=word(name), value=number_or_word(str(row["value"])))
    if restart:
        script.note("In force after the management server is restarted.")
    named = " and ".join(f"{one_line(name)} to {one_line(value)}" for name, value in changes.items())
    undo = (
        str(rollback)
        if len(rollback.lines) > 1
        else "Set the value again that `list configurations name=…` shows before."
    )
    return Remedy(
        Side.OPERATOR,
        f"Set {named}.",
        str(script.end()),
        "No tunnel; the API, while the management server restarts.",
        undo,
    )


def upgrade(source: str) -> Remedy:
    """No command does it."""
    what = f"Upgrade CloudStack of source {one_line(source)} to a supported version."
    interrupts = (
        "The API during the upgrade; every tunnel and all tenant traffic of a VPC when its router is restarted with the"
        " new template."
    )
    return Remedy(
        Side.OPERATOR, what, "", interrupts, "Restore the database and the packages of before; take the backup first."
    )
