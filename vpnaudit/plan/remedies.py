"""One remedy for each open finding; findings about one tunnel share its plan."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from vpnaudit.estate.tables import records
from vpnaudit.ipsec.sides import Side
from vpnaudit.plan import platform
from vpnaudit.plan.asks import changes_of, gateway_of, subject_of
from vpnaudit.plan.estate_index import EstateIndex, Key, Row
from vpnaudit.plan.list_plans import ListPlans
from vpnaudit.plan.remedy import Remedy
from vpnaudit.plan.tunnel_plans import TunnelPlans
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.audit import Audit
    from vpnaudit.findings import Action

COLUMNS = ("fingerprint", "side", "what", "command", "interrupts", "rollback", "plan")
"""Columns of the remedies, all strings; `command` is empty where no command mends it. Findings with the same `plan`
have the same command: running it once mends them all. Empty: the command is the finding's own.
"""


def remedies(audit: Audit) -> pd.DataFrame:
    """One row for each of `audit.open`, in the same order; columns: `COLUMNS`.

    All that commands can mend about a tunnel between two VPCs, or about one customer gateway, is one plan: its script
    brings both ends to values at which nothing is left that a command could mend (`vpnaudit.plan.targets`).
    """
    return _Plan(audit).frame()


class _Plan:
    """The methods named in `BY_ACTION` give the remedy of a finding; None where what it needs was not collected."""

    def __init__(self, audit: Audit) -> None:
        self.index = EstateIndex(audit.estate)
        self.findings = records(audit.open)
        self.tunnel_plans = TunnelPlans(audit, self.index, self.findings)
        answers = self.tunnel_plans.answers
        self.answers_of_plan: dict[str, list[Key]] = defaultdict(list)
        for key, plan in answers.items():
            self.answers_of_plan[plan].append(key)
        self.list_plans = ListPlans(audit, self.index, self.findings, answers)

    def frame(self) -> pd.DataFrame:
        mends = [self.remedy(finding) for finding in self.findings]
        columns = {name: [getattr(one, name) for one in mends] for name in COLUMNS if name != "fingerprint"}
        columns["fingerprint"] = [finding["fingerprint"] for finding in self.findings]
        return pd.DataFrame({name: pd.array(columns[name], dtype="string") for name in COLUMNS})

    def remedy(self, finding: Row) -> Remedy:
        action: Action = finding["action"]
        of_tunnel = self.tunnel_plans.remedy(finding)
        of_plan = self.with_access(of_tunnel) if of_tunnel else self.list_plans.remedy(finding)
        return of_plan or BY_ACTION[action](self, finding) or _by_hand(finding)

    def with_access(self, remedy: Remedy) -> Remedy:
        """The plan of a tunnel, and behind it what lets the traffic of a new connection in."""
        more = [one for key in self.answers_of_plan.get(remedy.plan, ()) if (one := self.list_plans.of_answer(key))]
        if not more:
            return remedy
        command = "\n".join([remedy.command, *(one.command for one in more)])
        rollback = "\n".join([remedy.rollback, *(one.rollback for one in more)])
        return replace(remedy, command=command, rollback=rollback)

    def delete_customer_gateway(self, finding: Row) -> Remedy | None:
        key = gateway_of(self.index, finding)
        return platform.delete_customer_gateway(self.index, self.index.customer_gateways[key]) if key else None

    def delete_vpn_gateway(self, finding: Row) -> Remedy | None:
        gateway = self.index.vpn_gateways.get(subject_of(finding))
        return platform.delete_vpn_gateway(self.index, gateway) if gateway else None

    def replace_acl(self, finding: Row) -> Remedy | None:
        tier = self.index.tiers.get(subject_of(finding))
        return platform.replace_acl(self.index, tier) if tier else None

    def change_setting(self, finding: Row) -> Remedy | None:
        source, changes = str(finding["source"]), changes_of(finding)
        return (
            platform.change_setting(self.index, source, changes)
            if changes
            else platform.raise_limit(self.index, source)
        )

    def upgrade(self, finding: Row) -> Remedy | None:
        return platform.upgrade(str(finding["source"]))

    def by_hand(self, finding: Row) -> Remedy | None:
        return _by_hand(finding)


BY_ACTION: Final[dict[Action, Callable[[_Plan, Row], Remedy | None]]] = {
    "update-customer-gateway": _Plan.by_hand,
    "recreate-connection": _Plan.by_hand,
    "reset-connection": _Plan.by_hand,
    "delete-customer-gateway": _Plan.delete_customer_gateway,
    "delete-vpn-gateway": _Plan.delete_vpn_gateway,
    "delete-connection": _Plan.by_hand,
    "create-connection-back": _Plan.by_hand,
    "replace-acl": _Plan.replace_acl,
    "rewrite-acl": _Plan.by_hand,
    "update-acl-rule": _Plan.by_hand,
    "delete-acl-rule": _Plan.by_hand,
    "create-acl-rule": _Plan.by_hand,
    "reapply-acl": _Plan.by_hand,
    "change-setting": _Plan.change_setting,
    "upgrade": _Plan.upgrade,
    "clamp-mss": _Plan.by_hand,
    "": _Plan.by_hand,
}
"""Which method gives the remedy for each action, where no plan of a tunnel or an access list has it."""


def _by_hand(finding: Row) -> Remedy:
    """No single command mends it: what the rule says, and whose work it is by the finding's reasons."""
    who = {str(reason.get("who")) for reason in finding["reasons"] or []}
    alone = who <= {Side.FAR, Side.OPERATOR, Side.NEAR} and len(who) == 1
    side = Side(who.pop()) if alone else Side.BOTH if who else Side.OPERATOR
    rule = all_rules().get(finding["rule"])
    text = rule.text["How to fix it"] if rule else f"See {finding['rule']}."
    return Remedy(side, text, "", "What the change itself interrupts; no command is given.", "Undo the change.")
