"""What would mend a finding, as rules name it and `plan/` turns it into commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, get_args

from vpnaudit.errors import RuleError
from vpnaudit.findings.wording import words_by_condition

if TYPE_CHECKING:
    import pandas as pd

Action = Literal[
    "update-customer-gateway",
    "recreate-connection",
    "reset-connection",
    "delete-customer-gateway",
    "delete-vpn-gateway",
    "delete-connection",
    "create-connection-back",
    "replace-acl",
    "rewrite-acl",
    "update-acl-rule",
    "delete-acl-rule",
    "create-acl-rule",
    "reapply-acl",
    "change-setting",
    "upgrade",
    "clamp-mss",
    "",
]
"""Empty: no single command does it."""

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)


def check_actions(action: Action | pd.Series[Any]) -> None:
    """Raise `RuleError` where one of the values is no `Action`; missing is a row without one."""
    values = {action} if isinstance(action, str) else set(action.dropna())
    unknown = sorted(values - set(ACTIONS))
    if unknown:
        raise RuleError(
            f"No action is named {', '.join(map(repr, unknown))}. vpnaudit/findings/actions.py lists all; plan/ turns"
            " each into commands."
        )


class Update(TypedDict):
    """Arguments of `vpnaudit.findings.verdicts`: an update of the customer gateway."""

    action: pd.Series[Any]
    changes: pd.Series[Any]


def update_with(changes: pd.Series[Any]) -> Update:
    """The update that makes these changes, dicts; where one is missing no command does it."""
    return {
        "action": words_by_condition(changes.index, [(changes.notna(), "update-customer-gateway")], ""),
        "changes": changes,
    }
