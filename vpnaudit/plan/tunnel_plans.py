"""The plans of all tunnels, and which findings each of them mends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import connection, far_side
from vpnaudit.plan.asks import BySubject, gateway_of, parameters_of, subject_of
from vpnaudit.plan.customer_gateway import End
from vpnaudit.plan.groups import name_of
from vpnaudit.plan.remedy import Remedy, Script
from vpnaudit.plan.targets import opened, overlap, targets
from vpnaudit.plan.tunnel_plan import TunnelPlan, words_of

if TYPE_CHECKING:
    from vpnaudit.audit import Audit
    from vpnaudit.plan.estate_index import EstateIndex, Key, Row
    from vpnaudit.plan.groups import Group

_BY_CONNECTION = ("recreate-connection", "delete-connection", "create-connection-back", "reset-connection")
_NO_CAUSE = (
    *("connection-down", "connection-stuck", "state-unproven"),
    *("weak-encryption", "weak-integrity", "weak-dh-group", "pfs-weaker-than-ike", "ike-v1", "weak-psk", "shared-psk"),
    *(
        "acl-blocks-tunnel",
        "mtu-fragments",
        "remote-is-everything",
        "gateway-unused",
        "dpd-off",
        "lifetime-over-policy",
    ),
)
"""Rules whose findings keep no tunnel down; any other that is open at high or above on a tunnel that is down may."""
_POLICIES = {"ikepolicy": "ike_policy", "esppolicy": "esp_policy"}
_DEAD = ("no_ike", "ike_only")
_ONE_IS_ENOUGH = {
    "shared-psk": "or do so on each other one that has this key",
    "remote-overlaps-sibling": "or do so on the one that it overlaps",
}
"""Rules whose findings name two objects of which one has to change, and how the other is named."""
_OVERLAPS = ("remote-overlaps-vpc", "remote-overlaps-sibling")


class TunnelPlans:
    """One `TunnelPlan` a group of customer gateways that has something to be done."""

    def __init__(self, audit: Audit, index: EstateIndex, findings: list[Row]) -> None:
        self._index, self._findings = index, findings
        self._targets = targets(audit, index)
        self._by_group: dict[Group, list[Row]] = {}
        for finding in findings:
            key = gateway_of(index, finding)
            if key is not None:
                self._by_group.setdefault(self._targets.groups[key], []).append(finding)
        self._dead = {
            (row["source"], row["id"]): row
            for row in records(audit.estate["predictions_by_connection"])
            if row["verdict_router"] in _DEAD and row["verdict_peer"] in _DEAD
        }
        self._rules_by_subject = BySubject(
            row for row in findings if row["severity"] in ("critical", "high") and row["rule"] not in _NO_CAUSE
        )
        self._opened = BySubject(opened(findings, self._targets))
        self._in_order = partial(sorted, key={key: place for place, key in enumerate(self._targets.change.passive)}.get)
        self._refused = {subject_of(row) for row in self._targets.after if row["rule"] in _OVERLAPS}
        self._plans = {group: self._plan(group, rows) for group, rows in self._by_group.items()}
        self._answered_by = self._answers_by_gateway()

    def remedy(self, finding: Row) -> Remedy | None:
        """The plan that mends this finding; None where no plan does."""
        if finding["action"] == "delete-vpn-gateway":
            return self._awaited(finding)
        key = gateway_of(self._index, finding)
        if key is None:
            return self._without_gateway(finding)
        plan = self._plans[self._targets.groups[key]]
        causes = self._causes(finding) if finding["action"] == "reset-connection" else []
        if set(causes) - set(plan.rules):
            return _after_the_cause(causes)
        if not self._is_mended(finding, plan):
            return self._on_the_far_side(finding)
        return plan.remedy(self._what(finding, key, plan))

    @property
    def answers(self) -> dict[Key, str]:
        """Connections whose other half a plan creates, with the name of the plan."""
        return {key: plan.name for plan in self._plans.values() for key in plan.answers}

    def _plan(self, group: Group, findings: list[Row]) -> TunnelPlan:
        change, index = self._targets.change, self._index
        ends = [
            End(
                index.customer_gateways[key],
                change.gateways.get(key, {}),
                tuple(name for name in self._targets.choose.get(key, ()) if name not in change.gateways.get(key, {})),
                name_of(group),
                number,
            )
            for number, key in enumerate(group, start=1)
        ]
        tunnels = {_key(row) for key in group for row in index.connections_of.get(key, [])}
        plan = TunnelPlan(index, name_of(group), ends)
        plan.passive = {key: change.passive[key] for key in self._in_order(change.passive.keys() & tunnels)}
        plan.removals = change.removals & tunnels
        plan.answers = {
            subject_of(row)
            for row in findings
            if row["action"] == "create-connection-back" and subject_of(row) in index.pairs
        }
        plan.refused = self._refused & tunnels
        plan.rules = list(dict.fromkeys(row["rule"] for row in findings if self._is_mended(row, plan)))
        plan.resets = {
            subject_of(row)
            for row in findings
            if row["action"] == "reset-connection" and set(self._causes(row)) <= set(plan.rules)
        }
        # A tunnel that was predicted dead has no finding that says reset: once its cause is mended, a reset starts it.
        mended = {subject_of(row) for row in findings if row["rule"] in plan.rules} & tunnels
        plan.resets |= {
            key for key in mended if key in self._dead and index.connections[key]["state"] == "Disconnected"
        }
        plan.notes = [note for key in group for note in self._targets.decisions.get(key, ())]
        new = self._opened.of({*group, *tunnels})
        plan.notes += [f"Then open: {row['rule']} on {one_line(str(row['subject']))}. Look at it first." for row in new]
        return plan

    def _is_mended(self, finding: Row, plan: TunnelPlan) -> bool:
        key = gateway_of(self._index, finding)
        subject = subject_of(finding)
        if finding["action"] == "reset-connection":
            return subject in plan.resets
        if finding["action"] == "create-connection-back":
            return subject in plan.answers
        if finding["action"] == "delete-connection":
            return bool(plan.removals)
        if subject in plan.refused and finding["action"] == "recreate-connection":
            return False
        chosen = {name for end in plan.ends if (end.row["source"], end.row["id"]) == key for name in end.choose}
        return self._targets.mends(finding) or bool(chosen & set(parameters_of(finding)))

    def _causes(self, finding: Row) -> list[str]:
        """Why this connection is down: rules that are open on it or on its customer gateway at high or above; where
        there is none, and yet it is predicted never to come up, `prediction`.
        """
        tunnel = self._index.connections.get(subject_of(finding), {})
        subjects = {subject_of(finding), (str(finding["source"]), str(tunnel.get("customer_gateway_id")))}
        rules = dict.fromkeys(row["rule"] for row in self._rules_by_subject.of(subjects))
        return list(rules) or (["prediction"] if subject_of(finding) in self._dead else [])

    def _what(self, finding: Row, key: Key, plan: TunnelPlan) -> str:
        """What the plan does about this finding, in one sentence."""
        tunnel = self._index.connections.get(subject_of(finding))
        if tunnel is not None and finding["action"] in _BY_CONNECTION:
            sentence = self._of_connection(finding, tunnel, plan)
            if sentence:
                return sentence
        fields = {str(reason.get("field")) for reason in finding["reasons"] or []} | set(parameters_of(finding))
        own = [end for end in plan.ends if (end.row["source"], end.row["id"]) == key and end.changing]
        end = next(iter(own or [end for end in plan.ends if end.changing]), None)
        if "passive" in fields and plan.passive:
            key, passive = next(iter(plan.passive.items()))
            return _created_again(connection.label(self._index.connections[key]), passive=passive)
        if finding["rule"] in _ONE_IS_ENOUGH and end and finding["other_id"] is not None:
            words = words_of(end, fields).removesuffix(".")
            return f"Either {words[:1].lower()}{words[1:]}, {_ONE_IS_ENOUGH[finding['rule']]}."
        return words_of(end, fields) if end else f"Carry out the plan of {plan.ends[0].name}."

    def _of_connection(self, finding: Row, tunnel: Row, plan: TunnelPlan) -> str:
        label = connection.label(tunnel)
        if finding["action"] == "create-connection-back":
            return f"Create the connection back to {label} on the far VPC."
        if finding["action"] == "delete-connection":
            kept = next((row for row in plan.tunnels if row["gateway"] == tunnel["gateway"]), tunnel)
            return f"Merge the connections to {one_line(str(tunnel['gateway']))} into {connection.label(kept)}."
        if finding["action"] == "reset-connection":
            return self._of_reset(finding, label, plan)
        passive = plan.passive.get(subject_of(finding))
        return "" if passive is None else _created_again(label, passive=passive)

    def _of_reset(self, finding: Row, label: str, plan: TunnelPlan) -> str:
        causes = self._causes(finding)
        if causes:
            return f"Mend what keeps {label} down: {', '.join(causes)}."
        if any(end.changing for end in plan.ends):
            return f"Carry out the plan of {label}: it stops and starts the tunnel."
        return f"Reset the connection {label}."

    def _on_the_far_side(self, finding: Row) -> Remedy | None:
        """Where this end is right already, or could only be wrong with what is asked, the far side changes."""
        tunnel = self._index.connections.get(subject_of(finding))
        if tunnel is None:
            return None
        ends = self._index.ends.get(subject_of(finding))
        fields = {str(reason.get("field"))[:3] for reason in finding["reasons"] or []}
        ours = {name: str(tunnel[column]) for name, column in _POLICIES.items() if name[:3] in fields}
        asks = parameters_of(finding) or ours
        known = ends is not None and ends.peer_row is not None
        widens = overlap(asks.get("cidrlist", ""), str(tunnel["vpc_cidr"]))
        if widens or (known and fields & {"vpc", "cid"}):
            near, far = one_line(str(tunnel["vpc_cidr"])), one_line(str(tunnel["cidr_list"]))
            text = f"set its own networks to {far} and the router's to {near}"
            if widens:
                text += (
                    ", also where its set-up is route-based: a router of CloudStack cannot have"
                    f" {one_line(asks['cidrlist'])} behind a tunnel"
                )
            text += "."
        else:
            lines = far_side.steps(asks, {}, ends if known else None)
            if not lines or not known:
                return None
            text = f"set {'; '.join(lines[:-1])}."
        return Remedy(
            Side.FAR,
            f"On the far side, {far_side.kind_of(ends)}, {text}",
            "",
            "What the change interrupts there.",
            "Undo the change.",
        )

    def _awaited(self, finding: Row) -> Remedy | None:
        """A VPN gateway without a connection to which one leads: the plan that answers it uses the gateway."""
        if subject_of(finding) not in self._answered_by:
            return None
        plan, key = self._answered_by[subject_of(finding)]
        label = connection.label(self._index.connections[key])
        return plan.remedy(f"Either create the connection back to {label}, or delete both.")

    def _answers_by_gateway(self) -> dict[Key, tuple[TunnelPlan, Key]]:
        """By far VPN gateway the first plan that gives it a connection, and which one that answers."""
        plans: dict[Key, tuple[TunnelPlan, Key]] = {}
        for plan in self._plans.values():
            for key in sorted(plan.answers):
                pair = self._index.pairs[key]
                plans.setdefault((str(pair["far_source"]), str(pair["far_vpn_gateway_id"])), (plan, key))
        return plans

    def _without_gateway(self, finding: Row) -> Remedy | None:
        """A connection whose customer gateway was not collected can still be reset."""
        tunnel = self._index.connections.get(subject_of(finding))
        if tunnel is None or finding["action"] != "reset-connection":
            return None
        script = Script().note(f"source: {tunnel['source']}").begin()
        connection.reset(script, self._index, tunnel)
        connection.verify(script, self._index, tunnel, anew=False)
        return Remedy(
            Side.NEAR,
            f"Reset the connection {connection.label(tunnel)}.",
            str(script.end()),
            "This connection is stopped and started: no traffic until it is negotiated anew.",
            "None needed: a reset changes no value.",
        )


def _created_again(label: str, *, passive: bool) -> str:
    return f"Create the connection {label} again as {'a passive' if passive else 'an active'} one."


def _after_the_cause(causes: list[str]) -> Remedy:
    """Down for a reason that no command mends: a reset would end where it began."""
    named = "what vpnaudit tunnel tells of it" if causes == ["prediction"] else ", ".join(causes)
    return Remedy(
        Side.BOTH,
        f"Mend the cause first: {named}. A reset alone brings nothing up.",
        "",
        "Nothing: the tunnel is down.",
        "None needed.",
    )


def _key(tunnel: Row) -> Key:
    return str(tunnel["source"]), str(tunnel["id"])
