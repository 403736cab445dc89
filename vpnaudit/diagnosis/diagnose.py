"""One verdict for one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.diagnosis.instability import instability
from vpnaudit.diagnosis.life import Life, life_of
from vpnaudit.diagnosis.lost_child import lost_child
from vpnaudit.diagnosis.phase_one import phase_one, unseen
from vpnaudit.diagnosis.standing import standing_child
from vpnaudit.diagnosis.verdict import Diagnosis, Ground, cannot_tell

if TYPE_CHECKING:
    from vpnaudit.diagnosis.observation import Observation

_START_S: Final = 5.0


def diagnose(observation: Observation) -> Diagnosis:
    """The verdict, with its reasons. Questions are asked in the order of the knowledge table `diagnoses`."""
    life = life_of(observation)
    return _not_loaded(observation) or _not_started(observation, life) or _by_state(observation, life)


def _not_loaded(observation: Observation) -> Diagnosis | None:
    if not (observation.configured and observation.loaded is False):
        return None
    return Diagnosis(
        "not_loaded",
        observation.configured_since,
        (Ground("the file of the connection", observation.configured_place), Ground("the daemon does not list it")),
    )


def _not_started(observation: Observation, life: Life) -> Diagnosis | None:
    if not observation.loaded or observation.ike or observation.children or observation.daemon_start is None:
        return None
    if observation.log_first is None or observation.log_first > observation.daemon_start + _START_S:
        return None  # what came before the log was not seen
    starts = [one.sequence for one in observation.sightings if one.id == "daemon_start"]
    start = max(starts, default=-1)
    later = [
        one
        for one in observation.sightings
        if one.sequence > start and one.connection is not None and one.id not in ("connection_added", "secret_loaded")
    ]
    if later or any(one.sequence > start for one in life.attempts):
        return None
    return Diagnosis(
        "not_started", observation.daemon_start, (Ground("loaded, and no line of an attempt since the daemon started"),)
    )


def _by_state(observation: Observation, life: Life) -> Diagnosis:
    child = bool(observation.children) if observation.status else bool(life.standing)
    ike = any(sa.established for sa in observation.ike) if observation.status else bool(life.ike_standing)
    refused = None if ike or child else phase_one(observation, life)
    if refused is not None and refused.verdict not in (None, "dpd_dead"):
        return refused
    unstable = instability(observation, life)
    if unstable is not None:
        return unstable
    if child:
        if not observation.status:
            return cannot_tell("whether traffic passes: the evidence has no status", unseen(observation))
        return standing_child(observation, life)
    if ike:
        return lost_child(life)
    return refused or cannot_tell("what became of the tunnel: no SA stands, and no line says why", unseen(observation))
