"""Reads all that one source shows to its key: who am I, what may I ask, then every list at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.commands import COMMANDS, CUSTOMER_GATEWAY_SETTINGS, EVENT_DAYS, EVENTS, SETTINGS, Command
from vpnaudit.cloudstack.foreign_answers import DatabaseLost, UnfitEndpoint
from vpnaudit.cloudstack.gaps import Gaps
from vpnaudit.cloudstack.paging import Listing, read_list
from vpnaudit.cloudstack.replies import UnknownCommand
from vpnaudit.cloudstack.rows import merged_tiers, to_rows
from vpnaudit.cloudstack.visibility import Pass, Viewer, passes, passes_instead_of, role_type
from vpnaudit.errors import CloudStackError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vpnaudit.cloudstack.client import Client

Row = dict[str, Any]

_UNAUTHORIZED = 401
_LONGEST_THROTTLE = 10**9
_SCOPE_REFUSED = frozenset({431, 432, 531})


@dataclass(frozen=True)
class SourceTables:
    """What one source gave: rows by table, `sources`, `gaps` and `requests` among them. `failure`: it could not be read
    at all.
    """

    rows: dict[str, list[Row]]
    failure: CloudStackError | None = None


@dataclass
class _Answer:
    """One list under one pass. A pass that was replaced by others has neither listing nor error."""

    command: Command
    params: Pass
    listing: Listing = field(default_factory=Listing)
    error: CloudStackError | None = None


async def read_source(
    client: Client, collected_utc: datetime, on_progress: Callable[[str], None] | None = None
) -> SourceTables:
    """Read one source. What fails becomes a gap; no `CloudStackError` is raised."""
    profile = client.profile
    introduction = await _introduce(client)
    gaps = Gaps(profile, introduction.viewer)
    row: Row = {"source": profile.name, "endpoint": profile.endpoint, "collected_utc": collected_utc}
    if introduction.failure is not None:
        gaps.unreached(introduction.failure)
        return SourceTables({"sources": [row], "gaps": gaps.rows, "requests": _requests(client)}, introduction.failure)
    _pace(client, introduction)
    answers = await _read_all(client, introduction, gaps, collected_utc, on_progress)
    objects = _merge(answers, gaps)
    gaps.odd(client.oddities)
    if not introduction.sees_settings(objects["settings"]):
        gaps.only_for_root(COMMANDS["listConfigurations"])
    gaps.dangling(objects)
    gaps.unnamed(objects)
    viewer = introduction.viewer
    row |= {
        "cloudstack_version": viewer.version,
        "account": viewer.account,
        "role": viewer.role,
        "role_type": viewer.role_type,
    }
    rows = {table: to_rows(table, profile.name, things) for table, things in objects.items()}
    return SourceTables({**rows, "sources": [row], "gaps": gaps.rows, "requests": _requests(client)})


def _requests(client: Client) -> list[Row]:
    return [{"source": client.profile.name, **row} for row in client.requests]


@dataclass(frozen=True)
class _Introduction:
    """What the first calls brought."""

    viewer: Viewer
    answers_by_command: dict[str, _Answer] = field(default_factory=dict)
    failure: CloudStackError | None = None

    @property
    def capabilities(self) -> Row:
        """What listCapabilities says; empty where it says nothing."""
        answer = self.answers_by_command.get("listCapabilities")
        return answer.listing.rows[0] if answer and answer.listing.rows else {}

    def sees_settings(self, settings: list[Row]) -> bool:
        """Whether the settings of the whole cloud were among what was shown, or were never to be had and are a gap
        already.
        """
        may_ask = self.viewer.may(COMMANDS["listConfigurations"])
        return not may_ask or self.viewer.role_type == "Admin" or any(row.get("name") in SETTINGS for row in settings)


async def _introduce(client: Client) -> _Introduction:
    """Ask what may be asked, then the rest of it."""
    apis = await _ask(client, COMMANDS["listApis"], {})
    if apis.error is not None and _is_final(apis.error):
        return _Introduction(Viewer(), failure=apis.error)
    names = frozenset(str(api.get("name")) for api in apis.listing.rows)
    # Of a list that is not whole nobody can say what it leaves out: everything is asked.
    stranger = Viewer(allowed=None if apis.error or apis.listing.holes or not names else names)
    commands = (COMMANDS["listCapabilities"], COMMANDS["listAccounts"], COMMANDS["listProjects"])
    questions = [
        (command, passes(command, stranger)[0] if command.name == "listProjects" else {}) for command in commands
    ]
    answers = await asyncio.gather(
        *(_ask(client, command, scope) for command, scope in questions if stranger.may(command))
    )
    if apis.error is not None and all(answer.error is not None for answer in answers):
        return _Introduction(stranger, failure=apis.error)
    answers_by_command = {answer.command.name: answer for answer in answers}
    return _Introduction(_viewer(stranger, answers_by_command), answers_by_command)


def _viewer(stranger: Viewer, answers_by_command: dict[str, _Answer]) -> Viewer:
    no_answer = _Answer(COMMANDS["listApis"], {})
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
        projects=tuple(sorted(str(row["id"]) for row in projects.listing.rows if "id" in row))
        if projects and projects_complete
        else None,
    )


def _is_final(error: CloudStackError) -> bool:
    """Whether the first answer of a source already says that there will be no other."""
    return isinstance(error, Unreachable | UnfitEndpoint | DatabaseLost) or (
        error.status == _UNAUTHORIZED and not isinstance(error, UnknownCommand)
    )


async def _ask(client: Client, command: Command, params: Pass) -> _Answer:
    try:
        return _Answer(command, params, await read_list(client, command, params))
    except CloudStackError as error:
        return _Answer(command, params, error=error)


def _pace(client: Client, introduction: _Introduction) -> None:
    """Keep to the throttle that the server announces; accounts of type Admin are exempt from it."""
    interval, max_requests = (
        introduction.capabilities.get("apilimitinterval"),
        introduction.capabilities.get("apilimitmax"),
    )
    if (
        isinstance(interval, int)
        and isinstance(max_requests, int)
        and 0 < interval < _LONGEST_THROTTLE
        and 0 < max_requests < _LONGEST_THROTTLE
        and introduction.viewer.role_type != "Admin"
    ):
        client.pace(float(interval), max_requests)


async def _read_all(
    client: Client,
    introduction: _Introduction,
    gaps: Gaps,
    collected_utc: datetime,
    on_progress: Callable[[str], None] | None,
) -> list[_Answer]:
    questions: list[tuple[Command, Pass]] = []
    for command in COMMANDS.values():
        if command.name == "listApis":
            continue
        if not introduction.viewer.may(command):
            gaps.not_asked(command)
            continue
        if command.name in ("listCapabilities", "listProjects"):
            continue  # asked already
        questions += [
            (command, {**scope, **more})
            for scope in passes(command, introduction.viewer)
            for more in _variants(command, collected_utc)
        ]
    lists_read = 0

    async def ask_counted(command: Command, params: Pass) -> list[_Answer]:
        nonlocal lists_read
        answers = await _with_fallback(client, introduction.viewer, command, params)
        lists_read += 1
        if on_progress is not None:
            on_progress(f"{client.profile.name}: {lists_read} of {len(questions)} lists read ({command.name})")
        return answers

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask_counted(command, params)) for command, params in questions]
    early_answers = [
        introduction.answers_by_command[name]
        for name in ("listCapabilities", "listProjects")
        if name in introduction.answers_by_command
    ]
    return [*early_answers, *(answer for task in tasks for answer in task.result())]


def _variants(command: Command, collected_utc: datetime) -> list[Pass]:
    """Calls that are asked for several names, one at a time."""
    if command.name == "listConfigurations":
        return [{"name": name} for name in (*SETTINGS, CUSTOMER_GATEWAY_SETTINGS)]
    if command.name == "listEvents":
        since = f"{collected_utc - timedelta(days=EVENT_DAYS):%Y-%m-%d}"
        return [{"type": kind, "startdate": since} for kind in EVENTS]
    return [{}]


async def _with_fallback(client: Client, viewer: Viewer, command: Command, params: Pass) -> list[_Answer]:
    answer = await _ask(client, command, params)
    scope = {name: value for name, value in params.items() if name in ("listall", "isrecursive", "projectid")}
    refused = answer.error is not None and answer.error.status in _SCOPE_REFUSED
    replacing_passes = passes_instead_of(scope, viewer) if refused else None
    if replacing_passes is None:
        return [answer]
    filters = {name: value for name, value in params.items() if name not in scope}
    replacing_answers = [await _ask(client, command, {**replacing, **filters}) for replacing in replacing_passes]
    return [answer] if all(replacing.error is not None for replacing in replacing_answers) else replacing_answers


def _merge(answers: list[_Answer], gaps: Gaps) -> dict[str, list[Row]]:
    """Objects by table, each once, in the order of the ids."""
    objects_by_id: dict[str, dict[str, Row]] = {
        command.table: {} for command in COMMANDS.values() if command.table and command.table != "sources"
    }
    for answer in answers:
        table = answer.command.table
        if table == "sources":
            continue
        for thing in answer.listing.rows:
            if table != "settings" or _is_wanted(thing):
                objects_by_id[table].setdefault(str(thing.get("name" if table == "settings" else "id")), thing)
    objects = {table: [things[key] for key in sorted(things)] for table, things in objects_by_id.items()}
    tiers = merged_tiers(objects["tiers"], objects["vpcs"])
    objects["tiers"] = sorted(tiers, key=lambda tier: str(tier.get("id")))
    _note_gaps(answers, objects, gaps)
    objects["events"] = [event for event in objects["events"] if event.get("type") in EVENTS]
    return objects


def _note_gaps(answers: list[_Answer], objects: dict[str, list[Row]], gaps: Gaps) -> None:
    """Every list that failed, and every object that was missed in one pass and came in no other."""
    for answer in answers:
        collected_ids = (
            {thing.get("id") for thing in objects.get(answer.command.table, [])} if answer.listing.holes else set()
        )
        for hole in answer.listing.holes:
            if hole.subject_id is None or hole.subject_id not in collected_ids:
                gaps.failed(answer.command, answer.params, hole.error, hole.subject_id)
        if answer.error is not None:
            gaps.failed(answer.command, answer.params, answer.error)


def _is_wanted(setting: Row) -> bool:
    """The server searches names by part: what was not asked for by its whole name is not kept."""
    name = str(setting.get("name"))
    return name in SETTINGS or name.startswith(CUSTOMER_GATEWAY_SETTINGS)
