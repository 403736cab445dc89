"""When things were, where the router only says how long ago: its clock may have been set in between.

charon counts ages by a clock that is never set, and the log has the one that is. So the start of the daemon, which its
log says and its status works out from its age, tells by how much the clock was set since; where the log's times jump by
that much is when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vpnaudit.evidence.clock import seconds

if TYPE_CHECKING:
    from vpnaudit.evidence.routers import RouterEvidence

_SMALLEST_JUMP_S: Final = 120.0
_START_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class RouterClock:
    """When the evidence was taken, when the daemon started, and how the clock was set in between; None: not known."""

    taken: float | None = None
    daemon_start: float | None = None
    version: str | None = None
    jump_s: float | None = None
    jump_at: float | None = None

    def ago(self, age_s: int | None) -> float | None:
        """The time so long before the evidence was taken, as the clock showed it then."""
        if age_s is None or self.taken is None:
            return None
        time = self.taken - age_s
        before_jump = self.jump_s is not None and self.jump_at is not None and time < self.jump_at
        return time - (self.jump_s or 0) if before_jump else time

    def later(self, due_s: int | None) -> float | None:
        """The time so long after the evidence was taken."""
        return None if due_s is None or self.taken is None else self.taken + due_s


def clock_of(router: RouterEvidence) -> RouterClock:
    """What the evidence says of the router's clock."""
    log = router.log
    taken = router.state.taken
    if taken is None and log is not None:
        taken = log.last_time
    if taken is None:
        taken = router.reference.taken
    since = None
    if router.status is not None and router.status.since:
        since = seconds(router.status.since, router.reference)
    start = log.daemon_start if log is not None else None
    if start is None or since is None:
        return RouterClock(taken, start if start is not None else since, log.version if log else None)
    jump = since - start
    if abs(jump) < _SMALLEST_JUMP_S or log is None:
        return RouterClock(taken, start, log.version if log else None, 0.0)
    if log.jump is None or abs(log.jump[0] - jump) > max(_SMALLEST_JUMP_S, abs(jump) / 4):
        # The status is of a later start than the log: nothing is known of the time between.
        return RouterClock(taken, since, log.version)
    return RouterClock(taken, start, log.version, jump, log.jump[1])
