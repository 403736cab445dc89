"""What could not be collected becomes rows of the table `gaps`: who was asked what, what came back, and whether that
was to be expected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.client import pass_text
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.links import LINKS, NAME_LINKS, ROOT_LINKS
from vpnaudit.cloudstack.paging import breaks_text, is_one_object
from vpnaudit.cloudstack.replies import UnknownCommand, UnreadableReply
from vpnaudit.estate.gap_places import NO_PROJECT_NAMED, PROJECT_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vpnaudit.cloudstack.cells import Oddity
    from vpnaudit.cloudstack.commands import Command
    from vpnaudit.cloudstack.profiles import Profile
    from vpnaudit.cloudstack.visibility import Viewer
    from vpnaudit.errors import CloudStackError

Row = dict[str, Any]

# 401: unknown command or bad signature; 432: not for this role; 531: not this object.
_NOT_PERMITTED = frozenset({401, 432, 531})
_ROOT_ONLY = "Only ROOT admins"
_MOST_ALIKE = 20
_NO_ROW = "an object came in a form of which no row can be made"


@dataclass
class Gaps:
    """The gaps of one source, each once."""

    profile: Profile
    viewer: Viewer
    rows: list[Row] = field(default_factory=list)
    _parts: set[tuple[str | None, ...]] = field(default_factory=set, repr=False)

    def not_asked(self, command: Command) -> None:
        """The role of the key has no such call, says listApis, or is known to be refused."""
        text = f"the role of this key may not call {command.name}: it was not asked"
        self._add(command.table, command.name, {}, "not-permitted", text)

    def without_settings(self, command: Command) -> None:
        """No setting of the whole cloud was shown: the call leaves them out for most roles without a word."""
        reason, text = "not-permitted", "the settings of the whole cloud are shown to administrators alone"
        if self.viewer.role_type == "Admin":
            reason, text = "not-collected", "no setting of the whole cloud was shown, and every version has some"
        self._add(command.table, command.name, {}, reason, text)

    def failed(
        self,
        command: Command,
        params: Mapping[str, str],
        error: CloudStackError,
        subject_id: str | None = None,
        *,
        rows_where: str | None = None,
    ) -> None:
        """A call, or one object of its list, for which no usable answer came.

        An event whose text breaks its reply is expected: as long as the object that it is about has that text too, the
        object's own list is what lacks something, and once it is gone there is nothing left to be done.
        """
        permitted = error.status not in _NOT_PERMITTED and _ROOT_ONLY not in error.text
        reason = (
            "not-in-this-version"
            if isinstance(error, UnknownCommand)
            else "not-collected"
            if permitted
            else "not-permitted"
        )
        self._add(
            command.table,
            command.name,
            params,
            reason,
            _advice(command, error, rows_where),
            error=error,
            subject_id=subject_id,
            rows_where=rows_where,
            expected=command.table == "events" and breaks_text(error),
        )

    def unreached(self, error: CloudStackError) -> None:
        """The source did not answer at all, or refused the key: every table lacks its rows."""
        for command in COMMANDS.values():
            if command.table:
                self._add(
                    command.table, error.command, {}, "not-collected", f"source not read: {error.text}", error=error
                )

    def unnamed(self, objects: Mapping[str, list[Row]]) -> None:
        """Objects that rows name by an address or by name and owner, and that their table, seemingly whole, lacks."""
        for table, fields, target, target_fields in NAME_LINKS:
            if target in self._holed():
                continue
            names = {tuple(thing.get(name) for name in target_fields) for thing in objects.get(target, [])}
            # What a project owns names an account that the server made for it, and lists nowhere.
            rows = [thing for thing in objects.get(table, []) if not thing.get("projectid")]
            missing = {tuple(thing[name] for name in fields) for thing in rows if all(map(thing.get, fields))} - names
            if missing:
                command = next(command for command in COMMANDS.values() if command.table == target)
                text = f"rows of {table} name {len(missing)} of them that {command.name} did not show to this key"
                self._add(target, command.name, {}, "not-collected", text)

    def odd(self, oddities: Iterable[Oddity]) -> None:
        """Cells and rows that replies hold in a form in which they mean nothing; many alike are one gap."""
        ids_by_kind: dict[tuple[str, str, tuple[str, ...]], list[str | None]] = {}
        for oddity in dict.fromkeys(oddities):
            kind = (oddity.table, oddity.command, oddity.column_names)
            ids_by_kind.setdefault(kind, []).append(oddity.subject_id)
        for (table, command, columns), subject_ids in ids_by_kind.items():
            text = f"{command} sent no value that {', '.join(columns)} can have" if columns else _NO_ROW
            many = len(subject_ids) > _MOST_ALIKE
            for subject_id in [None] if many else subject_ids:
                words = f"{len(subject_ids)} objects: {text}" if many else text
                self._add(table, command, {}, "unknown-value", words, subject_id=subject_id, column_names=columns)

    def dangling(self, objects: Mapping[str, list[Row]]) -> None:
        """Ids that lead to an object which is not there, where its table seems whole."""
        holed, links = self._holed(), (*LINKS, *(ROOT_LINKS if self.viewer.role_type == "Admin" else ()))
        of_holed_projects = self._of_holed_projects(objects)
        for table, name, target in links:
            if target in holed:
                continue
            collected_ids = {thing.get("id") for thing in objects.get(target, [])}
            named_ids = {str(thing[name]) for thing in objects.get(table, []) if thing.get(name)}
            for missing_id in sorted(named_ids - collected_ids - of_holed_projects):
                command = next(command for command in COMMANDS.values() if command.table == target)
                text = f"a row of {table} names it, and {command.name} did not show it to this key"
                # A size can be deleted while routers have it; nobody is left without any.
                is_deleted_size = target == "service_offerings" and bool(collected_ids)
                self._add(
                    target, command.name, {}, "not-collected", text, subject_id=missing_id, expected=is_deleted_size
                )

    def uncounted(self, objects: Mapping[str, list[Row]]) -> None:
        """VPCs that the server counts in a domain admin's domain and did not show: those of a project in a sub-domain
        that no row names, with all that hangs on them.
        """
        if self.viewer.role_type != "DomainAdmin":
            return
        domain = next((row for row in objects.get("domains", []) if row.get("id") == self.viewer.domain_id), {})
        total, shown = domain.get("vpctotal"), len(objects.get("vpcs", []))
        if not isinstance(total, int) or total <= shown or any(row["table"] == "vpcs" for row in self.rows):
            return
        text = (
            f"listDomains counts {total} VPCs in the domain of this key and below, and {shown} were shown: projects of"
            " sub-domains that have no tier are not. Make the account of the key a member of them, or use a read-only"
            " administrator's key"
        )
        for command in COMMANDS.values():
            if command.scope == "owned" and self.viewer.may(command):
                where = f"{PROJECT_ID}{NO_PROJECT_NAMED}"
                self._add(command.table, command.name, {}, "not-collected", text, rows_where=where)

    def _holed(self) -> set[str]:
        """Tables of which it is known already that an unknown number of rows is missing."""
        parts = ("subject_id", "rows_where", "column_names")
        return {row["table"] for row in self.rows if all(row[part] is None for part in parts)}

    def _of_holed_projects(self, objects: Mapping[str, list[Row]]) -> set[str]:
        """The ids that a project's rows name in tables of which that project's rows are known to be missing already."""
        holes = {(row["table"], row["rows_where"]) for row in self.rows if row["rows_where"]}
        return {
            str(thing[name])
            for table, name, target in LINKS
            for thing in objects.get(table, [])
            if thing.get(name) and (target, f"{PROJECT_ID}{thing.get('projectid')}") in holes
        }

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
        rows_where: str | None = None,
        column_names: tuple[str, ...] = (),
        expected: bool = False,
    ) -> None:
        columns = ",".join(column_names) or None
        part = (table, subject_id, rows_where, columns)
        if (subject_id or rows_where) and part in self._parts:
            return
        self._parts.add(part)
        expected = (
            expected
            or table in self.profile.expected_gaps
            or (reason == "not-permitted" and self.viewer.never_sees(table))
        )
        self.rows.append(
            {
                "source": self.profile.name,
                "table": table,
                "command": command,
                "pass": pass_text(params),
                "subject_id": subject_id,
                "rows_where": rows_where,
                "reason": reason,
                "status": error.status if error else None,
                "code": error.code if error else None,
                "text": text,
                "expected": expected,
                "column_names": columns,
            }
        )


def _advice(command: Command, error: CloudStackError, rows_where: str | None) -> str:
    """The server's words, and what to do where one object is what it stumbles over."""
    if not is_one_object(error):
        return error.text
    place = (
        f" in the access list {rows_where.removeprefix('acl_id=')}"
        if command.table == "acl_rules" and rows_where
        else ""
    )
    if command.table == "events" and breaks_text(error):
        return (
            "the description of one event cannot be sent: it repeats a name with a backslash, u and four digits. It"
            f" goes with the event's age; archiveEvents takes it off the list at once ({error.text})"
        )
    if isinstance(error, UnreadableReply):
        return (
            f"one object{place} makes the reply that holds it invalid JSON; its name or description probably has a"
            f" backslash followed by u and four digits: ask its owner to rename it ({error.text})"
        )
    if breaks_text(error):
        return (
            f"one object{place} has a name or description that the server cannot send: it probably has a backslash"
            f" followed by u0024 or u005c: ask its owner to rename it ({error.text})"
        )
    if command.table == "acl_rules":
        return (
            f"one access rule{place} ends the call inside the server; it probably lacks its direction or another value,"
            " as after updateNetworkACLItem with partialupgrade=false: set all its values again, or delete it"
            f" ({error.text})"
        )
    return (
        "one object ends the call inside the server, which probably meets a value that is missing: the trace in"
        f" management-server.log says which ({error.text})"
    )
