"""One remedy for each open finding."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.tables import records
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import access_list, connection, customer_gateway, platform
from vpnaudit.plan.estate_index import EstateIndex, Key, Row
from vpnaudit.plan.remedy import Remedy
from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS, Ask, Wanted, merge
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from vpnaudit.audit import Audit

COLUMNS = ("fingerprint", "side", "what", "command", "interrupts", "rollback")
"""Columns of the remedies, all strings; `command` is empty where no command mends it."""

KEY_RULES = ("weak-psk", "fragile-psk", "shared-psk", "psk-mismatch")
"""Rules that only a new pre-shared key satisfies: their findings cannot carry one."""

_LIMIT = "site2site.vpn.vpngateway.connection.limit"


def remedies(audit: Audit) -> pd.DataFrame:
    """One row for each of `audit.open`, in the same order; columns: `COLUMNS`.

    Findings that ask for changes of the same customer gateway share one update (how they are merged:
    `vpnaudit.plan.wanted`): running the command of one mends all of them with one interruption.
    """
    return _Plan(audit).frame()


class _Plan:
    def __init__(self, audit: Audit) -> None:
        self.index = EstateIndex(audit.estate)
        self.findings = records(audit.open)
        self.wanted = self._merged()

    def frame(self) -> pd.DataFrame:
        made = [{"fingerprint": finding["fingerprint"], **asdict(self.remedy(finding))} for finding in self.findings]
        return pd.DataFrame(made, columns=list(COLUMNS)).astype("string")

    def gateway(self, finding: Row) -> Row | None:
        """The customer gateway that a finding is about: its subject, or that of its connection."""
        source, subject = finding["source"], str(finding["subject_id"])
        if finding["subject_kind"] == "connection":
            subject = str(self.index.connections.get((source, subject), {}).get("customer_gateway_id"))
        return self.index.customer_gateways.get((source, subject))

    def link(self, finding: Row) -> Row | None:
        """The connection that a finding is about."""
        return self.index.connections.get((finding["source"], str(finding["subject_id"])))

    def _merged(self) -> dict[Key, Wanted]:
        asks: dict[Key, list[Ask]] = defaultdict(list)
        for finding in self.findings:
            gateway = self.gateway(finding) if _updates(finding) else None
            if gateway is not None:
                asks[gateway["source"], gateway["id"]].append(Ask(finding["rule"], asked(finding)))
        return {
            key: merge(listed, customer_gateway.values_in_force(self.index.customer_gateways[key]))
            for key, listed in asks.items()
        }

    def remedy(self, finding: Row) -> Remedy:
        action, changes = finding["action"], _changes(finding)
        gateway, link, source = self.gateway(finding), self.link(finding), str(finding["source"])
        made: Remedy | None = None
        if _updates(finding) and gateway is not None:
            made = customer_gateway.update(
                self.index, gateway, self.wanted[gateway["source"], gateway["id"]], finding["rule"], asked(finding)
            )
        elif link is not None and action in (
            "reset-connection",
            "recreate-connection",
            "delete-connection",
            "create-connection-back",
        ):
            made = self._tunnel(action, link, finding, changes)
        elif action == "delete-customer-gateway" and gateway is not None:
            made = platform.delete_customer_gateway(self.index, gateway)
        elif action == "delete-vpn-gateway":
            row = self.index.vpn_gateways.get((source, str(finding["subject_id"])))
            made = platform.delete_vpn_gateway(row) if row else None
        elif action == "replace-acl":
            row = self.index.tiers.get((source, str(finding["subject_id"])))
            made = platform.replace_acl(self.index, row) if row else None
        elif action in ("rewrite-acl", "update-acl-rule", "reapply-acl"):
            made = self._access_list(action, (source, str(finding["subject_id"])), changes)
        elif action == "change-setting":
            made = platform.change_setting(self.index, source, changes or {_LIMIT: CHOOSE})
        elif action == "upgrade":
            made = platform.upgrade(source)
        return made or _by_hand(finding)

    def _access_list(self, action: str, key: Key, changes: dict[str, str]) -> Remedy | None:
        rule, acl = self.index.acl_rules.get(key), self.index.acl_lists.get(key)
        if action == "update-acl-rule":
            return access_list.update_rule(rule, changes) if rule and changes else None
        if acl is None:
            return None
        if action == "rewrite-acl":
            return access_list.rewrite_list(acl, self.index.access_lists.of(*key))
        return access_list.reapply(acl, next(iter(self.index.rules_in.get(key, [])), None))

    def _tunnel(self, action: str, link: Row, finding: Row, changes: dict[str, str]) -> Remedy:
        if action == "reset-connection":
            return connection.reset(self.index, link)
        if action == "recreate-connection":
            return connection.recreate(link, changes)
        if action == "create-connection-back":
            return connection.create_back(self.index, link)
        other = self.index.connections.get((finding["source"], str(finding["other_id"])))
        return connection.delete(self.index, link, other)


def _updates(finding: Row) -> bool:
    """An update of the customer gateway mends it; a new peer address does so too, between deleting and creating its
    connections.
    """
    recreates = finding["action"] == "recreate-connection" and (
        finding["subject_kind"] == "customer gateway" or bool(set(_changes(finding)) & set(PARAMETERS))
    )
    return finding["action"] == "update-customer-gateway" or recreates


def asked(finding: Row) -> dict[str, str]:
    """The parameters that a finding wants changed: its `changes`, else those that its reasons name, for a person to
    choose a value.
    """
    if finding["rule"] in KEY_RULES:
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
    given: Any = finding["changes"]
    return (
        {str(name): str(value) for name, value in given.items() if value is not None} if isinstance(given, dict) else {}
    )


def _by_hand(finding: Row) -> Remedy:
    """No single command mends it: what the rule says, and whose work it is by the finding's reasons."""
    who = {str(reason.get("who")) for reason in finding["reasons"] or []}
    alone = who <= {Side.FAR, Side.OPERATOR, Side.NEAR} and len(who) == 1
    side = Side(who.pop()) if alone else Side.BOTH if who else Side.OPERATOR
    rule = all_rules().get(finding["rule"])
    text = rule.text["How to fix it"] if rule else f"See {finding['rule']}."
    return Remedy(side, text, "", "What the change itself interrupts; no command is given.", "Undo the change.")
