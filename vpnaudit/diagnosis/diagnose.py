"""One verdict for one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.diagnosis.instability import instability
from vpnaudit.diagnosis.life import Life, life_of
from vpnaudit.diagnosis.lost_child import lost_child
from vpnaudit.diagnosis.phase_one import phase_one, unseen
from vpnaudit.diagnosis.standing import reaches_start, standing_child
from vpnaudit.diagnosis.stranger import stranger_of
from vpnaudit.diagnosis.verdict import Diagnosis, Ground, cannot_tell

if TYPE_CHECKING:
    from vpnaudit.diagnosis.observation import Observation


def diagnose(observation: Observation) -> Diagnosis:
    """The verdict, with its reasons. Questions are asked in the order of the knowledge table `diagnoses`."""
    life = life_of(observation)
    not_loaded = _not_loaded(observation)
    if not_loaded is not None:
        return not_loaded
    stranger = None if _child_stands(observation, life) else stranger_of(observation, life)
    return stranger or _not_started(observation, life) or _by_state(observation, life)


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
    if not reaches_start(observation):
        return None
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


def _is_outdated(observation: Observation, life: Life) -> bool:
    """Whether the log goes on behind the status: what stands there has ended, and nothing came after it."""
    numbers = {str(child.number) for child in observation.children}
    ended = {child.number for child in life.children if child.end is not None}
    return bool(numbers) and numbers <= ended and not life.standing


def _child_stands(observation: Observation, life: Life) -> bool:
    if not observation.status:
        return bool(life.standing)
    return bool(observation.children) and not _is_outdated(observation, life)


def _by_state(observation: Observation, life: Life) -> Diagnosis:
    child = _child_stands(observation, life)
    by_status = observation.status and not _is_outdated(observation, life)
    ike = any(sa.established for sa in observation.ike) if by_status else bool(life.ike_standing)
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
