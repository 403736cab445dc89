"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.diagnosis.observation import Sighting

Name = Literal[
    "not_loaded",
    "not_started",
    "wrong_peer_address",
    "no_answer",
    "no_answer_4500",
    "version",
    "proposal_phase1",
    "identity",
    "wrong_key",
    "duplicate_peer",
    "dpd_dead",
    "flapping",
    "peer_restarting",
    "proposal_phase2",
    "selectors",
    "rekey_failing",
    "child_dead",
    "acl_blocked",
    "no_return",
    "idle",
    "up",
]
MOST_PLACES: Final = 6


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason: what was seen in words, and where it stands."""

    says: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One verdict (None: the evidence does not tell), since when, what it rests on and what speaks against it."""

    verdict: Name | None
    since: float | None = None
    rests_on: tuple[Ground, ...] = ()
    against: tuple[Ground, ...] = ()
    may_be: tuple[Name, ...] = ()
    """Other verdicts that would look the same from the router."""
    unknown: str | None = None
    """What would have to be known, where there is no verdict."""

    @property
    def acts(self) -> str | None:
        """Who can mend it."""
        return None if self.verdict is None else str(facts("diagnoses")[self.verdict]["acts"])

    @property
    def action(self) -> str | None:
        """What to do first."""
        return None if self.verdict is None else str(facts("diagnoses")[self.verdict]["action"])

    @property
    def meaning(self) -> str | None:
        """When the verdict is given."""
        return None if self.verdict is None else str(facts("diagnoses")[self.verdict]["meaning"])

    def but(self, against: Iterable[Ground]) -> Diagnosis:
        """The same, with what speaks against it."""
        return replace(self, against=(*self.against, *against)[:MOST_PLACES])


def cannot_tell(why: str, grounds: Iterable[Ground] = ()) -> Diagnosis:
    """No verdict, and what is lacking."""
    return Diagnosis(None, rests_on=tuple(grounds), unknown=why)


def lines_of(sightings: Iterable[Sighting], says: str | None = None) -> tuple[Ground, ...]:
    """Grounds from lines of the log: the first and the last ones, with what the knowledge table says of each."""
    every = list(sightings)
    some = every if len(every) <= MOST_PLACES else [*every[: MOST_PLACES // 2], *every[-MOST_PLACES // 2 :]]
    return tuple(Ground(says or str(facts("charon_log")[one.id]["cause"]), one.place) for one in some)
