"""A tunnel that is lost again and again: two devices with one identity, a peer that restarts, a line that breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.diagnosis.verdict import Diagnosis, lines_of

if TYPE_CHECKING:
    from vpnaudit.diagnosis.life import Life, Outage
    from vpnaudit.diagnosis.observation import Observation, Sighting
    from vpnaudit.diagnosis.verdict import Ground

AGAIN: Final = 3
_LONG_AGO: Final = 12
"""An outage this many times as long as the pauses between the former ones, and the tunnel no longer comes back."""


def instability(observation: Observation, life: Life) -> Diagnosis | None:
    """The verdict where the losses of the log have one cause; None: they do not repeat."""
    forgotten = [outage for outage in life.outages if outage.how == "forgotten"]
    silent = [outage for outage in life.outages if outage.how == "silence"]
    again = len(forgotten) >= AGAIN and not _settled(observation, forgotten)
    if again and (ports := _two_at_once(observation)):
        return Diagnosis("duplicate_peer", forgotten[0].sign.time, (*lines_of(ports), *_signs(forgotten)))
    if again and len(forgotten) > len(silent):
        return Diagnosis("peer_restarting", forgotten[0].since, _signs(forgotten), _signs(silent))
    if len(silent) >= AGAIN and not _settled(observation, silent):
        return Diagnosis("flapping", silent[0].since, _signs(silent), _signs(forgotten))
    return None


def _signs(outages: list[Outage]) -> tuple[Ground, ...]:
    return lines_of([outage.sign for outage in outages])


def _settled(observation: Observation, outages: list[Outage]) -> bool:
    """Whether the last loss is so long ago, measured by their pace, that they are over."""
    times = [outage.since for outage in outages if outage.since is not None]
    if len(times) < AGAIN or observation.taken is None:
        return False
    pace = (times[-1] - times[0]) / (len(times) - 1)
    return observation.taken - times[-1] > max(_LONG_AGO * pace, 3600)


def _two_at_once(observation: Observation) -> list[Sighting]:
    """The packets of two devices behind one address: from two ports, in turn. A NAT that changed its port has one after
    the other; a device that restarts keeps its own.
    """
    runs: dict[str, list[Sighting]] = {}
    for one in observation.sightings:
        if one.id == "packet_received" and one.fields.get("our_port") == "4500":
            runs.setdefault(f"{one.address} {one.fields.get('their_port')}", []).append(one)
    spans = {key: (ones[0].sequence, _end(ones)) for key, ones in runs.items()}
    for key, (start, end) in spans.items():
        for other, (second, _) in spans.items():
            if (
                key != other
                and start < second
                and end is not None
                and (at := runs[other][0].time) is not None
                and end > at
            ):
                return [runs[key][0], runs[other][0]]
    return []


def _end(ones: list[Sighting]) -> float | None:
    last = ones[-1]
    return last.last_time if last.last_time is not None else last.time
