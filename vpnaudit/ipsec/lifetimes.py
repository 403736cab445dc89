"""Rekeying times as intervals.

strongSwan rekeys before the lifetime ends: `lifetime - (margintime + random(0, margintime * rekeyfuzz))`. The router
sets neither, so the defaults hold: 9 minutes and 100 %, which is 9 to 18 minutes before the end (ipsec.conf(5), "Expiry
and Rekeying").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

MARGIN_S: Final = 540
FUZZ: Final = 1.0
STABLE_S: Final = int(MARGIN_S * (1 + FUZZ))

Behaviour = Literal["stable", "unstable", "never-rekeyed", "no-limit"]


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds after establishment between which something happens."""

    earliest_s: int
    latest_s: int


def rekey_window(lifetime_s: int, margin_s: int = MARGIN_S, fuzz: float = FUZZ) -> Window | None:
    """When a rekey (CHILD_SA) or a reauthentication (IKE_SA) starts; None: it never does.

    0 means no lifetime: nothing expires, nothing is rekeyed. A lifetime within the margin leaves no time before the
    start, so strongSwan disables rekeying and the SA just ends.
    """
    if lifetime_s <= margin_s:
        return None
    return Window(max(0, int(lifetime_s - margin_s * (1 + fuzz))), lifetime_s - margin_s)


def behaviour(lifetime_s: int) -> Behaviour:
    """How an SA with this lifetime lives on the router, as measured over 640 s.

    `never-rekeyed`: up to 9 minutes, the SA ends without a successor (IKEv2 makes a new one after the gap, IKEv1 does
    not). `unstable`: up to 18 minutes, the margin's random part may reach before the start, so it rekeys again and
    again or too late. `no-limit`: 0.
    """
    if lifetime_s <= 0:
        return "no-limit"
    if lifetime_s <= MARGIN_S:
        return "never-rekeyed"
    return "unstable" if lifetime_s <= STABLE_S else "stable"


def chance_of_no_rekey(lifetime_s: int) -> float:
    """The chance that the random part of the margin reaches before the start of a CHILD_SA, so that it is not rekeyed
    at all.
    """
    if lifetime_s <= 0:
        return 0.0
    return min(1.0, max(0.0, (STABLE_S - lifetime_s) / (STABLE_S - MARGIN_S)))
