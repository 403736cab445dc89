"""What is predicted of a connection, for one initiator and over all of them, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.ipsec.outcome import Event, Outcome, Reason
    from vpnaudit.ipsec.sides import Initiator

VERDICTS: Final = {
    "no_ike": "does not come up",
    "ike_only": "comes up and carries nothing",
    "partial": "carries a part of what it should",
    "latent_rekey_failure": "works until a renewal, which fails",
    "interrupted_later": "works until the router's own lifetimes end it",
    "ok": "works",
}
"""The verdicts of `ipsec.outcome`, worst first, in words."""

_TWO_HOURS_S: Final = 7200
_TWO_MINUTES_S: Final = 120


@dataclass(frozen=True, slots=True)
class Start:
    """The prediction for one initiator; `version` is the IKE version it is taken to start with, where that is not
    known.
    """

    initiator: Initiator
    version: int | None
    outcome: Outcome

    @property
    def title(self) -> str:
        """Who starts, in words."""
        return f"the {self.initiator} starts" + (f" with IKEv{self.version}" if self.version else "")


@dataclass(frozen=True, slots=True)
class Line:
    """A reason over all starts; `starts` are the titles of those in which it is a cause."""

    reason: Reason
    starts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mend:
    """What to set on one side (`CloudStack side`, `far side`), or on `both ends`, and how each start then ends."""

    side: str
    changes: Mapping[str, str]
    verdicts: Mapping[str, str]

    @property
    def works(self) -> bool:
        """Whether nothing fails then, whoever starts."""
        return set(self.verdicts.values()) == {"ok"}


def when(event: Event) -> str:
    """When something happens, after establishment, in words."""
    earliest, latest = event.earliest_s, event.latest_s
    if earliest is None or latest is None:
        return "at no known time"
    if latest == 0:
        return "now"
    divisor, unit, digits = (
        (3600, "h", 2) if latest >= _TWO_HOURS_S else (60, "min", 0) if latest >= _TWO_MINUTES_S else (1, "s", 0)
    )
    first, last = (f"{round(value / divisor, digits):g}" for value in (earliest, latest))
    return (
        f"within {last} {unit}"
        if earliest == 0
        else f"after {last} {unit}"
        if first == last
        else f"after {first} to {last} {unit}"
    )


def reader_key(outcome: Outcome) -> tuple[Any, ...]:
    """All that a reader gets to see of an outcome: those with equal keys are put together."""
    children = [(child.suite, child.selectors) for child in outcome.children]
    sas = (outcome.ike_version, outcome.ike_suites, tuple(children))
    return (outcome.verdict, *sas, outcome.timeline, outcome.confidence, outcome.assumed)
