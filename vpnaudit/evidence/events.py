"""What is kept of a log: events, as many as a person or a rule can use, and the count of the others."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_EVENTS: Final = 150
LAST_EVENTS: Final = 500
"""Of one kind and connection the first and the last are kept, so that a log of years takes no more memory than a day's:
when a state began and how it is now stands in those."""
MOST_CONNECTIONS: Final = 2_000
_SAME_STATE_S: Final = 3_600
"""Packets one behind the other are one event up to this distance, with a count."""
_FOLDED: Final = frozenset({"packet_received", "packet_sent", "message_parsed", "message_generated"})


@dataclass(slots=True)
class Event:
    """A line of charon that the knowledge table knows, or a run of equal ones: its id, the fields in it, the connection
    and CHILD_SA that it is about, the peer's address, and where it stands.
    """

    id: str
    time: float | None
    sequence: int
    fields: dict[str, str]
    file: str
    line: int
    connection: str | None = None
    child: str | None = None
    address: str | None = None
    joined_by: str | None = None
    count: int = 1
    last_time: float | None = None
    last_line: int | None = None


@dataclass(slots=True)
class _Kept:
    first: list[Event] = field(default_factory=list)
    last: deque[Event] = field(default_factory=lambda: deque(maxlen=LAST_EVENTS))
    run: Event | None = None
    left_out: int = 0

    def add(self, event: Event) -> None:
        if len(self.first) < FIRST_EVENTS:
            self.first.append(event)
        else:
            self.left_out += len(self.last) == LAST_EVENTS
            self.last.append(event)


class EventStore:
    """Events by connection and kind, in bounded memory."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str | None, str | None, str], _Kept] = {}
        self._names: set[str] = set()
        self._exchanges: dict[str | None, int] = {}
        self.without_connection_room = 0

    def add(self, event: Event, dpd_delay_s: int) -> None:
        """Keep an event; what repeats becomes a run."""
        name = event.connection
        if name is not None and name not in self._names:
            if len(self._names) >= MOST_CONNECTIONS:
                self.without_connection_room += 1
                event.connection = name = None
            else:
                self._names.add(name)
        kept = self._kept.setdefault((name, event.address if name is None else None, self._kind(event)), _Kept())
        if len(self._kept) > 40 * MOST_CONNECTIONS and not kept.first:
            self.without_connection_room += 1
            return
        if event.id == "packet_received":
            self._exchanges[name] = self._exchanges.get(name, 0) + 1
        if kept.run is not None and self._continues(kept.run, event, dpd_delay_s):
            kept.run.count += 1
            kept.run.last_time, kept.run.last_line = event.time, event.line
        else:
            kept.add(event)
            kept.run = event if event.id in _FOLDED or event.id == "dpd_sent" else None
        if event.id == "dpd_sent":
            self._exchanges[name] = 0

    @staticmethod
    def _kind(event: Event) -> str:
        """Packets are kept apart by port, messages by exchange."""
        parts = (event.fields.get(part, "") for part in ("our_port", "their_port", "exchange", "direction"))
        return " ".join((event.id, *parts)) if event.id in _FOLDED else event.id

    def _continues(self, run: Event, event: Event, dpd_delay_s: int) -> bool:
        before = run.last_time if run.last_time is not None else run.time
        if before is None or event.time is None or event.file != run.file or event.time < before:
            return False
        gap = event.time - before
        if event.id != "dpd_sent":
            return gap <= _SAME_STATE_S and event.address == run.address
        # charon asks as soon as nothing came for the delay: a longer pause means that something did. An exchange of IKE
        # does that too, and says nothing of ESP; more than the answer to the last request is such an exchange.
        exchanged = self._exchanges.get(event.connection, 0) > 1
        return gap <= dpd_delay_s * (2 if exchanged else 1) + 5

    def events(self) -> Iterator[Event]:
        """All that is kept, in the order of the log."""
        everything = [event for kept in self._kept.values() for event in (*kept.first, *kept.last)]
        return iter(sorted(everything, key=lambda event: event.sequence))

    @property
    def left_out(self) -> int:
        """How many events are counted and not kept."""
        return sum(kept.left_out for kept in self._kept.values()) + self.without_connection_room
