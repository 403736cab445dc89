"""A peer that no connection has by its address, and that wants what this connection offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.diagnosis.verdict import Diagnosis, lines_of
from vpnaudit.ipsec.selectors import networks

if TYPE_CHECKING:
    from vpnaudit.diagnosis.life import Life
    from vpnaudit.diagnosis.observation import Observation, Sighting


def stranger_of(observation: Observation, life: Life) -> Diagnosis | None:
    """The verdict where somebody from another address asks for exactly the networks of this connection, or shows the
    identity that it expects.
    """
    wanted = [one for one in observation.foreign if _wants_the_same(one, observation)]
    if not wanted:
        return None
    first = min(
        (
            one
            for one in (*observation.foreign, *life.attempts)
            if one.time is not None and (one.address == wanted[0].address or one in life.attempts)
        ),
        key=lambda one: one.sequence,
        default=wanted[0],
    )
    return Diagnosis("wrong_peer_address", first.time, lines_of([*wanted[:3], *life.silences[-1:]]))


def _wants_the_same(one: Sighting, observation: Observation) -> bool:
    if one.id in ("selectors_unacceptable", "selectors_unknown"):
        ours = {str(net) for net in networks(one.fields.get("ts_ours", "").split())}
        theirs = {str(net) for net in networks(one.fields.get("ts_theirs", "").split())}
        return bool(set(observation.near) & ours) and bool(set(observation.far) & theirs)
    if one.id == "looking_for_peer":
        return observation.expected_id is not None and one.fields.get("their_id") == observation.expected_id
    return False
