"""What could not be collected becomes rows of the table `gaps`: who was asked what, what came back, and whether that
was to be expected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.client import pass_text
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.replies import UnknownCommand, UnreadableReply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.cloudstack.commands import Command
    from vpnaudit.cloudstack.profiles import Profile
    from vpnaudit.cloudstack.visibility import Viewer
    from vpnaudit.errors import CloudStackError

Row = dict[str, Any]

# 401: unknown command or bad signature; 432: not for this role; 531: not this object.
_NOT_PERMITTED = frozenset({401, 432, 531})
_ROOT_ONLY = "Only ROOT admins"

LINKS = (
    ("connections", "s2svpngatewayid", "vpn_gateways"),
    ("connections", "s2scustomergatewayid", "customer_gateways"),
    ("vpn_gateways", "vpcid", "vpcs"),
    ("tiers", "vpcid", "vpcs"),
    ("tiers", "aclid", "acl_lists"),
    ("private_gateways", "vpcid", "vpcs"),
    ("private_gateways", "aclid", "acl_lists"),
    ("acl_rules", "aclid", "acl_lists"),
)
"""Which field of which table names an object of which table. An id that leads nowhere is something not collected, never
a finding.
"""


@dataclass
class Gaps:
    """The gaps of one source, each once."""

    profile: Profile
    viewer: Viewer
    rows: list[Row] = field(default_factory=list)

    def not_asked(self, command: Command) -> None:
        """The role of the key has no such call, says listApis, or is known to be refused."""
        text = f"the role of this key may not call {command.name}: it was not asked"
        self._add(command.table, command.name, {}, "not-permitted", text)

    def only_for_root(self, command: Command) -> None:
        """What a call leaves out for this role without a word."""
        self._add(
            command.table,
            command.name,
            {},
            "not-permitted",
            "the settings of the whole cloud are shown to administrators alone",
        )

    def failed(
        self, command: Command, params: Mapping[str, str], error: CloudStackError, subject_id: str | None = None
    ) -> None:
        """A call, or one object of its list, for which no usable answer came."""
        permitted = error.status not in _NOT_PERMITTED and _ROOT_ONLY not in error.text
        text = error.text
        if isinstance(error, UnreadableReply):
            text = (
                "one object makes the reply that holds it invalid JSON; its name or description probably has a"
                f" backslash followed by u and four digits: ask its owner to rename it ({text})"
            )
        reason = (
            "not-in-this-version"
            if isinstance(error, UnknownCommand)
            else "not-collected"
            if permitted
            else "not-permitted"
        )
        self._add(command.table, command.name, params, reason, text, error=error, subject_id=subject_id)

    def unreached(self, error: CloudStackError) -> None:
        """The source did not answer at all, or refused the key: every table lacks its rows."""
        for command in COMMANDS.values():
            if command.table:
                self._add(
                    command.table, error.command, {}, "not-collected", f"source not read: {error.text}", error=error
                )

    def dangling(self, objects: Mapping[str, list[Row]]) -> None:
        """Ids that lead to an object which is not there, where its table seems whole."""
        holed = {row["table"] for row in self.rows if row["subject_id"] is None}
        for table, name, target in LINKS:
            if target in holed:
                continue
            collected_ids = {thing.get("id") for thing in objects.get(target, [])}
            for missing_id in sorted(
                {str(thing[name]) for thing in objects.get(table, []) if thing.get(name)} - collected_ids
            ):
                command = next(command for command in COMMANDS.values() if command.table == target)
                text = f"a row of {table} names it, and {command.name} did not show it to this key"
                self._add(target, command.name, {}, "not-collected", text, subject_id=missing_id)

    def _add(
        self,
        table: str,
        command: str,
        params: Mapping[str, str],
        reason: str,
        text: str,
        *,
        error: CloudStackError | None = None,
        subject_id: str | None = None,
    ) -> None:
        if subject_id and any(row["table"] == table and row["subject_id"] == subject_id for row in self.rows):
            return
        expected = table in self.profile.expected_gaps or (reason == "not-permitted" and self.viewer.never_sees(table))
        self.rows.append(
            {
                "source": self.profile.name,
                "table": table,
                "command": command,
                "pass": pass_text(params),
                "subject_id": subject_id,
                "reason": reason,
                "status": error.status if error else None,
                "code": error.code if error else None,
                "text": text,
                "expected": expected,
            }
        )
