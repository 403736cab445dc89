"""The values at which nothing is left that a command could mend: what open findings ask is set in memory, the estate is
judged again, and so on until nothing more is asked.

What findings ask one by one does not fit together: a finding about the cipher of one end and one about the group of the
far end want four policies of two texts. So the ends of a group follow each other in all that both must hold, and a new
judgement, not a promise, says which findings a plan mends.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from vpnaudit.audit import audit as judge
from vpnaudit.comparing.common_policies import common_policies
from vpnaudit.estate.needed_flows import common
from vpnaudit.estate.tables import records
from vpnaudit.findings import SEVERITIES
from vpnaudit.plan import far_side
from vpnaudit.plan.asks import gateway_of, parameters_of, passive_of, subject_of
from vpnaudit.plan.change import Change, estate_after
from vpnaudit.plan.groups import Group, groups, name_of
from vpnaudit.plan.wanted import CHOOSE, KEY, Ask, merge, values_in_force
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.audit import Audit
    from vpnaudit.plan.estate_index import EstateIndex, Key, Row

_ROUNDS: Final = 8
"""More are never needed: strength only grows, and lifetimes only fall."""

_OWN: Final = ("name", "gateway", "cidrlist")
"""Parameters that are different at the two ends of a pair."""

_POLICIES: Final = ("ikepolicy", "esppolicy")
_LIFETIMES: Final = ("ikelifetime", "esplifetime")
_TABLES_OF_TRAFFIC: Final = frozenset({"reach", "acl_analysis", "events", "tiers", "routers", "virtual_machines"})


@dataclass
class Targets:
    """What shall be so, and what is open then.

    `choose` names by gateway the parameters whose value only a person knows, `decisions` says by gateway what was
    decided between findings. `after` are the findings that are open once the change is made, of the rules that were
    judged again, `judged`.
    """

    groups: dict[Key, Group]
    change: Change = field(default_factory=Change)
    choose: dict[Key, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    decisions: dict[Key, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    after: list[Row] = field(default_factory=list)
    judged: frozenset[str] = frozenset()

    def mends(self, finding: Row) -> bool:
        """Whether it is open no more."""
        return finding["rule"] in self.judged and _key(finding) not in self._keys_after

    @cached_property
    def _keys_after(self) -> frozenset[tuple[str, ...]]:
        return frozenset(_key(row) for row in self.after)


def targets(audit: Audit, index: EstateIndex) -> Targets:
    """Where all groups of customer gateways end. Only rules of this audit are judged again, and only those about
    connections and customer gateways that look at no traffic.
    """
    findings = records(audit.open)
    names = set(audit.ledger.rules)
    rules = [rule for rule in all_rules().values() if rule.id in names and _may_ask(rule.subject, rule.reads)]
    result = Targets(groups(index, findings), judged=frozenset(rule.id for rule in rules))
    _merge_twins(index, findings, result)
    asking = findings
    for _ in range(_ROUNDS):
        if not _take(asking, audit, index, result):
            break
        after = judge(estate_after(audit.estate, result.change), audit.policy, rules)
        asking = records(after.open)
    else:  # pragma: no cover - strength is bounded
        raise AssertionError("The findings ask for ever.")
    result.after = asking
    return result


def opened(before: Iterable[Row], result: Targets) -> list[Row]:
    """The findings of at least medium that the change itself opens."""
    bad = SEVERITIES[: SEVERITIES.index("medium") + 1]
    known = {_key(row) for row in before}
    return [row for row in result.after if row["severity"] in bad and _key(row) not in known]


def _key(finding: Row) -> tuple[str, ...]:
    return tuple(str(finding[name]) for name in ("rule", "source", "subject_id", "other_id", "discriminator"))


def _may_ask(subject: str, reads: tuple[str, ...]) -> bool:
    return subject in ("connection", "customer gateway") and not _TABLES_OF_TRAFFIC & set(reads)


def _merge_twins(index: EstateIndex, findings: list[Row], result: Targets) -> None:
    """Of connections to one peer the oldest stays, with the networks of all."""
    for finding in findings:
        source, subject = subject_of(finding)
        both = [index.connections.get((source, str(one))) for one in (subject, finding["other_id"])]
        rows = sorted((row for row in both if row), key=lambda row: (str(row["created_utc"]), str(row["id"])))
        if finding["action"] != "delete-connection" or len(rows) < len(both):
            continue
        kept, spare = rows
        result.change.removals.add((source, str(spare["id"])))
        gateway = (source, str(kept["customer_gateway_id"]))
        if gateway in index.customer_gateways:
            changes = result.change.gateways.setdefault(gateway, {})
            changes["cidrlist"] = _union(changes.get("cidrlist") or kept["cidr_list"], spare["cidr_list"])


def _union(first: str | None, second: str | None) -> str:
    parts = [part.strip() for text in (first, second) for part in (text or "").split(",")]
    return ",".join(dict.fromkeys(part for part in parts if part))


def _take(findings: list[Row], audit: Audit, index: EstateIndex, result: Targets) -> bool:
    """Take up what these findings ask; whether that was anything new."""
    asks: dict[Key, list[Ask]] = defaultdict(list)
    before = repr(result.change)
    for finding in findings:
        gateway = gateway_of(index, finding)
        if gateway is not None:
            asks[gateway].append(Ask(finding["rule"], _without_harm(finding, gateway, index)))
        passive = passive_of(finding)
        if passive is not None and subject_of(finding) in index.connections:
            result.change.passive.setdefault(subject_of(finding), passive)
    for group in dict.fromkeys(result.groups[key] for key in asks):
        wanted = {key: _wanted(key, asks.get(key, []), index, result) for key in group}
        for key, changes in _aligned(group, wanted, index, audit).items():
            present = values_in_force(index.customer_gateways[key])
            new = {name: value for name, value in changes.items() if value != present.get(name)}
            if new:
                result.change.gateways[key] = new
        _follow(group, index, result)
    return repr(result.change) != before


def _without_harm(finding: Row, gateway: Key, index: EstateIndex) -> dict[str, str]:
    """What it asks, without a list of networks that would put the same addresses on both sides of a tunnel."""
    parameters = parameters_of(finding)
    lists = [str(tunnel["vpc_cidr"] or "") for tunnel in index.connections_of.get(gateway, [])]
    if any(overlap(parameters.get("cidrlist", ""), own) for own in lists):
        del parameters["cidrlist"]
    return parameters


def overlap(networks: str, own: str) -> bool:
    """Whether a comma list of CIDRs shares an address with another CIDR."""
    return any(common(part.strip(), own) for part in networks.split(","))


def _wanted(key: Key, asks: list[Ask], index: EstateIndex, result: Targets) -> dict[str, str]:
    """All changes of a gateway so far, and what is asked now, merged over them."""
    so_far = result.change.gateways.get(key, {})
    wanted = merge(asks, {**values_in_force(index.customer_gateways[key]), **so_far})
    result.decisions[key] |= dict.fromkeys(wanted.decisions)
    for name, value in wanted.changes.items():
        if value == CHOOSE:
            result.choose[key][name] = None
    return so_far | {name: value for name, value in wanted.changes.items() if value != CHOOSE}


def _aligned(
    group: Group, wanted: dict[Key, dict[str, str]], index: EstateIndex, audit: Audit
) -> dict[Key, dict[str, str]]:
    """The changes of a group, the same for all its ends in what both ends of a tunnel must hold."""
    values = {key: {**values_in_force(index.customer_gateways[key]), **wanted[key]} for key in group}
    names = dict.fromkeys(name for changes in wanted.values() for name in changes if name not in _OWN)
    shared: dict[str, str] = {}
    for name in names:
        texts = [values[key].get(name) for key in group if name in wanted[key] or name in _LIFETIMES]
        shared[name] = name_of(group) if name == KEY else _best(name, [text for text in texts if text], audit)
    if set(names) & set(_POLICIES):
        ike, esp = ([text for key in group if (text := values[key].get(name))] for name in _POLICIES)
        shared |= common_policies(ike, esp, audit.policy) or {}
    return {key: wanted[key] | shared for key in group}


def _best(name: str, texts: list[str], audit: Audit) -> str:
    if name in _LIFETIMES:
        numbers = [int(text) for text in texts if text.isdigit()]
        stable = [number for number in numbers if number >= audit.policy.lifetime_stable_min_s]
        return str(min(stable or numbers))
    order = ("ikev2", "true" if name != "splitconnections" else "false")
    return next((word for word in order if word in texts), texts[0])


def _follow(group: Group, index: EstateIndex, result: Targets) -> None:
    """What the far devices of these gateways set, so that they still fit."""
    for key in group:
        changes = result.change.gateways.get(key, {})
        for tunnel in index.connections_of.get(key, []):
            ends = index.ends.get((tunnel["source"], tunnel["id"]))
            if ends is not None and ends.peer_row is not None:
                cells = far_side.cells_after(ends.peer_row, changes)
                if cells:
                    result.change.far[str(ends.peer_row["book"]), str(ends.peer_row["name"])] = cells
