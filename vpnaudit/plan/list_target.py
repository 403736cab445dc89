"""The access list at which nothing is left that a command could mend, and the steps that lead there.

As with tunnels, findings about one list do not fit together one by one: a list that is written anew has rules that
never decide, two rules that each make the other redundant cannot both go, and all of them want the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.acl.analysis import analyse
from vpnaudit.acl.decision import reach
from vpnaudit.acl.rewrite import Line, rewrite
from vpnaudit.acl.rules import AclList, AclRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vpnaudit.acl.packets import PacketSet
    from vpnaudit.acl.rules import Direction
    from vpnaudit.acl.semantics import Semantics

FIELDS: Final = {
    "startport": "start_port",
    "endport": "end_port",
    "icmptype": "icmp_type",
    "icmpcode": "icmp_code",
    "protocol": "protocol",
}
"""Parameters of updateNetworkACLItem, and the columns and fields that hold them."""


@dataclass(frozen=True)
class Flow:
    """Traffic that a list shall let through: remote network, direction, the packets, and how a rule says them."""

    remote: str
    direction: Direction
    packets: PacketSet
    protocol: str
    ports: tuple[int, int] | None = None


@dataclass(frozen=True)
class ListTarget:
    """`lines` are the rules that stay, each with the rule that it comes from: the first of one origin is that rule
    itself, the others are copies. `removals` go in the end, and make room before, `additions` come, `refused` cannot be
    said to this router in any words.
    """

    before: AclList
    lines: tuple[Line, ...]
    removals: tuple[Line, ...]
    additions: tuple[AclRule, ...]
    refused: tuple[AclRule, ...] = ()
    restart: bool = False

    @property
    def acts(self) -> bool:
        """Whether anything is to be done."""
        changed = any(line.changed or line.rule.number != line.origin.number for line in self.lines)
        copies = any(len(lines) > 1 for lines in self.groups)
        return changed or copies or bool(self.removals or self.additions)

    @property
    def groups(self) -> list[list[Line]]:
        """Lines by the rule that they come from, in order."""
        groups: dict[str, list[Line]] = {}
        for line in self.lines:
            groups.setdefault(line.origin.id, []).append(line)
        return list(groups.values())

    def with_flows(self, flows: Iterable[Flow], semantics: Semantics) -> ListTarget:
        """With a rule for each flow that would not pass."""
        lines, additions = list(self.lines), list(self.additions)
        for flow in flows:
            lines, addition = _with_flow(lines, additions, flow, semantics)
            additions += [addition] if addition else []
        return replace(self, lines=tuple(lines), additions=tuple(additions))

    def with_ids(self, acl: AclList, ids: Sequence[str]) -> ListTarget:
        """The same for `acl`, which differs in nothing but its ids: a rule whose id was a place gets the id of that
        place.
        """

        def named(rule: AclRule) -> AclRule:
            return rule.with_id(ids[int(rule.id)]) if rule.id else rule

        def of(lines: Iterable[Line]) -> tuple[Line, ...]:
            return tuple(Line(named(line.rule), named(line.origin), line.changed) for line in lines)

        lines, removals, refused = of(self.lines), of(self.removals), tuple(map(named, self.refused))
        return replace(self, before=acl, lines=lines, removals=removals, refused=refused)


def list_target(
    acl: AclList,
    semantics: Semantics,
    changes: Mapping[str, Mapping[str, str]],
    flows: Iterable[Flow] = (),
    *,
    anew: bool = False,
    prune: bool = False,
) -> ListTarget | None:
    """Where a list ends: rules with `changes` by id, written `anew` with one CIDR a rule, without the rules that decide
    nothing (`prune`), and with a rule for each flow. None where it cannot be read.
    """
    origins = {rule.id: rule for rule in acl.rules}
    plain = AclList(tuple(_changed(rule, changes.get(rule.id, {})) for rule in acl.rules))
    lines = [Line(rule, origins[rule.id], changed=rule != origins[rule.id]) for rule in plain.rules]
    refused: tuple[AclRule, ...] = ()
    restart = False
    if anew:
        new = rewrite(plain, semantics)
        if new is None:
            return None
        lines = [Line(one.rule, origins[one.origin.id], changed=one.changed) for one in new.lines]
        refused, restart = new.dropped, new.restart
    whole = lines
    if prune or anew:
        lines = _pruned(lines, semantics)
    stay = {line.origin.id for line in lines}
    removals = tuple({line.origin.id: line for line in reversed(whole) if line.origin.id not in stay}.values())
    return ListTarget(acl, tuple(lines), removals, (), refused, restart).with_flows(flows, semantics)


def _changed(rule: AclRule, changes: Mapping[str, str]) -> AclRule:
    values: dict[str, Any] = {
        FIELDS[name]: value if name == "protocol" else int(value) for name, value in changes.items() if name in FIELDS
    }
    return replace(rule, **values)


def _list(lines: Iterable[Line], additions: Iterable[AclRule] = ()) -> AclList:
    """The list with ids by place, since copies have none yet."""
    rules = [line.rule for line in lines] + list(additions)
    return AclList(tuple(replace(rule, id=str(place)) for place, rule in enumerate(rules)))


def _pruned(lines: list[Line], semantics: Semantics) -> list[Line]:
    """Without rules that never decide, or of which others say the same: one after the other, since each may need the
    other's place. A rule that says what the default says stays: writing that down is good practice.
    """
    while True:
        analysis = analyse(_list(lines), semantics)
        odd = {one.rule.id for one in (*analysis.dead, *analysis.misread, *analysis.refused)}
        idle = [one.rule.id for one in analysis.shadowed if one.rule.id not in odd]
        idle += [one.rule.id for one in analysis.redundant if any(one.instead)]
        if not idle:
            return lines
        lines = [line for place, line in enumerate(lines) if str(place) != idle[0]]


def _with_flow(
    lines: list[Line], additions: list[AclRule], flow: Flow, semantics: Semantics
) -> tuple[list[Line], AclRule | None]:
    """A rule that lets the flow in, before the first rule that drops a part of it; None where all of it passes."""
    passage = reach(_list(lines, additions), flow.remote, flow.direction, semantics)
    dropped = flow.packets & passage.denied
    if not dropped:
        return lines, None
    deciding = [part.rule.number for part in passage.parts if part.rule and not part.allow and part.packets & dropped]
    used = {line.rule.number for line in lines} | {rule.number for rule in additions}
    first = min(deciding, default=max(used, default=0) + 1)
    number = next((one for one in range(first - 1, 0, -1) if one not in used), None)
    if not deciding:
        number = first
    if number is None:
        lines, number = _with_room(lines, first), first
    start, end = flow.ports or (None, None)
    kind = 8 if flow.protocol == "icmp" else None
    code = 0 if flow.protocol == "icmp" else None
    rule = AclRule(number, flow.protocol, flow.direction, True, (flow.remote,), start, end, kind, code)
    return lines, rule


def _with_room(lines: list[Line], number: int) -> list[Line]:
    """The lines with this number free: it and those that stand right behind it move up by one."""
    used = {line.rule.number for line in lines}
    last = number
    while last in used:
        last += 1
    return [
        Line(replace(line.rule, number=line.rule.number + 1), line.origin, line.changed)
        if number <= line.rule.number < last
        else line
        for line in lines
    ]
