"""One plan an access list: rules mended in place, written anew, deleted and added, without a moment in which the list
says something else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vpnaudit.hostile import one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan.list_target import FIELDS
from vpnaudit.plan.remedy import Remedy, Script, cell
from vpnaudit.plan.shell import identifier, word, wrapped

if TYPE_CHECKING:
    from vpnaudit.acl.rules import AclRule
    from vpnaudit.plan.estate_index import Row
    from vpnaudit.plan.list_target import ListTarget

_SENDS = "No tunnel goes down: the router puts the rules in one by one and takes the old ones away at the end."
_COLUMNS = "number,protocol,startport,endport,cidrlist,action,state"
_NUMBERS = ("number", "icmptype", "icmpcode")
"""Parameters whose values are numbers in an answer; ports are texts."""


def list_remedy(acl: Row, target: ListTarget, name: str, what: str) -> Remedy:
    """The plan of a list as what mends one finding, `what`.

    From the lowest number to the highest, copies first, the rule itself cut down last: in the model of the router no
    step then opens or closes anything that the list does not say. Rules that have to make room are moved before, the
    highest first. What decides nothing goes after, and what is needed comes last.
    """
    script = Script().note(f"source: {acl['source']}")
    for rule in target.refused:
        script.note(
            f"Rule {rule.number} cannot be told to this router in any words: delete it, or say otherwise what it"
            " should do."
        )
    for line in target.removals:
        script.note(
            f"Rule {line.origin.number} decides nothing and goes. If it is right, and others should not decide before"
            " it, give it a lower number instead: update networkaclitem id= number=."
        )
    script.begin()
    _move(script, acl, target)
    _write(script, acl, target)
    _remove(script, acl, target)
    _add(script, acl, target)
    script.step("Look at the list: Active alone proves nothing.")
    script.run("list networkacls", **_scope(acl), filter=f"id,{_COLUMNS}")
    script.end()
    if target.restart:
        script.note(
            "Rules stood behind the final drop and stay there: restart the VPC with cleanup=true in a maintenance"
            " window."
        )
    return Remedy(Side.NEAR, what, str(script), _SENDS, _way_back(acl, target), name)


def reapply(acl: Row, rule: Row, name: str) -> Remedy:
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
        name,
    )


def _scope(acl: Row) -> dict[str, str]:
    return {"aclid": identifier(str(acl["id"])), "listall": "true"}


def _move(script: Script, acl: Row, target: ListTarget) -> None:
    firsts = [*(lines[0] for lines in target.groups), *target.removals]
    moves = [line for line in firsts if line.rule.number != line.origin.number]
    if moves:
        script.step("Make room: the highest number first, so that the order stays.")
    for line in sorted(moves, key=lambda line: -line.rule.number):
        goes = line in target.removals
        if goes:
            _if_there(script, acl, line.origin)
        _update(script, line.origin, {"number": str(line.rule.number)})
        script.shell(*(["fi"] if goes else []))


def _write(script: Script, acl: Row, target: ListTarget) -> None:
    groups = [lines for lines in target.groups if lines[0].changed or len(lines) > 1]
    if groups:
        script.step("Write the rules: copies first, then the rule itself. The lowest number first.")
    for first, *copies in groups:
        for line in copies:
            _create(script, acl, line.rule)
        old, new = words(first.origin), words(first.rule)
        changes = {name: value for name, value in new.items() if old.get(name) != value}
        _update(script, first.origin, changes)


def _remove(script: Script, acl: Row, target: ListTarget) -> None:
    if target.removals:
        script.step("Delete what decides nothing.")
    for line in target.removals:
        _if_there(script, acl, line.origin)
        script.run("delete networkacl", id=identifier(line.origin.id))
        script.shell("fi")


def _if_there(script: Script, acl: Row, rule: AclRule) -> None:
    script.ask("networkacls", **_scope(acl))
    script.lines.append(f"if has {cell('id', json.dumps(rule.id))}; then")


def _add(script: Script, acl: Row, target: ListTarget) -> None:
    if target.additions:
        script.step("Let in what is needed. Where no flow is declared, tcp 443 is an example: put what you need.")
    for rule in target.additions:
        _create(script, acl, rule)


def _create(script: Script, acl: Row, rule: AclRule) -> None:
    script.ask("networkacls", **_scope(acl))
    script.lines.append(f"has {cell('number', str(rule.number))} ||")
    parameters = {"aclid": identifier(str(acl["id"])), "number": str(rule.number), **_as_words(words(rule))}
    script.run("create networkacl", **parameters, filter="id")


def _update(script: Script, rule: AclRule, changes: dict[str, str]) -> None:
    script.ask("networkacls", id=identifier(rule.id), listall="true")
    cells = [cell(name, value if name in _NUMBERS else json.dumps(value)) for name, value in changes.items()]
    script.lines.append(wrapped(["has", *cells, "||"]))
    script.run("update networkaclitem", id=identifier(rule.id), **_as_words(changes), filter="id")


def words(rule: AclRule) -> dict[str, str]:
    """The rule as parameters of a create, without its number."""
    parameters = {"protocol": rule.protocol, "cidrlist": ",".join(rule.cidrs or ("0.0.0.0/0",))}
    for name, field in FIELDS.items():
        value = getattr(rule, field)
        if name != "protocol" and value is not None:
            parameters[name] = str(value)
    return parameters | {"action": "allow" if rule.allow else "deny", "traffictype": rule.direction}


def named(thing: object) -> str:
    """A list, a rule or a value in words that a title can hold."""
    return one_line(str(thing))


def _way_back(acl: Row, target: ListTarget) -> str:
    script = Script().note(f"source: {acl['source']}")
    script.note("First the rules as they were, then delete what was created: delete networkacl id=.")
    for line in sorted((lines[0] for lines in target.groups), key=lambda line: line.origin.number):
        old, new = words(line.origin), words(line.rule)
        changes = {name: value for name, value in old.items() if new.get(name) != value}
        if len(new) > len(old):
            script.note(f"Rule {line.origin.number} had no {', '.join(set(new) - set(old))}: create it anew.")
        if line.rule.number != line.origin.number:
            changes["number"] = str(line.origin.number)
        if changes:
            script.run("update networkaclitem", id=identifier(line.origin.id), **_as_words(changes))
    for line in target.removals:
        number = {"aclid": identifier(str(acl["id"])), "number": str(line.origin.number)}
        script.run("create networkacl", **number, **_as_words(words(line.origin)))
    return str(script)


def _as_words(parameters: dict[str, str]) -> dict[str, str]:
    bare = (*_NUMBERS, "startport", "endport")
    return {name: value if name in bare else word(value) for name, value in parameters.items()}
