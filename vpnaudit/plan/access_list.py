"""Rules of access lists: mended in place, lists written anew without a moment in which they say something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.acl.rewrite import rewrite
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan.remedy import Remedy, Script
from vpnaudit.plan.shell import identifier, number_or_word, word

if TYPE_CHECKING:
    from vpnaudit.acl.rewrite import Line
    from vpnaudit.acl.rules import AclRule
    from vpnaudit.estate.access_lists import Listing
    from vpnaudit.plan.estate_index import Row

_SENDS = "No tunnel goes down: the router puts the rules in one by one and takes the old ones away at the end."
_SHOWN = "number,protocol,startport,endport,icmptype,icmpcode,cidrlist,action,traffictype,state"
_FIELDS = {
    "startport": "start_port",
    "endport": "end_port",
    "icmptype": "icmp_type",
    "icmpcode": "icmp_code",
    "protocol": "protocol",
}


def update_rule(row: Row, changes: dict[str, str]) -> Remedy:
    """Change fields of one rule in place."""
    script = Script().note(f"source: {row['source']}")
    script.run(
        "update networkaclitem",
        id=identifier(str(row["id"])),
        **{k: number_or_word(v) for k, v in changes.items()},
        filter="id",
    )
    script.step("Look at the list: Active alone proves nothing.")
    script.run("list networkacls", aclid=identifier(str(row["acl_id"])), filter=_SHOWN)
    old = {name: row[_FIELDS[name]] for name in changes if row.get(_FIELDS.get(name, "")) is not None}
    rollback = str(
        Script().run(
            "update networkaclitem",
            id=identifier(str(row["id"])),
            **{k: number_or_word(str(v)) for k, v in old.items()},
        )
    )
    if len(old) < len(changes):
        rollback = (
            "None by one command: the rule had no such value, and an update cannot take a value away. Create the rule"
            " anew."
        )
    named = ", ".join(f"{name} {one_line(value)}" for name, value in changes.items())
    return Remedy(Side.NEAR, f"Set {named} on rule {row['number']} of its access list.", str(script), _SENDS, rollback)


def reapply(acl: Row, rule: Row) -> Remedy:
    """Send a list as it is stored, by an update of `rule`, one of its rules, with nothing else."""
    script = (
        Script()
        .note(f"source: {acl['source']}")
        .run("update networkaclitem", id=identifier(str(rule["id"])), filter="id")
    )
    return Remedy(
        Side.NEAR,
        "Send the access list to the router as it is stored.",
        str(script),
        _SENDS,
        "Nothing to undo.",
    )


def rewrite_list(acl: Row, listing: Listing) -> Remedy | None:
    """Write a list anew, one CIDR a rule; None where it cannot be read.

    From the lowest number to the highest, copies first, the rule itself cut down last: in the model of the router no
    step then opens or closes anything that the list does not say. Rules that have to make room are moved before, the
    highest first.
    """
    new = rewrite(listing.acl, listing.semantics) if listing.acl is not None else None
    if new is None:
        return None
    script = Script().note(f"source: {acl['source']}")
    groups: dict[str, list[Line]] = {}
    for line in new.lines:
        groups.setdefault(line.origin.id, []).append(line)
    moved = [lines[0] for lines in groups.values() if lines[0].rule.number != lines[0].origin.number]
    if moved:
        script.step("Make room: the highest number first, so that the order stays.")
    for line in reversed(moved):
        script.run("update networkaclitem", id=identifier(line.origin.id), number=str(line.rule.number), filter="id")
    script.step("Write the rules: copies first, then the rule itself. The lowest number first.")
    copies = [_write(script, str(acl["id"]), lines) for lines in groups.values() if lines[0].changed or len(lines) > 1]
    for rule in new.dropped:
        script.note(
            f"Rule {rule.number} cannot be told to this router in any words: delete it, or say otherwise what it"
            " should do."
        )
    script.step("Look at the list, and note the ids of the copies for the way back.")
    script.run("list networkacls", aclid=identifier(str(acl["id"])), filter=f"id,{_SHOWN}")
    if new.restart:
        script.note(
            "Rules stood behind the final drop and stay there: restart the VPC with cleanup=true in a maintenance"
            " window."
        )
    what = (
        f"Write the access list {one_line(str(acl['name'] or acl['id']))} anew: one CIDR a rule, {sum(copies)} new"
        " rule(s)."
    )
    return Remedy(Side.NEAR, what, str(script), _SENDS, _rollback(list(groups.values())))


def _write(script: Script, acl_id: str, lines: list[Line]) -> int:
    """The copies of one rule, then the rule itself; returns the number of copies."""
    first, *copies = lines
    for line in copies:
        script.run(
            "create networkacl",
            aclid=identifier(acl_id),
            number=str(line.rule.number),
            **_words(line.rule),
            filter="id",
        )
    texts = _words(first.rule)
    old = _words(first.origin)
    script.run(
        "update networkaclitem",
        id=identifier(first.origin.id),
        **{name: value for name, value in texts.items() if old.get(name) != value},
        filter="id",
    )
    return len(copies)


def _words(rule: AclRule) -> dict[str, str]:
    """The rule as parameters of a create; values are shell words."""
    parameters = {"protocol": word(rule.protocol), "cidrlist": word(",".join(rule.cidrs or ("0.0.0.0/0",)))}
    for name, field in _FIELDS.items():
        value = getattr(rule, field)
        if name != "protocol" and value is not None:
            parameters[name] = str(value)
    return parameters | {"action": "allow" if rule.allow else "deny", "traffictype": rule.direction}


def _rollback(groups: list[list[Line]]) -> str:
    script = Script().note("First the rules as they were, then delete the copies: delete networkacl id=.")
    for first, *copies in groups:
        if copies:
            script.run(
                "update networkaclitem", id=identifier(first.origin.id), cidrlist=_words(first.origin)["cidrlist"]
            )
    return str(script)
