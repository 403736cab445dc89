"""One list under one pass: its objects and what is missing among them, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vpnaudit.cloudstack.paging import Listing, read_list
from vpnaudit.cloudstack.visibility import EVERYTHING, SCOPE, Pass, Viewer, passes_instead_of
from vpnaudit.errors import CloudStackError

if TYPE_CHECKING:
    from vpnaudit.cloudstack.client import Client
    from vpnaudit.cloudstack.commands import Command

_FILTERS = (("aclid", "acl_id"), ("projectid", "project_id"), ("type", "type"))
_SCOPE_REFUSED = frozenset({431, 432, 531})


@dataclass
class Answer:
    """One list under one pass. A list that was read object by object can have both rows and an error."""

    command: Command
    params: Pass
    listing: Listing = field(default_factory=Listing)
    error: CloudStackError | None = None

    @property
    def rows_where(self) -> str | None:
        """The `column=value` of the table that all rows of this answer have, where its parameters say so."""
        return next(
            (
                f"{column}={self.params[name]}"
                for name, column in _FILTERS
                if name in self.params and (name, self.params[name]) not in EVERYTHING.items()
            ),
            None,
        )


async def ask(client: Client, command: Command, params: Pass) -> Answer:
    """Ask for one list; a failure is part of the answer."""
    try:
        return Answer(command, params, await read_list(client, command, params))
    except CloudStackError as error:
        return Answer(command, params, error=error)


async def ask_with_fallback(client: Client, viewer: Viewer, command: Command, params: Pass) -> list[Answer]:
    """Ask for one list, and where the server refuses the wide pass, by the passes that show the same."""
    answer = await ask(client, command, params)
    scope = {name: value for name, value in params.items() if name in SCOPE}
    refused = answer.error is not None and answer.error.status in _SCOPE_REFUSED
    replacing_passes = passes_instead_of(scope, viewer) if refused else None
    if replacing_passes is None:
        return [answer]
    filters = {name: value for name, value in params.items() if name not in scope}
    replacing_answers = [await ask(client, command, {**replacing, **filters}) for replacing in replacing_passes]
    return [answer] if all(replacing.error is not None for replacing in replacing_answers) else replacing_answers
