"""Reads all that one source shows to its key: who am I, what may I ask, then every list at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.commands import COMMANDS, CUSTOMER_GATEWAY_SETTINGS, EVENT_DAYS, EVENTS, SETTINGS, Command
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
_SCOPE_REFUSED = frozenset({431, 432, 531})


@dataclass(frozen=True)
class Read:
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


async def read_source(client: Client, began: datetime, on_progress: Callable[[str], None] | None = None) -> Read:
    """Read one source. What fails becomes a gap; no `CloudStackError` is raised."""
    profile = client.profile
    seen = await _introduce(client)
    gaps = Gaps(profile, seen.viewer)
    row: Row = {"source": profile.name, "endpoint": profile.endpoint, "collected_utc": began}
    if seen.failure is not None:
        gaps.unreached(seen.failure)
        return Read({"sources": [row], "gaps": gaps.rows, "requests": _requests(client)}, seen.failure)
    _pace(client, seen)
    answers = await _read_all(client, seen, gaps, began, on_progress)
    objects = _merge(answers, gaps)
    if not seen.sees_settings(objects["settings"]):
        gaps.only_for_root(COMMANDS["listConfigurations"])
    gaps.dangling(objects)
    viewer = seen.viewer
    row |= {
        "cloudstack_version": viewer.version,
        "account": viewer.account,
        "role": viewer.role,
        "role_type": viewer.role_type,
    }
    rows = {table: to_rows(table, profile.name, things) for table, things in objects.items()}
    return Read({**rows, "sources": [row], "gaps": gaps.rows, "requests": _requests(client)})


def _requests(client: Client) -> list[Row]:
    return [{"source": client.profile.name, **row} for row in client.requests]


@dataclass(frozen=True)
class _Introduction:
    """What the first calls told."""

    viewer: Viewer
    told: dict[str, _Answer] = field(default_factory=dict)
    failure: CloudStackError | None = None

    @property
    def capabilities(self) -> Row:
        """What listCapabilities says; empty where it says nothing."""
        answer = self.told.get("listCapabilities")
        return answer.listing.rows[0] if answer and answer.listing.rows else {}

    def sees_settings(self, found: list[Row]) -> bool:
        """Whether the settings of the whole cloud were among what was shown, or were never to be had and are a gap
        already.
        """
        asked = self.viewer.may(COMMANDS["listConfigurations"])
        return not asked or self.viewer.role_type == "Admin" or any(row.get("name") in SETTINGS for row in found)


async def _introduce(client: Client) -> _Introduction:
    """Ask what may be asked, then the rest of it."""
    apis = await _one(client, COMMANDS["listApis"], {})
    if apis.error is not None and _is_final(apis.error):
        return _Introduction(Viewer(), failure=apis.error)
    stranger = Viewer(allowed=None if apis.error else frozenset(str(api.get("name")) for api in apis.listing.rows))
    first = (COMMANDS["listCapabilities"], COMMANDS["listAccounts"], COMMANDS["listProjects"])
    asked = [(command, passes(command, stranger)[0] if command.name == "listProjects" else {}) for command in first]
    answers = await asyncio.gather(*(_one(client, command, scope) for command, scope in asked if stranger.may(command)))
    if apis.error is not None and all(answer.error is not None for answer in answers):
        return _Introduction(stranger, failure=apis.error)
    told = {answer.command.name: answer for answer in answers}
    return _Introduction(_viewer(stranger, told), told)


def _viewer(stranger: Viewer, told: dict[str, _Answer]) -> Viewer:
    nobody = _Answer(COMMANDS["listApis"], {})
    capabilities, own = (told.get(name, nobody).listing.rows for name in ("listCapabilities", "listAccounts"))
    projects = told.get("listProjects")
    whole = projects is not None and projects.error is None and not projects.listing.holes
    version = capabilities[0].get("cloudstackversion") if capabilities else None
    account: Row = own[0] if len(own) == 1 else {}
    return replace(
        stranger,
        account=account.get("name"),
        role=account.get("rolename"),
        role_type=role_type(account),
        version=str(version) if version else None,
        projects=tuple(sorted(str(row["id"]) for row in projects.listing.rows if "id" in row))
        if projects and whole
        else None,
    )


def _is_final(error: CloudStackError) -> bool:
    """Whether the first answer of a source already says that there will be no other."""
    return isinstance(error, Unreachable) or (error.status == _UNAUTHORIZED and not isinstance(error, UnknownCommand))


async def _one(client: Client, command: Command, params: Pass) -> _Answer:
    try:
        if command.name == "listCapabilities":
            capability = (await client.ask(command, params)).body.get("capability")
            return _Answer(command, params, Listing([capability] if isinstance(capability, dict) else []))
        return _Answer(command, params, await read_list(client, command, params))
    except CloudStackError as error:
        return _Answer(command, params, error=error)


def _pace(client: Client, seen: _Introduction) -> None:
    """Keep to the throttle that the server announces; accounts of type Admin are exempt from it."""
    interval, most = seen.capabilities.get("apilimitinterval"), seen.capabilities.get("apilimitmax")
    if (
        isinstance(interval, int)
        and isinstance(most, int)
        and interval > 0
        and most > 0
        and seen.viewer.role_type != "Admin"
    ):
        client.pace(float(interval), most)


async def _read_all(
    client: Client, seen: _Introduction, gaps: Gaps, began: datetime, on_progress: Callable[[str], None] | None
) -> list[_Answer]:
    questions: list[tuple[Command, Pass]] = []
    for command in COMMANDS.values():
        if command.name == "listApis":
            continue
        if not seen.viewer.may(command):
            gaps.not_asked(command)
            continue
        if command.name in ("listCapabilities", "listProjects"):
            continue  # asked already
        questions += [
            (command, {**scope, **more}) for scope in passes(command, seen.viewer) for more in _variants(command, began)
        ]
    done = 0

    async def put(command: Command, params: Pass) -> list[_Answer]:
        nonlocal done
        answers = await _with_fallback(client, seen.viewer, command, params)
        done += 1
        if on_progress is not None:
            on_progress(f"{client.profile.name}: {done} of {len(questions)} lists read ({command.name})")
        return answers

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(put(command, params)) for command, params in questions]
    first = [seen.told[name] for name in ("listCapabilities", "listProjects") if name in seen.told]
    return [*first, *(answer for task in tasks for answer in task.result())]


def _variants(command: Command, began: datetime) -> list[Pass]:
    """Calls that are asked for several names, one at a time."""
    if command.name == "listConfigurations":
        return [{"name": name} for name in (*SETTINGS, CUSTOMER_GATEWAY_SETTINGS)]
    if command.name == "listEvents":
        since = f"{began - timedelta(days=EVENT_DAYS):%Y-%m-%d}"
        return [{"type": kind, "startdate": since} for kind in EVENTS]
    return [{}]


async def _with_fallback(client: Client, viewer: Viewer, command: Command, params: Pass) -> list[_Answer]:
    answer = await _one(client, command, params)
    scope = {name: value for name, value in params.items() if name in ("listall", "isrecursive", "projectid")}
    refused = answer.error is not None and answer.error.status in _SCOPE_REFUSED
    others = passes_instead_of(scope, viewer) if refused else None
    if others is None:
        return [answer]
    rest = {name: value for name, value in params.items() if name not in scope}
    instead_of_it = [await _one(client, command, {**other, **rest}) for other in others]
    return [answer] if all(other.error is not None for other in instead_of_it) else instead_of_it


def _merge(answers: list[_Answer], gaps: Gaps) -> dict[str, list[Row]]:
    """Objects by table, each once, in the order of the ids."""
    found: dict[str, dict[str, Row]] = {
        command.table: {} for command in COMMANDS.values() if command.table and command.table != "sources"
    }
    for answer in answers:
        table = answer.command.table
        if table == "sources":
            continue
        for thing in answer.listing.rows:
            if table != "settings" or _is_wanted(thing):
                found[table].setdefault(str(thing.get("name" if table == "settings" else "id")), thing)
    objects = {table: [things[key] for key in sorted(things)] for table, things in found.items()}
    tiers = merged_tiers(objects["tiers"], objects["vpcs"])
    objects["tiers"] = sorted(tiers, key=lambda tier: str(tier.get("id")))
    _note_gaps(answers, objects, gaps)
    objects["events"] = [event for event in objects["events"] if event.get("type") in EVENTS]
    return objects


def _note_gaps(answers: list[_Answer], objects: dict[str, list[Row]], gaps: Gaps) -> None:
    """Every list that failed, and every object that was missed in one pass and came in no other."""
    for answer in answers:
        there = {thing.get("id") for thing in objects.get(answer.command.table, [])} if answer.listing.holes else set()
        for hole in answer.listing.holes:
            if hole.subject_id is None or hole.subject_id not in there:
                gaps.failed(answer.command, answer.params, hole.error, hole.subject_id)
        if answer.error is not None:
            gaps.failed(answer.command, answer.params, answer.error)


def _is_wanted(setting: Row) -> bool:
    """The server searches names by part: what was not asked for by its whole name is not kept."""
    name = str(setting.get("name"))
    return name in SETTINGS or name.startswith(CUSTOMER_GATEWAY_SETTINGS)
