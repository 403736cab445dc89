"""From paths to routers: which files belong together, and all that they say."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from vpnaudit.errors import EvidenceError
from vpnaudit.evidence.archives import EvidenceFile, PassedOver, evidence_files
from vpnaudit.evidence.bounds import text_of
from vpnaudit.evidence.charon_log import LogReader, RouterLog
from vpnaudit.evidence.clock import Reference, seconds
from vpnaudit.evidence.connection_files import ConfiguredConnection, read_connections
from vpnaudit.evidence.kinds import kind_of
from vpnaudit.evidence.log_files import LogFile, log_file, one_log
from vpnaudit.evidence.packet_counters import PacketCounter, read_counters
from vpnaudit.evidence.router_clock import RouterClock, clock_of
from vpnaudit.evidence.router_state import RouterState, link_mtus, listed_times, processor_flags, read_state
from vpnaudit.evidence.statusall import LoadedConnection, Status, read_status
from vpnaudit.evidence.xfrm_states import XfrmCounts, read_xfrm_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SAME_START_S: Final = 5.0
_UNREAD: Final = {
    "secret": "a file of keys; it is not opened",
    "other": "nothing is read of such a file",
}


@dataclass(slots=True)
class RouterEvidence:
    """All that one archive or folder says of one router. `book` is what was named, `host` the router's own name."""

    book: str
    host: str | None = None
    state: RouterState = field(default_factory=RouterState)
    status: Status | None = None
    status_file: str | None = None
    connections: tuple[ConfiguredConnection, ...] = ()
    connections_known: bool = False
    counters: tuple[PacketCounter, ...] = ()
    counters_file: str | None = None
    processor: frozenset[str] | None = None
    mtus: dict[str, int] = field(default_factory=dict)
    xfrm: dict[str, XfrmCounts] = field(default_factory=dict)
    log: RouterLog | None = None
    reference: Reference = field(default_factory=Reference)
    clock: RouterClock = field(default_factory=RouterClock)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What should have been read and could not be."""


@dataclass(slots=True)
class _Set:
    """Files that were collected together."""

    collection: str
    book: str
    texts: list[tuple[str, EvidenceFile, str]] = field(default_factory=list)
    logs: list[LogFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_routers(paths: Iterable[Path | str], on_progress: Callable[[str], None] | None = None) -> list[RouterEvidence]:
    """All routers of these paths. What cannot be read is a note of its router; a path that is not there, or that asks
    for more than the bounds, is an error.

    Raises:
        EvidenceError: as above.
    """
    routers = []
    with ExitStack() as stack:
        for path in paths:
            for collected in _sets(Path(path), stack):
                routers += _routers(collected, on_progress)
    return routers


def _sets(path: Path, stack: ExitStack) -> list[_Set]:
    """The files of a path in sets: each archive is one, and so is each folder that holds the status of a router."""
    by_collection: dict[str, list[tuple[str, EvidenceFile, str]]] = {}
    notes: dict[str, list[str]] = {}
    faults: dict[str, list[str]] = {}
    for entry in evidence_files(path, stack):
        if isinstance(entry, PassedOver):
            faults.setdefault(entry.collection, []).append(f"{entry.label}: {entry.why}; it is not read")
            continue
        try:
            kind, head = kind_of(entry)
        except EvidenceError as error:
            faults.setdefault(entry.collection, []).append(str(error))
            continue
        if kind in _UNREAD:
            notes.setdefault(entry.collection, []).append(f"{entry.label}: {_UNREAD[kind]}")
        else:
            by_collection.setdefault(entry.collection, []).append((kind, entry, head))
    sets = [one for collection, files in by_collection.items() for one in _divided(path, collection, files)]
    for collection in dict.fromkeys((*notes, *faults)):
        target = next((one for one in sets if one.collection == collection), sets[0] if sets else None)
        if target is None:
            target = _Set(collection, path.as_posix())
            sets.append(target)
        target.notes += notes.get(collection, [])
        target.faults += faults.get(collection, [])
    return sets


def _divided(path: Path, collection: str, files: list[tuple[str, EvidenceFile, str]]) -> list[_Set]:
    """One archive may hold several routers, each in a folder with a status of its own."""
    roots = {PurePosixPath(file.name).parent for kind, file, _ in files if kind in ("statusall", "state")}
    base = path.as_posix() if collection in ("", path.name) else f"{path.as_posix()}/{collection.partition('/')[2]}"
    sets: dict[PurePosixPath | None, _Set] = {}
    for kind, file, head in files:
        parents = PurePosixPath(file.name).parents
        root = next((parent for parent in parents if parent in roots), None)
        if root is None and len(roots) == 1:
            root = next(iter(roots))
        label = base if len(roots) < 2 else f"{base}/{root}"  # noqa: PLR2004 - more than one
        target = sets.setdefault(root, _Set(collection, label))
        if kind == "log":
            target.logs.append(log_file(file, head))
        else:
            target.texts.append((kind, file, head))
    return list(sets.values())


def _routers(collected: _Set, on_progress: Callable[[str], None] | None) -> list[RouterEvidence]:
    """The router whose status the set holds, and one more for each other host in its logs."""
    router = RouterEvidence(collected.book, notes=collected.notes, faults=collected.faults)
    times: dict[str, float] = {}
    files: list[tuple[EvidenceFile, str]] = []
    for kind, file, _ in collected.texts:
        try:
            with file.open() as stream:
                text = text_of(stream, file.label)
        except (EvidenceError, OSError) as error:
            router.faults.append(str(error))
            continue
        if kind == "connections":
            files.append((file, text))
        elif kind == "listing":
            times.update(listed_times(text))
        else:
            _take(router, kind, file, text)
    router.connections_known = bool(times) or bool(files)
    router.connections = tuple(
        connection for file, text in files for connection in read_connections(text, file.label, _modified(file, times))
    )
    router.host = router.state.name
    _set_reference(router, collected.logs)
    return _by_host(router, _read_logs(router, collected.logs, on_progress))


def _take(router: RouterEvidence, kind: str, file: EvidenceFile, text: str) -> None:
    if kind == "statusall":
        router.status, router.status_file = read_status(text), file.label
    elif kind == "counters":
        router.counters, router.counters_file = read_counters(text), file.label
    elif kind == "state":
        router.state = read_state(text)
    elif kind == "processor":
        router.processor = processor_flags(text)
    elif kind == "xfrm":
        router.xfrm |= read_xfrm_counts(text)
    elif kind == "links":
        router.mtus |= link_mtus(text)


def _modified(file: EvidenceFile, times: dict[str, float]) -> float | None:
    """When the router changed a file: as it lists it, else as the archive has it."""
    name = re.search(r"(?:ipsec\.[^/]*|l2tp)\.conf$", file.name)
    if name and name[0] in times:
        return times[name[0]]
    return file.modified if file.packed and not times else None


def _set_reference(router: RouterEvidence, logs: list[LogFile]) -> None:
    """When the evidence was taken: as the router says, else by the status, else by the newest log file."""
    offset = router.state.zone_offset_s
    taken = router.state.taken
    if taken is None and router.status and router.status.since:
        start = seconds(router.status.since, Reference(None, offset))
        taken = None if start is None else start + (router.status.uptime_s or 0)
    if taken is None:
        changed = [log.file.modified for log in logs if log.file.modified is not None]
        taken = max(changed, default=None)
        if taken is not None:
            router.notes.append(f"{router.book}: nothing says when it was taken; years are those of the files")
    if offset is None and logs:
        router.notes.append(f"{router.book}: no zone is said; times are read as UTC")
    router.reference = Reference(taken, offset)


def _read_logs(
    router: RouterEvidence, logs: list[LogFile], on_progress: Callable[[str], None] | None
) -> dict[str, RouterLog]:
    """The logs of the set by host."""
    known: list[ConfiguredConnection | LoadedConnection] = [*router.connections]
    known += router.status.connections if router.status else ()
    peers = {one.name: one.theirs for one in known if one.theirs and one.theirs[0] != "%"}
    dpd = {one.name: one.dpd_s for one in known if one.dpd_s}
    files, daemon = one_log(logs, router.reference, router.notes)
    reader = LogReader(router.reference, peers, dpd, on_progress)
    for log in files:
        try:
            reader.read(log.file, daemon, log.host)
        except (EvidenceError, OSError) as error:
            router.faults.append(str(error))
    return reader.finish()


def _by_connections(router: RouterEvidence, hosts: dict[str, RouterLog]) -> str | None:
    """The one host that loaded the connections which the status lists, at the start that it says."""
    if router.status is None or not router.status.since:
        return None
    since = seconds(router.status.since, router.reference)
    loaded = router.status.loaded
    alike = [
        host
        for host, log in hosts.items()
        if log.daemon_start is not None
        and since is not None
        and abs(log.daemon_start - since) <= _SAME_START_S
        and loaded <= {event.connection for event in log.store.events() if event.id == "connection_added"}
    ]
    return alike[0] if len(alike) == 1 else None


def _by_host(router: RouterEvidence, hosts: dict[str, RouterLog]) -> list[RouterEvidence]:
    """The router with the log of its own host, and one router more for each other host that has lines of charon."""
    writers = [host for host, log in hosts.items() if log.charon_lines]
    own = router.host if router.host in hosts else None
    if own is None and "" in writers:
        own = ""
    if own is None and router.host is None:
        own = writers[0] if len(writers) == 1 else _by_connections(router, {host: hosts[host] for host in writers})
    if own is not None:
        router.log, router.host = hosts[own], router.host or own or None
    elif writers and router.status:
        router.notes.append(f"{router.book}: no line of its log is of this router; hosts are {', '.join(writers[:5])}")
    others = [
        RouterEvidence(router.book, host, log=hosts[host], reference=router.reference)
        for host in writers
        if host != own
    ]
    every = [router, *others] if router.status or router.log or router.connections or not others else others
    for one in every:
        one.clock = clock_of(one)
    return every
