"""What each open finding asks, and of which plan: of a customer gateway, a connection or an access list."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.plan.estate_index import EstateIndex, Key, Row


ON_LISTS: Final = ("rewrite-acl", "reapply-acl")
ON_RULES: Final = ("update-acl-rule", "delete-acl-rule")
ON_TUNNELS: Final = (
    *("update-customer-gateway", "recreate-connection", "reset-connection"),
    *("delete-connection", "create-connection-back"),
)
"""The actions that the plan of an access list, or of a tunnel, carries out together."""

_DEFAULT_LISTS: Final = ("default_allow", "default_deny")


def subject_of(finding: Row) -> Key:
    """Source and id of what the finding is about."""
    return str(finding["source"]), str(finding["subject_id"])


class BySubject:
    """Findings by what they are about."""

    def __init__(self, findings: Iterable[Row]) -> None:
        self._by_subject: dict[Key, list[tuple[int, Row]]] = defaultdict(list)
        for place, finding in enumerate(findings):
            self._by_subject[subject_of(finding)].append((place, finding))

    def of(self, subjects: Iterable[Key]) -> list[Row]:
        """Those about one of these subjects, which differ, in the order of all."""
        rows = [pair for subject in subjects for pair in self._by_subject.get(subject, ())]
        return [finding for _, finding in sorted(rows, key=itemgetter(0))]


def gateway_of(index: EstateIndex, finding: Row) -> Key | None:
    """The customer gateway that a finding is about: its subject, or that of its connection; None: it was not collected,
    or the finding is about something else.
    """
    source, subject = subject_of(finding)
    if finding["subject_kind"] == "connection":
        subject = str(index.connections.get((source, subject), {}).get("customer_gateway_id"))
    elif finding["subject_kind"] != "customer gateway":
        return None
    return (source, subject) if (source, subject) in index.customer_gateways else None


def parameters_of(finding: Row) -> dict[str, str]:
    """The parameters of the customer gateway that a finding wants changed: its `changes`, else those that its reasons
    name, for a person to choose a value. Empty where its action is no update.
    """
    if not _updates(finding):
        return {}
    rule = all_rules().get(finding["rule"])
    if rule is not None and rule.new_key:
        return {KEY: "new"}
    changes = {name: value for name, value in changes_of(finding).items() if name in PARAMETERS or name == KEY}
    if finding["action"] == "recreate-connection" and finding["subject_kind"] == "customer gateway":
        return {"gateway": CHOOSE} | changes
    if changes:
        return changes
    fields = {str(reason.get("field")): reason.get("expected") for reason in finding["reasons"] or []}
    return {
        name: value if value in ("true", "false") else CHOOSE for name, value in fields.items() if name in PARAMETERS
    }


def passive_of(finding: Row) -> bool | None:
    """Whether the finding wants its connection passive; None: it asks nothing of that."""
    wanted = changes_of(finding).get("passive")
    asks = finding["action"] == "recreate-connection" and finding["subject_kind"] == "connection"
    return wanted == "true" if asks and wanted is not None else None


def changes_of(finding: Row) -> dict[str, str]:
    """The `changes` of a finding without those that name no value."""
    changes: Any = finding["changes"]
    if not isinstance(changes, dict):
        return {}
    return {str(name): str(value) for name, value in changes.items() if value is not None}


def list_of(index: EstateIndex, finding: Row) -> Key | None:
    """The access list that a finding asks to be changed; None: it asks for no such thing, or the list cannot be
    changed.
    """
    source, subject = subject_of(finding)
    if finding["action"] in ON_LISTS:
        acl = subject
    elif finding["action"] in ON_RULES:
        acl = str(index.acl_rules.get((source, subject), {}).get("acl_id"))
    elif finding["action"] == "create-acl-rule":
        acl = next((str(cell["value"]) for cell in finding["evidence"] or [] if cell["column"] == "acl_id"), "")
        if not can_change(index, (source, acl)):
            return None
    else:
        return None
    return (source, acl) if (source, acl) in index.acl_lists else None


def can_change(index: EstateIndex, key: Key) -> bool:
    """Whether rules can be added to it: a default list, and one for all VPCs, cannot be changed."""
    acl = index.acl_lists.get(key)
    return acl is not None and acl["name"] not in _DEFAULT_LISTS and acl["vpc_id"] is not None


def _updates(finding: Row) -> bool:
    """An update of the customer gateway mends it; a new peer address does so too, between deleting and creating its
    connections.
    """
    recreates = finding["action"] == "recreate-connection" and (
        finding["subject_kind"] == "customer gateway" or bool(set(changes_of(finding)) & set(PARAMETERS))
    )
    return finding["action"] == "update-customer-gateway" or recreates
