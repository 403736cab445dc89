"""Which connection a line of charon is about.

With ike_name each line says so. Without, most failures name nobody ("giving up after 5 retransmits"), so lines are
joined by thread: a job begins with a packet that comes in or a timer, and the lines of one thread up to the next job
belong together. What names the job is the address of the packet that began it, or the first line after it that names a
connection or sends a packet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.evidence.events import Event

_BEGINS: Final = frozenset(
    {
        "packet_received",
        "retransmit",
        "retransmit_v1",
        "gave_up",
        "dpd_sent",
        "dpd_timed_out",
        "acquire",
        "acquire_pending",
        "rekey_due",
        "expire_due",
        "reauthenticating",
        "half_open_deleted",
        "connection_added",
        "connection_deleted",
        "child_expired",
        "daemon_start",
        "nat_changed",
    }
)
"""Lines that begin a job of their own."""
_ABOUT_A_CHILD: Final = frozenset(
    {
        "no_child_built",
        "child_failed",
        "rekey_failed",
        "no_proposal_child",
        "no_selectors",
        "child_retry_later",
        "notify_error_v1",
        "selectors_invalid",
        "proposal_selected",
        "proposals_received",
        "proposals_configured",
    }
)
_MAIN_THREAD: Final = "00"
_MOST_WAITING: Final = 200
_MOST_THREADS: Final = 512
_MOST_SPIS: Final = 100_000
_MOST_SILENT: Final = 10_000


@dataclass(slots=True)
class _Job:
    name: str | None = None
    address: str | None = None
    waiting: list[Event] = field(default_factory=list)
    claim: _Silence | None = None


@dataclass(slots=True)
class _Silence:
    """An IKE_SA that waits for an answer: which try it is at, and since when."""

    name: str | None
    address: str | None
    tries: int
    sequence: int
    claimed: bool = False


class Attribution:
    """Joins the events of one router, in the order of its log. `peers` are the configured gateway addresses by
    connection, as far as they are known.
    """

    def __init__(self, peers: dict[str, str]) -> None:
        self._by_address: dict[str, str] = {}
        for name in sorted(peers, key=lambda one: (len(one), one), reverse=True):
            self._by_address[peers[name]] = name  # of split connections the first one, which has the shortest name
        self._jobs: dict[str, _Job] = {}
        self._children: dict[str, str] = {}
        self._by_spi: dict[str, str] = {}
        self._by_reqid: dict[str, str] = {}
        self._silent: dict[tuple[str | None, str | None], _Silence] = {}

    def add(self, event: Event, thread: str, name: str) -> Iterator[Event]:
        """Take the next event; gives those of which it is known now, or known that nobody will know, what they are
        about. `name` is what ike_name put before the text.
        """
        if event.id == "daemon_start":
            yield from self.rest()
            self._silent.clear()
        if thread == _MAIN_THREAD:
            yield event  # it loads what belongs to all
            return
        if thread not in self._jobs and len(self._jobs) >= _MOST_THREADS:
            yield from self.rest()
            self._jobs.clear()
        job = self._jobs.setdefault(thread, _Job())
        if event.id in _BEGINS:
            yield from self._give_up(job)
            job = self._jobs[thread] = _Job()
        self._learn(event)
        self._name(job, event, name)
        job.waiting.append(event)
        if job.name or job.address or len(job.waiting) >= _MOST_WAITING:
            yield from self._resolved(job)

    def rest(self) -> Iterator[Event]:
        """What still waits at the end of a log."""
        for job in self._jobs.values():
            yield from self._give_up(job)
            job.waiting = []

    def _name(self, job: _Job, event: Event, name: str) -> None:
        fields = event.fields
        named = name or fields.get("name") or ""
        address = fields.get("theirs") if event.id in _WITH_ADDRESS else None
        if named and event.id not in ("connection_added", "connection_deleted"):
            base = self._ike_name(named)
            if "child_number" in fields or event.id in ("child_attempt", "child_restarting"):
                event.child = fields["name"]
            is_known = name or not event.child or base in self._by_address.values()
            job.name = base if is_known or not job.name else job.name
            event.joined_by = "name"
            if event.id in ("initiating", "ike_established"):
                self._by_address.setdefault(fields["theirs"], base)
        elif address and not job.name:
            job.name = self._by_address.get(address)
        job.address = address or job.address
        if event.id in ("connection_added", "connection_deleted"):
            event.connection, event.joined_by = named, "name"
        elif "reqid" in fields and event.id != "child_attempt":
            event.child = self._by_reqid.get(fields["reqid"])
            job.name = self._ike_name(event.child) if event.child else job.name
        elif "spi" in fields:
            event.child = self._by_spi.get(fields["spi"])
            job.address = (
                fields.get("address", job.address) if event.id not in ("rekey_due", "expire_due") else job.address
            )
            job.name = job.name or (self._ike_name(event.child) if event.child else None)
        if event.id == "gave_up" and not job.name:
            job.claim = self._longest_silence(int(fields["tries"]))
            if job.claim is not None:
                job.claim.claimed = True

    def _ike_name(self, name: str) -> str:
        """The connection whose IKE_SA a child has: `vpn-192.0.2.1` of `vpn-192.0.2.1-2`."""
        base, dash, number = name.rpartition("-")
        return base if dash and number.isdigit() and base in self._by_address.values() else name

    def _learn(self, event: Event) -> None:
        fields = event.fields
        if event.id == "child_attempt" and "reqid" in fields:
            self._by_reqid[fields["reqid"]] = fields["name"]
        if event.id in ("child_established", "child_closing", "child_expired"):
            if len(self._by_spi) > _MOST_SPIS:
                self._by_spi.clear()
            self._by_spi[fields["spi_in"]] = self._by_spi[fields["spi_out"]] = fields["name"]

    def _resolved(self, job: _Job) -> Iterator[Event]:
        if job.claim is not None:
            job.claim.claimed = job.claim.name == job.name
            job.claim = None
        for event in job.waiting:
            event.connection = event.connection or job.name
            event.address = event.address or job.address
            event.joined_by = event.joined_by or ("thread" if event.connection else None)
            self._follow(event)
            yield event
        job.waiting = []

    def _give_up(self, job: _Job) -> Iterator[Event]:
        for event in job.waiting:
            if job.claim is not None and event.connection is None:
                event.connection, event.address, event.joined_by = job.claim.name, job.claim.address, "time"
            self._follow(event)
            yield event
        job.waiting = []

    def _follow(self, event: Event) -> None:
        """What a joined event says of those to come: the child that was asked for, the silence of a peer."""
        key = (event.connection, event.address)
        if event.id == "child_attempt" and event.child:
            self._children[event.connection or event.child] = event.child
        elif event.id in _ABOUT_A_CHILD and event.child is None and event.connection:
            event.child = self._children.get(event.connection)
        if event.id in ("retransmit", "retransmit_v1"):
            self._silent[key] = _Silence(*key, int(event.fields["try"]), event.sequence)
        elif event.id in ("packet_received", "gave_up"):
            ended = [one for one in self._silent if one == key or (event.id == "gave_up" and one[0] == key[0])]
            for other in ended:
                if self._silent[other].sequence < event.sequence:  # this line may have waited for its connection
                    del self._silent[other]
        if len(self._silent) > _MOST_SILENT:
            self._silent.clear()

    def _longest_silence(self, tries: int) -> _Silence | None:
        """The peer that is at its last try for the longest time: it is the one that is given up now."""
        last = [silence for silence in self._silent.values() if silence.tries == tries and not silence.claimed]
        return min(last, key=lambda silence: silence.sequence, default=None)


_WITH_ADDRESS: Final = frozenset(
    {
        "packet_received",
        "packet_sent",
        "initiating",
        "peer_initiating",
        "looking_for_peer",
        "ike_established",
        "no_ike_config",
        "half_open_deleted",
        "half_open_limit",
        "header_invalid",
        "version_unsupported",
    }
)
