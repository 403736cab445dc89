"""Reads all that one source shows to its key: who am I, what may I ask, then every list at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from vpnaudit.cloudstack.answers import ask_with_fallback
from vpnaudit.cloudstack.commands import COMMANDS, CUSTOMER_GATEWAY_SETTINGS, EVENT_DAYS, EVENTS, SETTINGS, Command
from vpnaudit.cloudstack.gaps import Gaps
from vpnaudit.cloudstack.introduction import introduce
from vpnaudit.cloudstack.isolation import isolated
from vpnaudit.cloudstack.rows import merged_tiers, to_rows
from vpnaudit.cloudstack.visibility import Pass, passes, passes_for_project

if TYPE_CHECKING:
    from datetime import datetime

    from vpnaudit.cloudstack.answers import Answer
    from vpnaudit.cloudstack.client import Client
    from vpnaudit.cloudstack.introduction import Introduction
    from vpnaudit.errors import CloudStackError

Row = dict[str, Any]
Progress: TypeAlias = Callable[[str], None]

_ASKED_FIRST = ("listCapabilities", "listProjects")  # with the introduction


@dataclass(frozen=True)
class SourceTables:
    """What one source gave: rows by table, `sources`, `gaps` and `requests` among them. `failure`: it could not be read
    at all.
    """

    rows: dict[str, list[Row]]
    failure: CloudStackError | None = None


async def read_source(client: Client, collected_utc: datetime, on_progress: Progress | None = None) -> SourceTables:
    """Read one source. What fails becomes a gap; no `CloudStackError` is raised."""
    profile = client.profile
    introduction = await introduce(client)
    gaps = Gaps(profile, introduction.viewer)
    row: Row = {"source": profile.name, "endpoint": profile.endpoint, "collected_utc": collected_utc}
    if introduction.failure is not None:
        gaps.unreached(introduction.failure)
        return SourceTables({"sources": [row], "gaps": gaps.rows, "requests": _requests(client)}, introduction.failure)
    if introduction.throttle is not None:
        client.pace(*introduction.throttle)
    reading = _Reading(client, introduction, collected_utc, on_progress)
    await reading.read(gaps)
    objects = _merge(await isolated(client, reading.answers), gaps)
    gaps.odd(client.oddities)
    if not introduction.sees_settings(objects["settings"]):
        gaps.without_settings(COMMANDS["listConfigurations"])
    gaps.dangling(objects)
    gaps.unnamed(objects)
    gaps.uncounted(objects)
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


class _Reading:
    """Asks one source for its lists, many at once, and counts them for whoever waits."""

    def __init__(
        self, client: Client, introduction: Introduction, collected_utc: datetime, on_progress: Progress | None
    ) -> None:
        self._client, self._viewer = client, introduction.viewer
        self._collected_utc, self._on_progress = collected_utc, on_progress
        self._lists_read = self._lists = 0
        self.answers = [
            introduction.answers_by_command[name] for name in _ASKED_FIRST if name in introduction.answers_by_command
        ]

    async def read(self, gaps: Gaps) -> None:
        """Every list under every pass, then the projects that only their rows name."""
        commands = []
        for command in COMMANDS.values():
            if command.name == "listApis":
                continue
            if not self._viewer.may(command):
                gaps.not_asked(command)
            elif command.name not in _ASKED_FIRST:
                commands.append(command)
        await self._ask_all([(command, scope) for command in commands for scope in passes(command, self._viewer)])
        project_ids = set(self._viewer.projects or ())
        while more_ids := self._named_projects() - project_ids:
            project_ids |= more_ids
            await self._ask_all(
                [
                    (command, scope)
                    for project_id in sorted(more_ids)
                    for command in commands
                    for scope in passes_for_project(command, self._viewer, project_id)
                ]
            )

    async def _ask_all(self, passes_by_command: list[tuple[Command, Pass]]) -> None:
        questions = [
            (command, {**scope, **more})
            for command, scope in passes_by_command
            for more in _variants(command, self._collected_utc)
        ]
        self._lists += len(questions)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ask_counted(command, params)) for command, params in questions]
        self.answers += [answer for task in tasks for answer in task.result()]

    async def _ask_counted(self, command: Command, params: Pass) -> list[Answer]:
        answers = await ask_with_fallback(self._client, self._viewer, command, params)
        self._lists_read += 1
        if self._on_progress is not None:
            source = self._client.profile.name
            self._on_progress(f"{source}: {self._lists_read} of {self._lists} lists read ({command.name})")
        return answers

    def _named_projects(self) -> set[str]:
        return {str(row["projectid"]) for answer in self.answers for row in answer.listing.rows if row.get("projectid")}


def _variants(command: Command, collected_utc: datetime) -> list[Pass]:
    """Calls that are asked for several names, one at a time."""
    if command.name == "listConfigurations":
        return [{"name": name} for name in (*SETTINGS, CUSTOMER_GATEWAY_SETTINGS)]
    if command.name == "listEvents":
        since = f"{collected_utc - timedelta(days=EVENT_DAYS):%Y-%m-%d}"
        return [{"type": kind, "startdate": since} for kind in EVENTS]
    return [{}]


def _merge(answers: list[Answer], gaps: Gaps) -> dict[str, list[Row]]:
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


def _note_gaps(answers: list[Answer], objects: dict[str, list[Row]], gaps: Gaps) -> None:
    """Every list that failed, and every object that was missed in one pass and came in no other."""
    for answer in answers:
        collected_ids = (
            {thing.get("id") for thing in objects.get(answer.command.table, [])} if answer.listing.holes else set()
        )
        for hole in answer.listing.holes:
            if hole.subject_id is None or hole.subject_id not in collected_ids:
                gaps.failed(answer.command, answer.params, hole.error, hole.subject_id, rows_where=answer.rows_where)
        if answer.error is not None:
            gaps.failed(answer.command, answer.params, answer.error, rows_where=answer.rows_where)


def _is_wanted(setting: Row) -> bool:
    """The server searches names by part: what was not asked for by its whole name is not kept."""
    name = str(setting.get("name"))
    return name in SETTINGS or name.startswith(CUSTOMER_GATEWAY_SETTINGS)
