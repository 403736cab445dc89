"""A log of charon, or of a whole router, or of many routers, becomes events by router; streamed, in constant memory."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vpnaudit.evidence.attribution import Attribution
from vpnaudit.evidence.bounds import lines
from vpnaudit.evidence.clock import Reference, seconds
from vpnaudit.evidence.events import Event, EventStore
from vpnaudit.evidence.line_patterns import recognised
from vpnaudit.evidence.syslog import CharonLine, charon_line, prefix_of
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.evidence.archives import EvidenceFile

DPD_DELAY_S: Final = 30
"""What CloudStack's router writes."""
_DAEMONS: Final = ("charon", "charon-systemd")
_KNOWN_AND_LEFT: Final = frozenset({"message_generated", "authenticating", "job_without_sa"})
"""A fifth of all lines; what they say, the lines beside them say of the peer."""
_MOST_SHAPES: Final = 2_000
_MOST_HOSTS: Final = 1_000
_PROGRESS_LINES: Final = 200_000
_WORD: Final = re.compile(r"[A-Za-z][a-z']{0,19}[,.:;]?")
_SECRET: Final = re.compile(r"(?i)\b(?:psk|secret|password|passwd|pass|key|xauth)\b")


@dataclass(slots=True)
class RouterLog:
    """The events of one router, and what became of all other lines."""

    store: EventStore = field(default_factory=EventStore)
    unknown: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    charon_lines: int = 0
    doubled: int = 0
    cut: int = 0
    undated: int = 0
    first_time: float | None = None
    last_time: float | None = None
    daemon_start: float | None = None
    version: str | None = None
    jump: tuple[float, float] | None = None
    """The largest step of the clock between two lines since the daemon started, and the time after it."""
    programs: Counter[str] = field(default_factory=Counter)


class LogReader:
    """Reads the files of one log in the order of their time. Hosts are kept apart by the name in their lines.

    `peers` are gateway addresses by connection, `dpd` the delays in seconds: both as far as they are known.
    """

    def __init__(
        self,
        reference: Reference,
        peers: dict[str, str],
        dpd: dict[str, int],
        on_progress: Callable[[str], None] | None = None,
    ) -> None:
        self._reference, self._peers, self._dpd, self._on_progress = reference, peers, dpd, on_progress
        self.hosts: dict[str, RouterLog] = {}
        self._joins: dict[str, Attribution] = {}
        self._daemon: dict[str, str] = {}
        self._sequence = 0
        self._host = ""

    def read(self, file: EvidenceFile, daemon: str | None, host: str = "") -> None:
        """Read one file; `daemon` is the program whose lines count where several repeat the same (None: any). A line
        that is cut before its host is of the host before it, at first of `host`.
        """
        label, self._host = file.label, host
        with file.open() as stream:
            for number, data, cut in lines(stream):
                self._line(data.decode("utf-8", "replace"), label, number, daemon, cut=cut)
                if number % _PROGRESS_LINES == 0 and self._on_progress:
                    self._on_progress(f"{label}: {number:,} lines")

    def finish(self) -> dict[str, RouterLog]:
        """The logs by host, with what still waited for its connection."""
        for host, join in self._joins.items():
            for event in join.rest():
                self._keep(self.hosts[host], event)
        return self.hosts

    def _line(self, text: str, label: str, number: int, daemon: str | None, *, cut: bool) -> None:
        charon = charon_line(text)
        if charon is None:
            prefix, _ = prefix_of(text)
            log = self.hosts.setdefault(self._room(prefix.host), RouterLog())
            log.lines += 1
            program = one_line(prefix.program)[:40]
            log.programs[program if len(log.programs) < _MOST_SHAPES else ""] += 1
            return
        host = self._room(charon.prefix.host)
        log = self.hosts.setdefault(host, RouterLog())
        log.lines += 1
        log.cut += cut
        if daemon is not None and charon.prefix.program and charon.prefix.program != daemon:
            log.doubled += 1
            return
        log.charon_lines += 1
        self._charon(host, log, charon, label, number)

    def _room(self, host: str) -> str:
        """The host; those beyond the bound are one, for a log with a million names is no log."""
        self._host = host or self._host
        return self._host if self._host in self.hosts or len(self.hosts) < _MOST_HOSTS else ""

    def _charon(self, host: str, log: RouterLog, line: CharonLine, label: str, number: int) -> None:
        time = seconds(line.prefix.time, self._reference) if line.prefix.time else None
        if time is None:
            log.undated += 1
        else:
            log.first_time = time if log.first_time is None else log.first_time
            step = time - log.last_time if log.last_time is not None else 0.0
            if log.jump is None or abs(step) > abs(log.jump[0]):
                log.jump = (step, time)
            log.last_time = time
        match = recognised(line.text)
        if match is None:
            if len(log.unknown) < _MOST_SHAPES or shape(line.text) in log.unknown:
                log.unknown[shape(line.text)] += 1
            else:
                log.unknown["…"] += 1
            return
        if match[0] in _KNOWN_AND_LEFT:
            return
        if match[0] == "daemon_start":
            log.daemon_start, log.version, log.jump = time, match[1].get("version"), None
        self._sequence += 1
        event = Event(match[0], time, self._sequence, match[1], label, number)
        join = self._joins.get(host)
        if join is None:
            join = self._joins[host] = Attribution(self._peers)
        for joined in join.add(event, line.thread, line.name):
            self._keep(log, joined)

    def _keep(self, log: RouterLog, event: Event) -> None:
        log.store.add(event, self._dpd.get(event.connection or "", DPD_DELAY_S))


def shape(text: str) -> str:
    """A line that no pattern knows, without what is particular in it: words stay, whatever may be a name, a number or a
    key is a dot. Nothing that stands behind a word for a secret stays.

    >>> shape("loading secrets from '/etc/ipsec.secrets'")
    'loading secrets from …'
    """
    words: list[str] = []
    for word in text[:400].split():
        plain = _WORD.fullmatch(word)
        if plain or not words or words[-1] != "…":
            words.append(word if plain else "…")
        if _SECRET.search(word):
            words += [] if words[-1] == "…" else ["…"]
            break
    return " ".join(words[:24])


def daemon_of(programs: set[str]) -> str | None:
    """The program whose lines count: charon itself before what repeats it, as systemd does with what it prints."""
    return next((name for name in _DAEMONS if name in programs), None)
