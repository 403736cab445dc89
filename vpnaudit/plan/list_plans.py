"""The plans of all access lists, and which findings each of them mends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Final

from vpnaudit.acl.decision import packets_of, reach
from vpnaudit.estate.needed_flows import common, needed_flows, packets
from vpnaudit.estate.tables import records
from vpnaudit.findings.verdicts import fingerprint
from vpnaudit.hostile import one_line
from vpnaudit.plan import platform
from vpnaudit.plan.access_list import list_remedy, named, reapply
from vpnaudit.plan.asks import can_change, changes_of, list_of, subject_of
from vpnaudit.plan.list_target import Flow, ListTarget, list_target
from vpnaudit.plan.remedy import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.acl.rules import Content, Direction
    from vpnaudit.acl.semantics import Semantics
    from vpnaudit.audit import Audit
    from vpnaudit.plan.estate_index import EstateIndex, Key, Row
    from vpnaudit.policy import NeededFlow

_EXAMPLE_PORT: Final = 443


class ListPlans:
    """One `ListTarget` an access list about which something is open that a command mends."""

    def __init__(self, audit: Audit, index: EstateIndex, findings: list[Row], answers: Iterable[Key]) -> None:
        """`answers` are connections whose other half a plan creates: the far VPC must let its traffic in."""
        self._audit, self._index = audit, index
        self._findings: dict[Key, list[Row]] = defaultdict(list)
        self._flows: dict[Key, dict[tuple[str, ...], Flow]] = defaultdict(dict)
        self._blocked: dict[str, dict[Key, list[Row]]] | None = None
        self._remedies: dict[Key, Remedy] = {}
        self._target_of_content = cache(_target_of_content)
        self._lists_of: dict[str, tuple[Key, ...]] = {}
        self._tiers_of: dict[str, Row] = {}
        for finding in findings:
            self._take(finding)
        self._lists_of_answer = {key: one for key in answers if (one := self._take_answer(key)) is not None}
        self._targets = {key: self._target(key) for key in (*self._findings, *self._flows)}

    def remedy(self, finding: Row) -> Remedy | None:
        """The plans that mend this finding; None where none does, or its list cannot be read."""
        tier = self._tiers_of.get(finding["fingerprint"])
        if tier is not None:
            return platform.replace_acl(self._index, tier)
        remedies = [one for key in self._lists_of.get(finding["fingerprint"], ()) if (one := self._of(key, finding))]
        if len(remedies) < 2:  # noqa: PLR2004 - one is as it is
            return next(iter(remedies), None)
        first = remedies[0]
        return Remedy(
            first.side,
            " ".join(dict.fromkeys(one.what for one in remedies)),
            "\n".join(one.command for one in remedies),
            first.interrupts,
            "\n".join(one.rollback for one in remedies),
            ",".join(one.plan for one in remedies),
        )

    def of_answer(self, answer: Key) -> Remedy | None:
        """What lets the traffic of this connection into the far VPC; None where it gets in, or no list can be
        changed.
        """
        key = self._lists_of_answer.get(answer)
        return self._of(key, {"action": "create-acl-rule", "source": "", "subject_id": ""}) if key else None

    def _take_answer(self, answer: Key) -> Key | None:
        """Where nothing of the near VPC gets into any tier of the far one, an example for the first."""
        pair = self._index.pairs[answer]
        source, remote = str(pair["far_source"]), str(pair["vpc_cidr"])
        tiers = sorted(self._index.tiers_in.get((source, str(pair["far_vpc_id"])), []), key=lambda row: str(row["id"]))
        reached = [self._reaches(tier, remote) for tier in tiers]
        if not tiers or any(one is not False for one in reached):
            return None
        key = (source, str(tiers[0]["acl_id"]))
        if not can_change(self._index, key):
            return None
        flow = _example(remote)
        self._flows[key][flow.remote, flow.direction, flow.protocol, str(flow.ports)] = flow
        return key

    def _reaches(self, tier: Row, remote: str) -> bool | None:
        """Whether any packet of the remote network gets into the tier; None: it cannot be told."""
        listing = self._index.access_lists.on(tier)
        if listing.acl is None:
            return None
        return reach(listing.acl, remote, "ingress", listing.semantics, routed=listing.routed).verdict != "none"

    def _take(self, finding: Row) -> None:
        if finding["action"] == "create-acl-rule":
            self._take_flows(finding)
            return
        key = list_of(self._index, finding)
        if key is not None:
            self._findings[key].append(finding)
            self._lists_of[finding["fingerprint"]] = (key,)

    def _take_flows(self, finding: Row) -> None:
        """What the finding's declared flows need; where none is declared, an example for one tier."""
        source, subject = subject_of(finding)
        name, egress = ("tier_id", True) if finding["subject_kind"] == "tier" else ("connection_id", False)
        rows = [
            row
            for row in self._blocked_flows(name).get((source, subject), ())
            if not egress or row["direction"] == "egress"
        ]
        asks = [(str(row["tier_id"]), flow) for row in rows for flow in self._as_flows(row)]
        if not asks and not egress:
            asks = self._examples(finding)
        for tier_id, flow in asks:
            tier = self._index.tiers.get((source, tier_id))
            if tier is None:
                continue
            key = (source, str(tier["acl_id"]))
            if not can_change(self._index, key):
                self._tiers_of[finding["fingerprint"]] = tier  # it gets a list of its own
                continue
            self._flows[key][flow.remote, flow.direction, flow.protocol, str(flow.ports)] = flow
            self._lists_of[finding["fingerprint"]] = tuple(
                dict.fromkeys((*self._lists_of.get(finding["fingerprint"], ()), key))
            )

    def _blocked_flows(self, name: str) -> dict[Key, list[Row]]:
        """The declared flows that are blocked, by source and the id in this column."""
        if self._blocked is None:
            declared = needed_flows(self._audit.estate, self._audit.policy.needed_flows)
            self._blocked = {column: defaultdict(list) for column in ("tier_id", "connection_id")}
            for row in records(declared[declared["blocked"].fillna(value=False)]):
                for column, rows in self._blocked.items():
                    rows[row["source"], row[column]].append(row)
        return self._blocked[name]

    def _as_flows(self, row: Row) -> list[Flow]:
        """The declared flows of this name, for each remote network of the connection that they are about."""
        direction: Direction = "egress" if row["direction"] == "egress" else "ingress"
        tunnel = self._index.connections.get((row["source"], row["connection_id"]), {})
        flows = []
        for declared in self._audit.policy.needed_flows:
            end = declared.from_ if direction == "ingress" else declared.to
            for cidr in str(tunnel.get("cidr_list") or "").split(","):
                remote = common(end, cidr.strip())
                if one_line(declared.name) == row["flow"] and remote:
                    flows.append(_flow(declared, remote, direction))
        return flows

    def _examples(self, finding: Row) -> list[tuple[str, Flow]]:
        """TCP 443 from each remote network into the tier that the finding shows."""
        tunnel = self._index.connections.get(subject_of(finding), {})
        tiers = [str(one.get("id")) for one in finding["evidence"] or [] if one.get("table") == "tiers"]
        remotes = [part.strip() for part in str(tunnel.get("cidr_list") or "").split(",") if part.strip()]
        return [(tier, _example(remote)) for tier in tiers[:1] for remote in remotes]

    def _target(self, key: Key) -> ListTarget | None:
        listing = self._index.access_lists.of(*key)
        if listing.acl is None or listing.content is None:
            return None
        findings = self._findings.get(key, [])
        changes = {
            str(one["subject_id"]): tuple(changes_of(one).items())
            for one in findings
            if one["action"] == "update-acl-rule"
        }
        actions = {one["action"] for one in findings}
        target = self._target_of_content(
            listing.content,
            listing.semantics,
            tuple((place, changes[one]) for place, one in enumerate(listing.ids) if one in changes),
            anew="rewrite-acl" in actions,
            prune="delete-acl-rule" in actions,
        )
        if target is None:
            return None
        flows = self._flows.get(key, {}).values()
        return target.with_flows(flows, listing.semantics).with_ids(listing.acl, listing.ids)

    def _of(self, key: Key, finding: Row) -> Remedy | None:
        acl, target = self._index.acl_lists[key], self._targets[key]
        name = fingerprint("list", *key)[:12]
        if target is None:
            return None
        if finding["action"] == "reapply-acl" and not target.acts:
            rules = self._index.rules_in.get(key)
            return reapply(acl, rules[0], name) if rules else None
        if not target.acts:
            return None
        if key not in self._remedies:
            self._remedies[key] = list_remedy(acl, target, name, "")
        return replace(self._remedies[key], what=self._what(acl, target, finding))

    def _what(self, acl: Row, target: ListTarget, finding: Row) -> str:
        title = named(acl["name"] or acl["id"])
        rule = self._index.acl_rules.get(subject_of(finding), {})
        if finding["action"] == "delete-acl-rule":
            return f"Delete rule {rule['number']} of the access list {title}."
        if finding["action"] == "update-acl-rule":
            changes = ", ".join(f"{name} {named(value)}" for name, value in changes_of(finding).items())
            return f"Set {changes} on rule {rule['number']} of the access list {title}."
        if finding["action"] == "create-acl-rule":
            rules = "; ".join(named(rule) for rule in target.additions)
            return f"Add to the access list {title}: {rules}."
        copies = sum(len(lines) - 1 for lines in target.groups)
        new_rules = "1 new rule" if copies == 1 else f"{copies} new rules"
        return f"Write the access list {title} anew: one CIDR a rule, {new_rules}."


def _target_of_content(
    content: Content,
    semantics: Semantics,
    changes: tuple[tuple[int, tuple[tuple[str, str], ...]], ...],
    *,
    anew: bool,
    prune: bool,
) -> ListTarget | None:
    """The target without flows of a list with this content; the id of a rule is its place, by which `changes` go."""
    acl = content.with_ids(str(place) for place in range(len(content.rules)))
    by_id = {str(place): dict(parameters) for place, parameters in changes}
    return list_target(acl, semantics, by_id, anew=anew, prune=prune)


def _example(remote: str) -> Flow:
    port = (_EXAMPLE_PORT, _EXAMPLE_PORT)
    return Flow(remote, "ingress", packets_of(remote, "tcp", ports=port), "tcp", port)


def _flow(declared: NeededFlow, remote: str, direction: Direction) -> Flow:
    first = declared.port
    ports = None if first is None else (first, first if declared.port_last is None else declared.port_last)
    whole = (1, 65535) if declared.protocol in ("tcp", "udp") else None
    return Flow(remote, direction, packets(declared, remote), declared.protocol, ports or whole)
