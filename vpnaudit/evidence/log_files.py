"""Which log files are one log: rotated parts in the order of time, and of logs that repeat each other the one that says
most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vpnaudit.evidence.charon_log import daemon_of
from vpnaudit.evidence.clock import Reference, seconds
from vpnaudit.evidence.syslog import charon_line

if TYPE_CHECKING:
    from vpnaudit.evidence.archives import EvidenceFile

_ROTATED: Final = re.compile(r"(?P<base>.*?)(?:[.-](?P<number>\d{1,3}|\d{8}))?(?:\.gz)?")


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log file: its name without what rotation adds, the time of its first line as written, who wrote charon's lines
    in its head, the first host in it, whether each names its connection, and how many there are.
    """

    file: EvidenceFile
    base: str
    number: str
    first_time: str
    programs: frozenset[str]
    host: str
    names_connections: bool
    charon_lines: int


def log_file(file: EvidenceFile, head: str) -> LogFile:
    """What the head of a file says of it."""
    parsed = [line for text in head.split("\n") if (line := charon_line(text[:8_000]))]
    rotation = _ROTATED.fullmatch(file.name or file.collection)
    return LogFile(
        file,
        rotation["base"] if rotation else file.name,
        (rotation["number"] if rotation else None) or "",
        next((line.prefix.time for line in parsed if line.prefix.time), ""),
        frozenset(line.prefix.program for line in parsed),
        next((line.prefix.host for line in parsed if line.prefix.host), ""),
        any(line.name for line in parsed),
        len(parsed),
    )


def one_log(logs: list[LogFile], reference: Reference, notes: list[str]) -> tuple[list[LogFile], str | None]:
    """The files of the one log to read, oldest first, and the program of it whose lines count (None: any).

    Where several logs tell of the same time, it is the one whose lines name their connections, and of those the one
    that says most of charon; the others are named in `notes`.
    """
    by_base: dict[str, list[LogFile]] = {}
    for log in logs:
        by_base.setdefault(log.base, []).append(log)
    with_charon = {base: files for base, files in by_base.items() if any(log.charon_lines for log in files)}
    if not with_charon:
        return [], None
    best = max(with_charon, key=lambda base: _worth(with_charon[base]))
    notes += [
        f"{log.file.label}: repeats what {with_charon[best][0].file.label} says in more detail; it is not read"
        for base, files in with_charon.items()
        if base != best
        for log in files
    ]
    files = sorted(with_charon[best], key=lambda log: _age(log, reference))
    return files, daemon_of({name for log in files for name in log.programs})


def _worth(files: list[LogFile]) -> tuple[bool, int]:
    return any(log.names_connections for log in files), sum(log.charon_lines for log in files)


def _age(log: LogFile, reference: Reference) -> tuple[int, str, float]:
    """Oldest first: by the number or day that rotation gave, and where there is none, by the first line. A clock may
    have been set back; numbers were not.
    """
    time = seconds(log.first_time, reference) if log.first_time else None
    dated = log.number if len(log.number) == len("20270101") else ""
    number = -int(log.number) if log.number and not dated else 0
    return number, dated or "9", float("-inf") if time is None else time
