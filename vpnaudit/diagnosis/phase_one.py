"""No IKE_SA stands: was the peer refused, silent, or never asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.diagnosis.verdict import Diagnosis, Ground, Name, cannot_tell, lines_of

if TYPE_CHECKING:
    from vpnaudit.diagnosis.life import Life
    from vpnaudit.diagnosis.observation import Observation, Sighting

_REASONS: Final[dict[Name, frozenset[str]]] = {
    "version": frozenset(),
    "proposal_phase1": frozenset({"proposals_unacceptable", "no_proposal_v1", "group_not_ours"}),
    "identity": frozenset(
        {"no_peer_config", "no_peer_config_v1", "identity_mismatch_v1", "identity_required", "identity_constraint"}
    ),
    "wrong_key": frozenset({"mac_mismatch", "no_shared_key", "no_shared_key_v1", "hash_mismatch", "decryption_failed"}),
}
_NOTIFIES: Final[dict[str, Name]] = {
    "NO_PROPOSAL_CHOSEN": "proposal_phase1",
    "INVALID_KE_PAYLOAD": "proposal_phase1",
    "INVALID_MAJOR_VERSION": "version",
    "AUTHENTICATION_FAILED": "wrong_key",
    "PAYLOAD_MALFORMED": "wrong_key",
    "INVALID_HASH_INFORMATION": "wrong_key",
    "INVALID_ID_INFORMATION": "identity",
}
_PHASE_ONE_NOTIFIES: Final = frozenset({"notify_error", "notify_error_v1", "notify_fatal"})
_LOOK_ALIKE: Final[dict[Name, tuple[Name, ...]]] = {
    "wrong_key": ("identity",),
    "proposal_phase1": ("version", "identity"),
}
"""What a notify of the peer alone does not tell apart: an identity or an address that the peer does not know is refused
in the words of a wrong key or proposal.
"""
_RETRANSMITS: Final = ("retransmit", "retransmit_v1")
_STILL_REFUSED: Final = 2
"""Attempts without an answer after the last refusal, from which on the peer counts as gone."""


def phase_one(observation: Observation, life: Life) -> Diagnosis | None:
    """The verdict where phase 1 does not stand; None: nothing of it was seen."""
    later = (one for one in life.refusals if one.sequence > life.last_up)
    refusals = [(one, reason) for one in later if (reason := reason_of(one, observation))]
    last = refusals[-1][0].sequence if refusals else -1
    silent = [one for one in life.silences if one.sequence > last]
    if refusals and (len(silent) <= _STILL_REFUSED or _last_received(observation) > last):
        return _refused(refusals)
    return _taken_for_remote_access(observation) or _unanswered(observation, life)


def reason_of(one: Sighting, observation: Observation) -> Name | None:
    """Why phase 1 was refused, as this line says; None: it does not speak of phase 1."""
    if one.id == "no_ike_config":
        # The addresses are those of the connection, so what the peer's first message did not fit is its version.
        return "version" if one.fields.get("theirs") == observation.gateway and _other_version(observation) else None
    if one.id in _PHASE_ONE_NOTIFIES:
        return _NOTIFIES.get(one.fields.get("notify", ""))
    return next((name for name, ids in _REASONS.items() if one.id in ids), None)


def _taken_for_remote_access(observation: Observation) -> Diagnosis | None:
    """The peer comes from the right address, and another connection took it: its identity is not the expected one."""
    looked = [one for one in observation.remote_access if one.id in ("ike_established", "looking_for_peer")]
    strange = [one for one in looked if one.fields.get("their_id") not in (None, observation.expected_id)]
    if not strange or observation.expected_id is None:
        return None
    return Diagnosis("identity", strange[0].time, lines_of(strange))


def _other_version(observation: Observation) -> bool:
    """Whether the peer's first messages are of the IKE version that the connection does not speak."""
    foreign = {"ikev1": ("IKE_SA_INIT",), "ikev2": ("ID_PROT", "AGGRESSIVE")}.get(observation.version or "", ())
    first = [one for one in _of(observation, "message_parsed") if one.fields.get("direction") == "request"]
    return not first or any(one.fields.get("exchange") in foreign for one in first)


def _refused(refusals: list[tuple[Sighting, Name]]) -> Diagnosis:
    """The reason that says most: a notify of the peer hides what the router's own lines tell."""
    by_reason: dict[Name, list[Sighting]] = {}
    for one, reason in refusals:
        by_reason.setdefault(reason, []).append(one)
    # A key is what is left where nothing else was said: its notify is that of an identity too.
    name = next(name for name in _REASONS if name in by_reason)
    lines = by_reason[name]
    others = [one for reason, ones in by_reason.items() if reason != name for one in ones[:1]]
    may_be = _LOOK_ALIKE.get(name, ()) if all(one.id in _PHASE_ONE_NOTIFIES for one in lines) else ()
    since = _first_time([one for one, _ in refusals])
    return Diagnosis(name, since, lines_of(lines), lines_of(others), may_be)


def _unanswered(observation: Observation, life: Life) -> Diagnosis | None:
    if life.ike_established:
        return _gone(observation, life)
    attempts = [one for one in life.attempts if one.id in ("initiating", "peer_initiating")]
    if not attempts:
        return None
    if _of(observation, "packet_received"):
        return _answered_in_part(observation, life, attempts)
    if not life.silences and not _of(observation, *_RETRANSMITS):
        return cannot_tell("whether an answer came: the log ends before an attempt is over", lines_of(attempts[-1:]))
    grounds = lines_of([*attempts[:1], *life.silences[-2:]])
    return Diagnosis("no_answer", _first_time(attempts), grounds, may_be=("wrong_peer_address",))


def _answered_in_part(observation: Observation, life: Life, attempts: list[Sighting]) -> Diagnosis:
    """Packets of the gateway came in, and phase 1 was neither refused nor done: on which port do they end?"""
    received = _of(observation, "packet_received")
    sent = [one for one in _of(observation, "packet_sent") if one.fields.get("their_port") == "4500"]
    half_open = _of(observation, "half_open_deleted")
    if any(one.fields.get("our_port") == "4500" for one in received) or not (sent or half_open):
        why = "why phase 1 does not come up: packets come in, and no line says why they lead to nothing"
        return cannot_tell(why, lines_of(attempts[-1:]))
    again = _of(observation, "request_again")
    if again and not any(one.fields.get("direction") == "response" for one in _of(observation, "message_parsed")):
        return cannot_tell("whether the router's answers on UDP 500 arrive: the peer asks again", lines_of(again[:2]))
    grounds = (
        *lines_of(received[:1], "UDP 500 is answered"),
        *lines_of((half_open or sent)[:1]),
        *lines_of(life.silences[-2:]),
    )
    return Diagnosis("no_answer_4500", _first_time(attempts), grounds)


def _gone(observation: Observation, life: Life) -> Diagnosis | None:
    """It was up once: by silence it was lost, or somebody closed it."""
    if life.gone is not None and life.gone.how == "silence":
        return Diagnosis("dpd_dead", life.gone.since, lines_of([life.gone.sign, *life.silences[-2:]]))
    later = [one for one in life.silences if one.sequence > life.last_up]
    if later:
        first = next((one for one in _of(observation, *_RETRANSMITS) if one.sequence > life.last_up), later[0])
        return Diagnosis("dpd_dead", first.time, lines_of([first, *later[-2:]]))
    return None


def _of(observation: Observation, *ids: str) -> list[Sighting]:
    return [one for one in observation.sightings if one.id in ids]


def _last_received(observation: Observation) -> int:
    """The place of the last packet that came in, as far as runs tell: the end of a run is not counted by its place."""
    return max((one.sequence for one in _of(observation, "packet_received")), default=-1)


def _first_time(sightings: list[Sighting]) -> float | None:
    """The time of the first in the log, which with a clock that was set need not be the earliest."""
    return next((one.time for one in sightings if one.time is not None), None)


def unseen(observation: Observation) -> tuple[Ground, ...]:
    """What was not there to look at, as grounds of a verdict that cannot be given."""
    lacking = {
        "status": observation.status,
        "log": bool(observation.sightings),
        "counters": observation.counters is not None,
    }
    return tuple(Ground(f"no {name} in the evidence") for name, there in lacking.items() if not there)
