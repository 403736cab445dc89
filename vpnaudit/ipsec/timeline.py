"""The life of a tunnel as a list of events: now, at the first rekey of a CHILD_SA, at its end, at the IKE
reauthentication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.ipsec.lifetimes import Window
from vpnaudit.ipsec.outcome import Event

if TYPE_CHECKING:
    from vpnaudit.ipsec.establish import Established
    from vpnaudit.ipsec.renewal import Renewals
    from vpnaudit.ipsec.router import RouterConfig
    from vpnaudit.ipsec.sides import PeerSide


def timeline(established: Established, renewed: Renewals, config: RouterConfig, peer: PeerSide) -> tuple[Event, ...]:
    """The events in the order in which they come, as far as the tunnel gets.

    The first rekey is the router's at `child_window`, unless the peer's lifetime is shorter: then the peer may start
    any time before its own lifetime ends, so that the interval begins at 0 and nothing better can be said without
    knowing its margin.
    """
    events = [Event("now", 0, 0, established.stopped_at is None and bool(established.children), _now(established))]
    if established.children:
        events += [*_children(renewed, config, peer), _ike(renewed)]
    return tuple(events)


def _now(established: Established) -> str:
    if established.stopped_at is not None:
        return f"no IKE_SA: stopped at {established.stopped_at} ({established.error}); the API shows Disconnected"
    if established.elsewhere:
        return "the peer gets an IKE_SA under the remote-access connection and no CHILD_SA; the API shows Disconnected"
    if not established.children:
        return f"an IKE_SA without a CHILD_SA ({established.error}); the API shows Connected, nothing is carried"
    failed = f"; {len(established.child_errors)} more failed ({established.error})" if established.child_errors else ""
    return (
        f"IKE_SA and {len(established.children)} CHILD_SA{'s' if len(established.children) > 1 else ''} up{failed}; the"
        " API shows Connected"
    )


def _children(renewed: Renewals, config: RouterConfig, peer: PeerSide) -> list[Event]:
    ours, theirs = config.esp_lifetime_s, peer.esp_lifetime_s
    window = renewed.child_window
    if theirs and (window is None or theirs <= window.earliest_s):
        window = Window(0, theirs)
    by_router, by_peer = renewed.child_by_router, renewed.child_by_peer
    ok = by_router.ok and by_peer.ok
    if ok:
        says = f"rekeyed on {by_router.suite}" if by_router.pfs else f"rekeyed on {by_router.suite}, without PFS"
    else:
        failing = [who for who, step in (("the router", by_router), ("the peer", by_peer)) if not step.ok]
        says = (
            f"a rekey started by {' or '.join(failing)} fails (NO_PROPOSAL_CHOSEN); the old CHILD_SA lasts until"
            " its end"
        )
    events = [Event("child rekey", *_span(window), ok, says)]
    ends = [lifetime for lifetime in (ours, theirs) if lifetime]
    if ends and (not ok or renewed.child_behaviour == "never-rekeyed"):
        says = "the CHILD_SA ends and nothing replaces it; the API still shows Connected"
        events.append(Event("child expiry", min(ends), min(ends), False, says))
    return events


def _ike(renewed: Renewals) -> Event:
    window, step = renewed.ike_window, renewed.ike_by_router
    if step.ok and renewed.child_by_router.ok:
        says = f"a new IKE_SA on {step.suite}"
    elif step.ok:
        says = "a new IKE_SA, if a CHILD_SA is left to take along; else none, and only then the API shows Disconnected"
    else:
        says = f"the router's reauthentication fails ({step.error}); the API shows Disconnected"
    return Event("ike reauthentication", *_span(window), step.ok, says)


def _span(window: Window | None) -> tuple[int | None, int | None]:
    return (None, None) if window is None else (window.earliest_s, window.latest_s)
