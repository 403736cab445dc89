"""An IKE_SA stands and no CHILD_SA: refused from the first, refused at its renewal, or closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.diagnosis.verdict import Diagnosis, Name, cannot_tell, lines_of

if TYPE_CHECKING:
    from vpnaudit.diagnosis.life import Child, Life
    from vpnaudit.diagnosis.observation import Sighting

_SELECTOR_LINES: Final = frozenset({"no_selectors", "selectors_unacceptable", "selectors_unknown", "selectors_invalid"})
_PROPOSAL_LINES: Final = frozenset({"no_proposal_child", "no_proposal_quick", "rekey_failed"})
_NOTIFIES: Final[dict[str, Name]] = {
    "NO_PROPOSAL_CHOSEN": "proposal_phase2",
    "INVALID_KE_PAYLOAD": "proposal_phase2",
    "TS_UNACCEPTABLE": "selectors",
    "INVALID_ID_INFORMATION": "selectors",
    "SINGLE_PAIR_REQUIRED": "selectors",
}
_CHILD_NOTIFIES: Final = frozenset({"no_child_built", "notify_error_v1"})


def lost_child(life: Life) -> Diagnosis:
    """The verdict where phase 1 stands and phase 2 does not."""
    refusals = [one for one in life.refusals if child_reason(one)]
    last = max(life.children, key=lambda child: child.start.sequence, default=None)
    if last is None:
        return _never(refusals, life)
    since_then = [one for one in refusals if one.sequence > last.start.sequence]
    if since_then and last.end is not None:
        return _not_renewed(last, since_then)
    if last.end is None:
        return cannot_tell("how the CHILD_SA ended: its log does not say", lines_of([last.start]))
    tried = [one for one in life.attempts if one.id == "child_attempt" and one.sequence > last.end.sequence]
    if tried:
        return cannot_tell("what became of the last attempt for a CHILD_SA", lines_of([last.end, *tried[-2:]]))
    return Diagnosis("child_dead", last.end.time, lines_of([last.end]))


def child_reason(one: Sighting) -> Name | None:
    """Why a CHILD_SA was refused, as this line says; None: it does not speak of phase 2."""
    if one.id in _SELECTOR_LINES:
        return "selectors"
    if one.id in _PROPOSAL_LINES:
        return "proposal_phase2"
    return _NOTIFIES.get(one.fields.get("notify", "")) if one.id in _CHILD_NOTIFIES else None


def _never(refusals: list[Sighting], life: Life) -> Diagnosis:
    if not refusals:
        kernel = [one for one in life.faults if one.sequence > life.last_up]
        if kernel:
            return cannot_tell("why the kernel refuses the SA; its log says that", lines_of(kernel[-2:]))
        attempts = [one for one in life.attempts if one.id == "child_attempt"]
        return cannot_tell("why no CHILD_SA stands: no line of the log says so", lines_of(attempts[-2:]))
    name = _main_reason(refusals)
    others = [one for one in refusals if child_reason(one) != name]
    first = next((one for one in life.attempts if one.time is not None), refusals[0])
    return Diagnosis(
        name, first.time, lines_of([one for one in refusals if child_reason(one) == name]), lines_of(others[:2])
    )


def _main_reason(refusals: list[Sighting]) -> Name:
    """The reason of the latest refusal that gives one."""
    return next(reason for one in reversed(refusals) if (reason := child_reason(one)))


def _not_renewed(last: Child, refusals: list[Sighting]) -> Diagnosis:
    """It stood, so its proposals had something in common: what a later exchange refuses is the group, which the first,
    made with phase 1, has no room for.
    """
    end = last.end or refusals[0]
    if _main_reason(refusals) == "proposal_phase2":
        return Diagnosis("rekey_failing", end.time, lines_of([refusals[0], end, *refusals[-2:]]))
    later = [one for one in refusals if one.sequence > end.sequence] or refusals
    return Diagnosis(_main_reason(refusals), later[0].time, lines_of([end, *later]))
