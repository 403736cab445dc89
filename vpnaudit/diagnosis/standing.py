"""A CHILD_SA stands: does it carry, which way, and who is in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vpnaudit.diagnosis.verdict import Diagnosis, Ground, cannot_tell, lines_of
from vpnaudit.ipsec.selectors import networks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network

    from vpnaudit.diagnosis.life import Child, Life
    from vpnaudit.diagnosis.observation import Counter, Observation, Sighting, StandingChild

START_S: Final = 5.0
FIRST_PACKETS: Final = 5
"""CloudStack's router sends three pings when it starts a connection; so many are no traffic."""
FIRST_BYTES: Final = 100 * FIRST_PACKETS
_FIRST_S: Final = 120.0
_STALE_S: Final = 120.0
_YOUNG_S: Final = 120.0
_FEW: Final = 3


def standing_child(observation: Observation, life: Life) -> Diagnosis:
    """The verdict where a CHILD_SA stands."""
    child = _busiest(observation.children)
    if child.packets_in is None or child.packets_out is None:
        return cannot_tell("whether traffic passes: the status has no counts", (Ground("CHILD_SA", child.place),))
    since = up_since(observation, life)
    place = Ground("the CHILD_SA that stands, and its counts", child.place)
    blocked = _blocked(observation, child)
    if blocked is not None:
        return Diagnosis("acl_blocked", since, (place, blocked))
    if _one_way_out(observation, life, child):
        return Diagnosis("no_return", _silent_since(observation, life, child), (place, *_pings(observation)))
    if _idle(life, child):
        return _with_past(observation, Diagnosis("idle", since, (place,)))
    if child.packets_in and not child.packets_out and not _young(observation, life, child):
        return cannot_tell(
            "why packets come in and none goes out: neither a rule that drops them nor a counter was seen", (place,)
        )
    start = lines_of([life.up_since]) if life.up_since else ()
    return _with_past(observation, Diagnosis("up", since, (place, *start)))


def _with_past(observation: Observation, diagnosis: Diagnosis) -> Diagnosis:
    """A tunnel that stands now may be one that is lost every hour: without a log nobody knows."""
    if observation.log_first is None:
        why = "whether it stays up: it stands now, and the evidence has no log"
        return replace(cannot_tell(why, diagnosis.rests_on), may_be=(diagnosis.verdict,) if diagnosis.verdict else ())
    if reaches_start(observation):
        return diagnosis
    return diagnosis.but([Ground("the log begins after the daemon started: what was before it is not known")])


def up_since(observation: Observation, life: Life) -> float | None:
    """Since when it stands without a loss: as the log has it, else as old as the IKE_SA in the status is."""
    if life.up_since is not None and (life.outages or reaches_start(observation)):
        return life.up_since.time
    ages = [sa.since for sa in observation.ike if sa.established and sa.since is not None]
    started = life.up_since.time if life.up_since is not None else None
    return min([*ages, *([started] if started is not None else [])], default=None)


def reaches_start(observation: Observation) -> bool:
    """Whether the log has all since the daemon started: what it does not have may have been anything."""
    first, start = observation.log_first, observation.daemon_start
    return first is not None and start is not None and first <= start + START_S


def _busiest(children: tuple[StandingChild, ...]) -> StandingChild:
    """Of several the one that has carried most lately: the others are left over or spare."""
    return max(
        children,
        key=lambda child: (
            child.used_in or 0,
            child.packets_in or 0,
            child.used_out or 0,
            child.packets_out or 0,
            child.number,
        ),
    )


def _start(life: Life, child: StandingChild) -> Sighting | None:
    return next((one.start for one in reversed(life.children) if one.number == str(child.number)), None)


def _before(life: Life, child: StandingChild) -> list[Child]:
    """The CHILD_SAs before this one whose counts are known, of the time since the last loss, newest first."""
    first = life.up_since.sequence if life.up_since else -1
    return [
        one
        for one in reversed(life.children)
        if one.start.sequence >= first and one.number != str(child.number) and one.bytes_in is not None
    ]


def _young(observation: Observation, life: Life, child: StandingChild) -> bool:
    """Whether the CHILD_SA is so new that what its counts lack says nothing yet."""
    start = _start(life, child)
    if start is None or start.time is None or observation.taken is None:
        return False
    return len(life.children) > 1 and observation.taken - start.time < _YOUNG_S


def _one_way_out(observation: Observation, life: Life, child: StandingChild) -> bool:
    incoming, outgoing = child.packets_in or 0, child.packets_out or 0
    before = _before(life, child)
    nothing_before = bool(before) and not before[0].bytes_in
    if incoming == 0 and outgoing == 0:
        return _young(observation, life, child) and nothing_before and _forwarded(observation)
    if incoming == 0:
        if nothing_before or not before:
            return outgoing > _FEW
        return not _young(observation, life, child) and outgoing > _FEW
    if child.used_in is None or child.used_out is None:
        return False
    return child.used_out - child.used_in > max(_STALE_S, 3 * (observation.dpd_delay_s or 0)) and outgoing > incoming


def _forwarded(observation: Observation) -> bool:
    """Whether the router's own counters saw more than the first packets for the tunnel."""
    far = networks(observation.far)
    return any(
        counter.chain == "FORWARD" and counter.packets > FIRST_PACKETS and _covers(counter.destination, far)
        for counter in observation.counters or ()
    )


def _idle(life: Life, child: StandingChild) -> bool:
    if any((one.bytes_in or 0) > FIRST_BYTES for one in _before(life, child)):
        return False
    if max(child.packets_in or 0, child.packets_out or 0) > FIRST_PACKETS:
        return False
    start = _start(life, child)
    used = [time for time in (child.used_in, child.used_out) if time is not None]
    if not used or start is None or start.time is None:
        return not used or max(child.packets_in or 0, child.packets_out or 0) <= FIRST_PACKETS
    return max(used) - start.time <= _FIRST_S


def _silent_since(observation: Observation, life: Life, child: StandingChild) -> float | None:
    """When packets stopped to come in.

    The last CHILD_SA through which any came bounds it; within its time, charon began to ask (DPD) as soon as nothing
    came for the delay, and has asked ever since. Without DPD, the status has the age of the last packet.
    """
    if child.packets_in and child.used_in is not None:
        return child.used_in
    last = next((one for one in _before(life, child) if one.bytes_in), None)
    if last is None:
        return up_since(observation, life)
    end = last.end
    asked = [
        one
        for one in observation.sightings
        if one.id == "dpd_sent" and (end is None or one.sequence < end.sequence) and _until(one, end)
    ]
    if asked:
        return _before_jump(observation, asked).time
    return end.time if end is not None else None


def _before_jump(observation: Observation, runs: list[Sighting]) -> Sighting:
    """The last run of requests, or the one that it goes on from where the clock was set in between."""
    last, jump_at = runs[-1], observation.clock_jump_at
    if len(runs) < 2 or jump_at is None or last.time is None:  # noqa: PLR2004 - one before another
        return last
    pause = 2 * (observation.dpd_delay_s or 30) + 10
    former = runs[-2].last_time if runs[-2].last_time is not None else runs[-2].time
    broken = 0 <= last.time - jump_at <= pause and former is not None
    return runs[-2] if broken and 0 <= jump_at - observation.clock_jump_s - (former or 0) <= pause else last


def _until(run: Sighting, end: Sighting | None) -> bool:
    """Whether a run of DPD requests lasts to the end of a CHILD_SA."""
    if end is None or end.time is None or run.time is None:
        return end is None
    last = run.last_time if run.last_time is not None else run.time
    return last >= end.time - 2 * 60


def _pings(observation: Observation) -> tuple[Ground, ...]:
    asked = [one for one in observation.sightings if one.id == "dpd_sent"]
    return lines_of(asked[-1:], "the peer answers IKE, and is asked again and again since no ESP comes")


def _blocked(observation: Observation, child: StandingChild) -> Ground | None:
    """The rule of the tier's ingress list that drops what comes out of the tunnel."""
    if observation.counters is None or (child.packets_out or 0) > _FEW:
        return None
    far = networks(observation.far)
    chains: dict[str, list[Counter]] = {}
    for counter in observation.counters:
        if counter.table == "filter" and counter.chain.startswith("ACL_INBOUND_"):
            chains.setdefault(counter.chain, []).append(counter)
    arrived = bool(child.packets_in) or _arrived(observation, far)
    let_in = any(
        rule.action == "ACCEPT" and rule.packets and rule.source is not None and _covers(rule.source, far)
        for rules in chains.values()
        for rule in rules
    )
    hits = [drop for rules in chains.values() if (drop := _dropping(rules, far))]
    return hits[0] if arrived and hits and not let_in else None


def _arrived(observation: Observation, far: tuple[IPv4Network, ...]) -> bool:
    return any(
        one.chain == "FORWARD" and one.packets > FIRST_PACKETS and _covers(one.source, far)
        for one in observation.counters or ()
    )


def _dropping(rules: list[Counter], far: tuple[IPv4Network, ...]) -> Ground | None:
    """The rule that drops packets of these networks: one for them, or the last one for all where none of theirs was let
    in.
    """
    theirs = [rule for rule in rules if rule.packets and rule.source is not None and _covers(rule.source, far)]
    for_all = [rule for rule in rules if rule.packets and rule.source is None]
    for rule in (*theirs, *for_all):
        if rule.action == "ACCEPT":
            return None
        if rule.action in ("DROP", "REJECT"):
            return Ground(f"{rule.packets} packets dropped by {rule.chain}", rule.place)
    return None


def _covers(text: str | None, far: Iterable[IPv4Network]) -> bool:
    nets = networks([text]) if text else ()
    return any(net.overlaps(one) for net in nets for one in far)
