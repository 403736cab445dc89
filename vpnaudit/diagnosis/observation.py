"""What was observed of one connection on one router: the input of a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event of the log: the id of its line in the knowledge table, when (seconds since 1970, by the router's clock),
    in which order, and where it stands. A run of equal events is one, with its end and count.
    """

    id: str
    time: float | None
    sequence: int
    fields: dict[str, str] = field(default_factory=dict)
    connection: str | None = None
    child: str | None = None
    address: str | None = None
    file: str = ""
    line: int = 0
    count: int = 1
    last_time: float | None = None

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class StandingIke:
    """An IKE_SA in the status; `since` by the router's clock, exact to `since_exact_s`."""

    number: int
    established: bool
    since: float | None = None
    since_exact_s: int = 0
    suite: str | None = None
    version: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class StandingChild:
    """A CHILD_SA in the status; the times of the last packet each way by the router's clock."""

    number: int
    ike_number: int | None = None
    suite: str | None = None
    packets_in: int | None = None
    packets_out: int | None = None
    used_in: float | None = None
    used_out: float | None = None
    in_udp: bool | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Counter:
    """A rule of iptables with its packets."""

    table: str
    chain: str
    action: str
    source: str | None
    destination: str | None
    packets: int
    place: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """All about one connection. `ike_name` is the connection whose IKE_SA carries it: its own, or of a split one the
    first. What is None was not to be seen, which is never the same as *not there*.
    """

    name: str
    ike_name: str
    gateway: str | None = None
    expected_id: str | None = None
    version: str | None = None
    near: tuple[str, ...] = ()
    far: tuple[str, ...] = ()
    dpd_delay_s: int | None = None
    dpd_timeout_s: int | None = None
    configured: bool | None = None
    configured_since: float | None = None
    configured_place: str = ""
    loaded: bool | None = None
    stale: bool | None = None
    status: bool = False
    ike: tuple[StandingIke, ...] = ()
    children: tuple[StandingChild, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    foreign: tuple[Sighting, ...] = ()
    """Events of peers that no configured connection of the router has."""
    remote_access: tuple[Sighting, ...] = ()
    """Events of this gateway address under the connection for remote access, which takes whom no other one takes."""
    counters: tuple[Counter, ...] | None = None
    daemon_start: float | None = None
    log_first: float | None = None
    taken: float | None = None
    clock_jump_s: float = 0.0
    clock_jump_at: float | None = None
    """When the router's clock was set, by the clock after it."""
