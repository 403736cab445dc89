"""One remedy for each open finding."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.estate.tables import records
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import access_list, connection, customer_gateway, platform
from vpnaudit.plan.estate_index import EstateIndex, Key, Row
from vpnaudit.plan.remedy import Remedy
from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS, Ask, Wanted, merge
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.audit import Audit
    from vpnaudit.findings import Action

COLUMNS = ("fingerprint", "side", "what", "command", "interrupts", "rollback")
"""Columns of the remedies, all strings; `command` is empty where no command mends it."""

_LIMIT = "site2site.vpn.vpngateway.connection.limit"


def remedies(audit: Audit) -> pd.DataFrame:
    """One row for each of `audit.open`, in the same order; columns: `COLUMNS`.

    Findings that ask for changes of the same customer gateway share one update (how they are merged:
    `vpnaudit.plan.wanted`): running the command of one mends all of them with one interruption.
    """
    return _Plan(audit).frame()


class _Plan:
    """The methods named in `BY_ACTION` give the remedy of a finding; None where what it needs was not collected."""

    def __init__(self, audit: Audit) -> None:
        self.index = EstateIndex(audit.estate)
        self.findings = records(audit.open)
        self.wanted = self._merged()

    def frame(self) -> pd.DataFrame:
        rows = [{"fingerprint": finding["fingerprint"], **asdict(self.remedy(finding))} for finding in self.findings]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype("string")

    def remedy(self, finding: Row) -> Remedy:
        action: Action = finding["action"]
        return BY_ACTION[action](self, finding) or _by_hand(finding)

    def gateway(self, finding: Row) -> Row | None:
        """The customer gateway that a finding is about: its subject, or that of its connection."""
        source, subject = _subject(finding)
        if finding["subject_kind"] == "connection":
            subject = str(self.index.connections.get((source, subject), {}).get("customer_gateway_id"))
        return self.index.customer_gateways.get((source, subject))

    def _merged(self) -> dict[Key, Wanted]:
        asks: dict[Key, list[Ask]] = defaultdict(list)
        for finding in self.findings:
            gateway = self.gateway(finding) if _updates(finding) else None
            if gateway is not None:
                asks[gateway["source"], gateway["id"]].append(Ask(finding["rule"], parameters_of(finding)))
        return {
            key: merge(of_gateway, customer_gateway.values_in_force(self.index.customer_gateways[key]))
            for key, of_gateway in asks.items()
        }

    def update(self, finding: Row) -> Remedy | None:
        gateway = self.gateway(finding)
        if gateway is None:
            return None
        wanted = self.wanted[gateway["source"], gateway["id"]]
        return customer_gateway.update(self.index, gateway, wanted, finding["rule"], parameters_of(finding))

    def recreate(self, finding: Row) -> Remedy | None:
        remedy = self.update(finding) if _updates(finding) else None
        tunnel = self.index.connections.get(_subject(finding))
        return remedy or (connection.recreate(tunnel, _changes(finding)) if tunnel else None)

    def reset(self, finding: Row) -> Remedy | None:
        tunnel = self.index.connections.get(_subject(finding))
        return connection.reset(self.index, tunnel) if tunnel else None

    def delete(self, finding: Row) -> Remedy | None:
        tunnel = self.index.connections.get(_subject(finding))
        twin = self.index.connections.get((finding["source"], str(finding["other_id"])))
        return connection.delete(self.index, tunnel, twin) if tunnel else None

    def create_far_connection(self, finding: Row) -> Remedy | None:
        tunnel = self.index.connections.get(_subject(finding))
        return connection.create_far_connection(self.index, tunnel) if tunnel else None

    def delete_customer_gateway(self, finding: Row) -> Remedy | None:
        gateway = self.gateway(finding)
        return platform.delete_customer_gateway(self.index, gateway) if gateway else None

    def delete_vpn_gateway(self, finding: Row) -> Remedy | None:
        gateway = self.index.vpn_gateways.get(_subject(finding))
        return platform.delete_vpn_gateway(gateway) if gateway else None

    def replace_acl(self, finding: Row) -> Remedy | None:
        tier = self.index.tiers.get(_subject(finding))
        return platform.replace_acl(self.index, tier) if tier else None

    def rewrite_acl(self, finding: Row) -> Remedy | None:
        acl = self.index.acl_lists.get(_subject(finding))
        return access_list.rewrite_list(acl, self.index.access_lists.of(*_subject(finding))) if acl else None

    def update_acl_rule(self, finding: Row) -> Remedy | None:
        rule, changes = self.index.acl_rules.get(_subject(finding)), _changes(finding)
        return access_list.update_rule(rule, changes) if rule and changes else None

    def reapply_acl(self, finding: Row) -> Remedy | None:
        acl, rules = self.index.acl_lists.get(_subject(finding)), self.index.rules_in.get(_subject(finding))
        return access_list.reapply(acl, rules[0]) if acl and rules else None

    def change_setting(self, finding: Row) -> Remedy | None:
        return platform.change_setting(self.index, str(finding["source"]), _changes(finding) or {_LIMIT: CHOOSE})

    def upgrade(self, finding: Row) -> Remedy | None:
        return platform.upgrade(str(finding["source"]))

    def by_hand(self, finding: Row) -> Remedy | None:
        return _by_hand(finding)


BY_ACTION: Final[dict[Action, Callable[[_Plan, Row], Remedy | None]]] = {
    "update-customer-gateway": _Plan.update,
    "recreate-connection": _Plan.recreate,
    "reset-connection": _Plan.reset,
    "delete-customer-gateway": _Plan.delete_customer_gateway,
    "delete-vpn-gateway": _Plan.delete_vpn_gateway,
    "delete-connection": _Plan.delete,
    "create-connection-back": _Plan.create_far_connection,
    "replace-acl": _Plan.replace_acl,
    "rewrite-acl": _Plan.rewrite_acl,
    "update-acl-rule": _Plan.update_acl_rule,
    "reapply-acl": _Plan.reapply_acl,
    "change-setting": _Plan.change_setting,
    "upgrade": _Plan.upgrade,
    "clamp-mss": _Plan.by_hand,
    "": _Plan.by_hand,
}
"""Which method gives the remedy for each action."""


def _subject(finding: Row) -> Key:
    return str(finding["source"]), str(finding["subject_id"])


def _updates(finding: Row) -> bool:
    """An update of the customer gateway mends it; a new peer address does so too, between deleting and creating its
    connections.
    """
    recreates = finding["action"] == "recreate-connection" and (
        finding["subject_kind"] == "customer gateway" or bool(set(_changes(finding)) & set(PARAMETERS))
    )
    return finding["action"] == "update-customer-gateway" or recreates


def parameters_of(finding: Row) -> dict[str, str]:
    """The parameters that a finding wants changed: its `changes`, else those that its reasons name, for a person to
    choose a value.
    """
    rule = all_rules().get(finding["rule"])
    if rule is not None and rule.new_key:
        return {KEY: "new"}
    changes = {name: value for name, value in _changes(finding).items() if name in PARAMETERS or name == KEY}
    if finding["action"] == "recreate-connection" and finding["subject_kind"] == "customer gateway":
        return {"gateway": CHOOSE} | changes
    if changes:
        return changes
    fields = {str(reason.get("field")): reason.get("expected") for reason in finding["reasons"] or []}
    return {
        name: value if value in ("true", "false") else CHOOSE for name, value in fields.items() if name in PARAMETERS
    }


def _changes(finding: Row) -> dict[str, str]:
    changes: Any = finding["changes"]
    if not isinstance(changes, dict):
        return {}
    return {str(name): str(value) for name, value in changes.items() if value is not None}


def _by_hand(finding: Row) -> Remedy:
    """No single command mends it: what the rule says, and whose work it is by the finding's reasons."""
    who = {str(reason.get("who")) for reason in finding["reasons"] or []}
    alone = who <= {Side.FAR, Side.OPERATOR, Side.NEAR} and len(who) == 1
    side = Side(who.pop()) if alone else Side.BOTH if who else Side.OPERATOR
    rule = all_rules().get(finding["rule"])
    text = rule.text["How to fix it"] if rule else f"See {finding['rule']}."
    return Remedy(side, text, "", "What the change itself interrupts; no command is given.", "Undo the change.")
