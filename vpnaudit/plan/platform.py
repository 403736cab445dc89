"""Unused gateways, access lists, settings, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.hostile import file_name, one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan.customer_gateway import PRESENT_FILE, End, values_in_force
from vpnaudit.plan.remedy import Remedy, Script
from vpnaudit.plan.shell import cmk_text, identifier, number_or_word, word
from vpnaudit.plan.wanted import CHOOSE

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Row

_NOTHING = "Nothing: no connection uses it. Where one does, CloudStack refuses."


def delete_customer_gateway(index: EstateIndex, row: Row) -> Remedy:
    """Delete a customer gateway that no connection uses."""
    script = Script().note(f"source: {row['source']}")
    script.step(f"Save its key, to {PRESENT_FILE} with printf %s: the way back needs it.")
    script.run("list vpncustomergateways", **End(row, {}, PRESENT_FILE).list_key(index))
    script.step("Delete it.")
    script.run("delete vpncustomergateway", id=identifier(str(row["id"])))
    words = {k: number_or_word(cmk_text(v)[0]) for k, v in values_in_force(row).items() if v is not None}
    owner = {k: identifier(v) for k, v in index.owner(str(row["source"]), None, row).items()}
    rollback = Script().run(
        "create vpncustomergateway", **(words | {"ipsecpsk": f"@{PRESENT_FILE}"} | owner | {"filter": "id"})
    )
    what = f"Delete the customer gateway {one_line(str(row['name'] or row['id']))}."
    return Remedy(Side.NEAR, what, str(script), _NOTHING, str(rollback))


def delete_vpn_gateway(row: Row) -> Remedy:
    """Delete a VPN gateway that no connection uses."""
    script = Script().note(f"source: {row['source']}")
    script.run("delete vpngateway", id=identifier(str(row["id"])))
    rollback = Script().run("create vpngateway", vpcid=identifier(str(row["vpc_id"])))
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
    script = Script().note(f"source: {tier['source']}")
    script.step("Make a list. Made twice there are two of one name.")
    script.run("create networkacllist", vpcid=identifier(vpc_id), name=word(name))
    script.step("One rule for each flow that is needed, one network a rule: tcp 443 is an example.")
    for number, cidr in enumerate(cidrs or [CHOOSE], start=1):
        script.run(
            "create networkacl",
            aclid="'ID OF STEP 1'",
            number=str(10 * number),
            protocol="tcp",
            startport="443",
            endport="443",
            cidrlist=word(cidr),
            action="allow",
            traffictype="ingress",
            filter="id",
        )
    script.step("Look at the rules, then put the list on the tier.")
    script.run(
        "list networkacls",
        aclid="'ID OF STEP 1'",
        filter="number,protocol,startport,endport,cidrlist,action,traffictype,state",
    )
    script.run("replace networkacllist", aclid="'ID OF STEP 1'", networkid=identifier(str(tier["id"])))
    what = f"Give tier {one_line(str(tier['name'] or tier['id']))} an access list of its own."
    interrupts = (
        "No tunnel. The list goes in two steps: for a moment everything into the tier is shut and everything out of it"
        " open."
    )
    rollback = "None by command: the tier has no list now, and no call takes a list away again."
    if tier["acl_id"] is not None:
        old = Script().note("It has the same gap.")
        rollback = str(
            old.run(
                "replace networkacllist", aclid=identifier(str(tier["acl_id"])), networkid=identifier(str(tier["id"]))
            )
        )
    return Remedy(Side.NEAR, what, str(script), interrupts, rollback)


def change_setting(index: EstateIndex, source: str, changes: dict[str, str]) -> Remedy:
    """Change global settings; those that are not dynamic count after a restart of the management server."""
    script, rollback = Script().note(f"source: {source}"), Script()
    restart = False
    for name, value in changes.items():
        row = index.settings.get((source, name), {})
        restart |= row.get("is_dynamic") is not True
        script.run("update configuration", name=word(name), value=number_or_word(value))
        if row.get("value") is not None:
            rollback.run("update configuration", name=word(name), value=number_or_word(str(row["value"])))
    if restart:
        script.note("In force after the management server is restarted.")
    named = " and ".join(f"{one_line(name)} to {one_line(value)}" for name, value in changes.items())
    undo = str(rollback) or "Set the value again that `list configurations name=…` shows before."
    return Remedy(
        Side.OPERATOR, f"Set {named}.", str(script), "No tunnel; the API, while the management server restarts.", undo
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
