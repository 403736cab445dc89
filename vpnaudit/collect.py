"""Several sources become one estate. Every failure becomes a gap; what is whole is typed, sorted and frozen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.client import Client, Retries, utc_now
from vpnaudit.cloudstack.collection import SourceTables, read_source
from vpnaudit.errors import ConfigError
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.scrubbing import scrubbed
from vpnaudit.evidence.joining import with_evidence
from vpnaudit.psk import Fingerprinter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from datetime import datetime
    from pathlib import Path

    import httpx

    from vpnaudit.cloudstack.profiles import Profile


async def collect(
    profiles: Sequence[Profile],
    *,
    fingerprinter: Fingerprinter | None = None,
    evidence: Sequence[Path | str] = (),
    on_progress: Callable[[str], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    clock: Callable[[], datetime] = utc_now,
    retries: Retries | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Estate:
    """Ask all sources at once and give one estate.

    A source that cannot be reached, or that refuses the key, is a gap for each of its tables. Raises that source's
    `CloudStackError` only where no source could be read at all, and `ConfigError` where there is none or two have one
    name. `fingerprinter` is shared with whatever else of this run reads keys; `evidence` are archives, folders and
    files of routers, see `evidence.joining`, and `on_note` (else `on_progress`) is told what was not read of them;
    `transport` replaces the network in tests.
    """
    names = [profile.name for profile in profiles]
    if not names or len(set(names)) != len(names):
        raise ConfigError("Nothing to collect: name at least one profile, and each only once.")
    shared_fingerprinter = fingerprinter or Fingerprinter()
    collected_utc = clock()

    # Made before anything is sent: a certificate file that cannot be read is a mistake of the profile, not a gap.
    clients = [
        Client(profile, shared_fingerprinter, clock=clock, retries=retries, transport=transport) for profile in profiles
    ]

    async def read(client: Client) -> SourceTables:
        async with client:
            return await read_source(client, collected_utc, on_progress)

    sources = await _together([read(client) for client in clients])
    failures = [source.failure for source in sources if source.failure is not None]
    if len(failures) == len(sources):
        raise failures[0]
    without_keys = shared_fingerprinter.without_keys  # all of them are known now
    estate = Estate({name: _frame(name, sources) for name in TABLES})
    if evidence:
        estate, notes = with_evidence(estate, evidence, on_progress)
        tell = on_note or on_progress
        if tell is not None:
            for note in notes:
                tell(without_keys(note))
    return Estate({name: scrubbed(name, frame, without_keys) for name, frame in estate.tables.items()})


async def _together(coroutines: list[Coroutine[Any, Any, SourceTables]]) -> list[SourceTables]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in coroutines]
    return [task.result() for task in tasks]


def _frame(name: str, sources: list[SourceTables]) -> Any:
    rows = [row for source in sources for row in source.rows.get(name, [])]
    if name == "gaps":
        rows.sort(
            key=lambda row: [
                str(row[part] or "") for part in ("source", "table", "command", "pass", "subject_id", "text")
            ]
        )
    else:
        rows.sort(key=lambda row: row["source"])  # stable: within a source the rows are in the order of their ids
    return TABLES[name].frame(rows)


def collect_estate(
    profiles: Sequence[Profile],
    *,
    fingerprinter: Fingerprinter | None = None,
    evidence: Sequence[Path | str] = (),
    on_progress: Callable[[str], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    clock: Callable[[], datetime] = utc_now,
    retries: Retries | None = None,
) -> Estate:
    """As `collect`, for callers that are not asynchronous. Interrupted, it leaves nothing behind: nothing is written
    before all is read.
    """
    return asyncio.run(
        collect(
            profiles,
            fingerprinter=fingerprinter,
            evidence=evidence,
            on_progress=on_progress,
            on_note=on_note,
            clock=clock,
            retries=retries,
        )
    )
