"""What each open finding asks of a customer gateway or of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.plan.wanted import CHOOSE, KEY, PARAMETERS
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import EstateIndex, Key, Row


def subject_of(finding: Row) -> Key:
    """Source and id of what the finding is about."""
    return str(finding["source"]), str(finding["subject_id"])


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


def _updates(finding: Row) -> bool:
    """An update of the customer gateway mends it; a new peer address does so too, between deleting and creating its
    connections.
    """
    recreates = finding["action"] == "recreate-connection" and (
        finding["subject_kind"] == "customer gateway" or bool(set(changes_of(finding)) & set(PARAMETERS))
    )
    return finding["action"] == "update-customer-gateway" or recreates
