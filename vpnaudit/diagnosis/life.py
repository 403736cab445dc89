"""The life of a connection as its log tells it: when it was up, how it was lost, what each attempt led to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vpnaudit.diagnosis.observation import Observation, Sighting

Loss = Literal["silence", "forgotten", "closed", "restart", "expired"]
DPD_TIMEOUT_S: Final = 120
"""What CloudStack's router writes; only its file tells, and only under IKEv1 it counts."""
REAUTHENTICATION_S: Final = 15.0
"""An SA that is closed and stands again within this time was renewed, not lost."""
_IN_ATTEMPT: Final = frozenset({"trying_again", "not_responding"})


@dataclass(slots=True)
class Child:
    """A CHILD_SA: from when to when it stood, and the bytes that came in through it (None: not said)."""

    number: str
    start: Sighting
    end: Sighting | None = None
    bytes_in: int | None = None
    bytes_out: int | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """A loss of the tunnel: how, since when (the first sign), which line ended it, and when it stood again."""

    how: Loss
    since: float | None
    sign: Sighting
    back: Sighting | None = None


@dataclass(slots=True)
class Life:
    """What became of one connection. `up_since` is the first CHILD_SA after the last outage."""

    children: list[Child] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    refusals: list[Sighting] = field(default_factory=list)
    attempts: list[Sighting] = field(default_factory=list)
    silences: list[Sighting] = field(default_factory=list)
    faults: list[Sighting] = field(default_factory=list)
    """Lines of the kernel interface that refuses an SA or a policy."""
    ike_established: list[Sighting] = field(default_factory=list)
    up_since: Sighting | None = None
    standing: list[Child] = field(default_factory=list)
    ike_standing: list[str] = field(default_factory=list)
    """The numbers of the IKE_SAs that stand, oldest first."""
    gone: Outage | None = None
    """The outage that lasts at the end of the log."""

    @property
    def last_up(self) -> int:
        """The place in the log at which phase 1 was last established; -1: never."""
        return self.ike_established[-1].sequence if self.ike_established else -1


REFUSALS: Final = frozenset(
    {
        "no_ike_config",
        "no_peer_config",
        "no_peer_config_v1",
        "peer_config_unacceptable",
        "mac_mismatch",
        "no_shared_key",
        "no_shared_key_v1",
        "hash_mismatch",
        "decryption_failed",
        "notify_error",
        "notify_fatal",
        "notify_error_v1",
        "proposals_unacceptable",
        "no_proposal_v1",
        "group_not_ours",
        "identity_mismatch_v1",
        "identity_required",
        "identity_constraint",
        "no_child_built",
        "no_proposal_child",
        "no_proposal_quick",
        "no_selectors",
        "selectors_unacceptable",
        "selectors_unknown",
        "selectors_invalid",
        "rekey_failed",
    }
)
FAULTS: Final = frozenset(
    {
        "sa_not_added",
        "algorithm_missing",
        "sa_not_installed",
        "policies_not_installed",
        "policy_failed",
        "spi_not_allocated",
    }
)
ATTEMPTS: Final = frozenset({"initiating", "peer_initiating", "child_attempt", "no_ike_config"})


def life_of(observation: Observation) -> Life:
    """Play the events in their order."""
    life = Life()
    play = _Play(life, observation)
    for sighting, following in _with_next(_own(observation)):
        play.take(sighting, following)
    life.gone = play.gone
    return life


def _own(observation: Observation) -> Iterator[Sighting]:
    """The events of this connection: those of its IKE_SA, and of CHILD_SAs only its own."""
    return (one for one in observation.sightings if one.child is None or one.child == observation.name)


def _with_next(sightings: Iterable[Sighting]) -> Iterator[tuple[Sighting, Sighting | None]]:
    before: Sighting | None = None
    for sighting in sightings:
        if before is not None:
            yield before, sighting
        before = sighting
    if before is not None:
        yield before, None


class _Play:
    """Takes the events in their order: a method named after a line of the knowledge table takes that line."""

    def __init__(self, life: Life, observation: Observation) -> None:
        self._life, self._observation = life, observation
        self._gone: Outage | None = None
        self._closed: Sighting | None = None
        self._unanswered: Sighting | None = None

    def take(self, one: Sighting, following: Sighting | None) -> None:
        life = self._life
        if one.id in REFUSALS:
            life.refusals.append(one)
        if one.id in FAULTS:
            life.faults.append(one)
        if one.id in ATTEMPTS:
            life.attempts.append(one)
        step = getattr(self, f"_{one.id}", None)
        if step is not None:
            step(one, following)

    def _daemon_start(self, one: Sighting, _: Sighting | None) -> None:
        if self._life.standing or self._life.ike_standing or self._closed is not None:
            self._lose("restart", one, one.time)

    def _ike_established(self, one: Sighting, _: Sighting | None) -> None:
        self._life.ike_established.append(one)
        self._life.ike_standing.append(one.fields.get("ike_number", ""))
        self._unanswered = None

    _ike_rekeyed = _ike_established

    def _child_established(self, one: Sighting, _: Sighting | None) -> None:
        number = one.fields.get("child_number", "")
        if one.fields.get("part") == "outbound " or any(child.number == number for child in self._life.standing):
            return
        life = self._life
        child = Child(number, one)
        life.children.append(child)
        if not life.standing:
            self._back(one)
        life.standing.append(child)

    def _back(self, one: Sighting) -> None:
        life = self._life
        if self._closed is not None and self._gone is None and _distance_s(self._closed, one) > REAUTHENTICATION_S:
            self._gone = Outage("closed", self._closed.time, self._closed)
        if self._gone is not None:
            life.outages.append(Outage(self._gone.how, self._gone.since, self._gone.sign, one))
        if life.up_since is None or self._gone is not None:
            life.up_since = one
        self._gone = self._closed = None

    def _child_closing(self, one: Sighting, _: Sighting | None) -> None:
        self._end(one, expired=False)

    def _child_expired(self, one: Sighting, _: Sighting | None) -> None:
        self._end(one, expired=True)

    def _end(self, one: Sighting, *, expired: bool) -> None:
        life = self._life
        number = one.fields.get("child_number", "")
        for child in [child for child in life.standing if child.number == number]:
            child.end, child.expired = one, expired
            child.bytes_in, child.bytes_out = _bytes(one, "bytes_in"), _bytes(one, "bytes_out")
            life.standing.remove(child)
            if not life.standing:
                self._closed = one
                if expired:
                    self._gone = Outage("expired", one.time, one)

    def _ike_deleting(self, one: Sighting, _: Sighting | None) -> None:
        life = self._life
        ended = one.fields.get("ike_number", "")
        life.ike_standing = [number for number in life.ike_standing if number != ended]
        if not life.ike_standing and life.standing:
            for child in life.standing:
                child.end = one
            life.standing.clear()
            self._closed = one

    def _duplicate_destroyed(self, one: Sighting, _: Sighting | None) -> None:
        established = self._life.ike_established
        if established and _distance_s(established[-1], one) <= REAUTHENTICATION_S:
            return  # both ends started at once: nobody forgot an SA that was not there before
        since = self._unanswered.time if self._unanswered is not None else one.time
        self._lose("forgotten", one, since)

    def _retransmit(self, one: Sighting, _: Sighting | None) -> None:
        if one.fields.get("try") == "1":
            self._unanswered = one

    _retransmit_v1 = _retransmit

    def _gave_up(self, one: Sighting, following: Sighting | None) -> None:
        self._life.silences.append(one)
        in_attempt = following is not None and following.id in _IN_ATTEMPT and _distance_s(one, following) <= 1
        if in_attempt or not self._life.ike_standing:
            return
        if len(self._life.ike_standing) > 1:
            del self._life.ike_standing[0]  # which of them is not said; the oldest is the likeliest
            return
        self._lose("silence", one, self._unanswered.time if self._unanswered is not None else one.time)

    def _dpd_timed_out(self, one: Sighting, _: Sighting | None) -> None:
        self._life.silences.append(one)
        waited = self._observation.dpd_timeout_s or DPD_TIMEOUT_S
        self._lose("silence", one, None if one.time is None else one.time - waited)

    def _lose(self, how: Loss, one: Sighting, since: float | None) -> None:
        life = self._life
        for child in life.standing:
            child.end = one
        was_up = bool(life.standing) or self._closed is not None or bool(life.ike_standing)
        life.standing.clear()
        life.ike_standing.clear()
        if was_up and self._gone is None:
            self._gone = Outage(how, since, one)
        self._unanswered = None

    @property
    def gone(self) -> Outage | None:
        """The outage that lasts."""
        return self._gone


def _distance_s(one: Sighting, other: Sighting) -> float:
    return float("inf") if one.time is None or other.time is None else abs(other.time - one.time)


def _bytes(one: Sighting, name: str) -> int | None:
    text = one.fields.get(name)
    return None if text is None else int(text)
