"""The first calls to a source: as whom is asked, what may be asked, and how fast."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.answers import Answer, ask
from vpnaudit.cloudstack.commands import COMMANDS, SETTINGS
from vpnaudit.cloudstack.foreign_answers import DatabaseLost, UnfitEndpoint
from vpnaudit.cloudstack.replies import UnknownCommand
from vpnaudit.cloudstack.visibility import Viewer, passes, role_type
from vpnaudit.errors import CloudStackError, Unreachable

if TYPE_CHECKING:
    from vpnaudit.cloudstack.client import Client

Row = dict[str, Any]

_UNAUTHORIZED = 401
_LONGEST_THROTTLE = 10**9


@dataclass(frozen=True)
class Introduction:
    """What the first calls brought. `failure`: the source says nothing at all."""

    viewer: Viewer
    answers_by_command: dict[str, Answer] = field(default_factory=dict)
    failure: CloudStackError | None = None

    @property
    def capabilities(self) -> Row:
        """What listCapabilities says; empty where it says nothing."""
        answer = self.answers_by_command.get("listCapabilities")
        return answer.listing.rows[0] if answer and answer.listing.rows else {}

    @property
    def throttle(self) -> tuple[float, int] | None:
        """Seconds, and requests that are let through in them; None where no throttle holds: accounts of type Admin are
        exempt.
        """
        interval, most = (self.capabilities.get(name) for name in ("apilimitinterval", "apilimitmax"))
        if (
            isinstance(interval, int)
            and isinstance(most, int)
            and 0 < interval < _LONGEST_THROTTLE
            and 0 < most < _LONGEST_THROTTLE
        ):
            return None if self.viewer.role_type == "Admin" else (float(interval), most)
        return None

    def sees_settings(self, settings: list[Row]) -> bool:
        """Whether the settings of the whole cloud were among what was shown, or were never to be had and are a gap
        already.
        """
        may_ask = self.viewer.may(COMMANDS["listConfigurations"])
        return not may_ask or any(row.get("name") in SETTINGS for row in settings)


async def introduce(client: Client) -> Introduction:
    """Ask what may be asked, then the rest of it."""
    apis = await ask(client, COMMANDS["listApis"], {})
    if apis.error is not None and _is_final(apis.error):
        return Introduction(Viewer(), failure=apis.error)
    names = frozenset(str(api.get("name")) for api in apis.listing.rows)
    # Of a list that is not whole nobody can say what it leaves out: everything is asked.
    stranger = Viewer(allowed=None if apis.error or apis.listing.holes or not names else names)
    commands = (COMMANDS["listCapabilities"], COMMANDS["listAccounts"], COMMANDS["listProjects"])
    questions = [
        (command, passes(command, stranger)[0] if command.name == "listProjects" else {}) for command in commands
    ]
    answers = await asyncio.gather(
        *(ask(client, command, scope) for command, scope in questions if stranger.may(command))
    )
    if apis.error is not None and all(answer.error is not None for answer in answers):
        return Introduction(stranger, failure=apis.error)
    answers_by_command = {answer.command.name: answer for answer in answers}
    return Introduction(_viewer(stranger, answers_by_command), answers_by_command)


def _viewer(stranger: Viewer, answers_by_command: dict[str, Answer]) -> Viewer:
    no_answer = Answer(COMMANDS["listApis"], {})
    capabilities, accounts = (
        answers_by_command.get(name, no_answer).listing.rows for name in ("listCapabilities", "listAccounts")
    )
    projects = answers_by_command.get("listProjects")
    projects_complete = projects is not None and projects.error is None and not projects.listing.holes
    version = capabilities[0].get("cloudstackversion") if capabilities else None
    account: Row = accounts[0] if len(accounts) == 1 else {}
    return replace(
        stranger,
        account=account.get("name"),
        role=account.get("rolename"),
        role_type=role_type(account),
        version=str(version) if version else None,
        domain_id=account.get("domainid"),
        projects=tuple(sorted(str(row["id"]) for row in projects.listing.rows if "id" in row))
        if projects and projects_complete
        else None,
    )


def _is_final(error: CloudStackError) -> bool:
    """Whether the first answer of a source already says that there will be no other."""
    return isinstance(error, Unreachable | UnfitEndpoint | DatabaseLost) or (
        error.status == _UNAUTHORIZED and not isinstance(error, UnknownCommand)
    )
