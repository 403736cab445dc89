"""A prediction and a run, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.ipsec.outcome import Outcome
    from vpnaudit.ipsec.renewal import Step
    from vpnaudit.ipsec.selectors import Selectors
    from vpnaudit.lab.measure import Measured, Renewal


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which a run was not as predicted, with both values as plain data."""

    field: str
    predicted: Any
    measured: Any


def differences(said: Outcome, seen: Measured) -> tuple[Difference, ...]:
    """Where they differ; empty: the prediction held."""
    return tuple(
        Difference(name, predicted, measured)
        for name, predicted, measured in differences_by_field(said, seen)
        if predicted != measured
    )


def differences_by_field(said: Outcome, seen: Measured) -> Iterator[tuple[str, Any, Any]]:
    """Every field that a run can show, with both values as plain data."""
    yield "verdict", _expected_verdict(said, seen), _verdict(seen)
    yield "ike_version", said.ike_version, seen.ike_version
    yield "ike_suites", sorted(said.ike_suites), list(seen.ike_suites)
    yield "esp_suites", sorted(said.esp_suites), list(seen.esp_suites)
    selectors = sorted(
        [sorted(map(str, c.selectors.local)), sorted(map(str, c.selectors.remote))] for c in said.children
    )
    yield "selectors", selectors, [[list(near), list(far)] for near, far in seen.selectors]
    carried = [child.selectors for child in said.children]
    yield (
        "packets",
        {
            f"{ping.source} > {ping.destination}": _carries(carried, ping.source, ping.destination)
            for ping in seen.pings
        },
        {f"{ping.source} > {ping.destination}": ping.answered for ping in seen.pings},
    )
    yield "child_rekey_by_router", *_renewal(said.renewals.child_by_router, seen.child_by_router)
    yield "child_rekey_by_peer", *_renewal(said.renewals.child_by_peer, seen.child_by_peer)
    yield "ike_renewal_by_router", *_ike_renewal(said, seen.ike_by_router)
    if said.api_state != "Error":  # the router failed before it wrote a file, which only CloudStack itself can show
        yield "api_state", said.api_state, seen.api_state


def _renewal(said: Step, seen: Renewal) -> tuple[Any, Any]:
    return {"ok": said.ok, "suite": said.suite}, {"ok": seen.ok, "suite": seen.suite}


def _ike_renewal(said: Outcome, seen: Renewal) -> tuple[Any, Any]:
    """In IKEv2 the lab rekeys the IKE_SA, which leaves its CHILD_SAs alone: a reauthentication that fails for these
    still has a suite.
    """
    step = said.renewals.ike_by_router
    ok = step.ok if step.ok is None or said.ike_version == 1 else step.suite is not None
    return {"ok": ok, "suite": step.suite}, {"ok": seen.ok, "suite": seen.suite}


def _expected_verdict(said: Outcome, seen: Measured) -> str:
    """The verdict of a run of seconds: what only a lifetime ends has not ended yet, and what cannot be pinged is not
    missed.
    """
    if said.verdict == "interrupted_later":
        return "ok"
    if said.verdict == "partial" and seen.pings:
        carried = [child.selectors for child in said.children]
        if all(_carries(carried, ping.source, ping.destination) for ping in seen.pings):
            return "latent_rekey_failure" if said.renewal_fails else "ok"
    return said.verdict


def _verdict(seen: Measured) -> str:
    if not seen.ike_suites:
        return "no_ike"
    if not seen.selectors:
        return "ike_only"
    if not all(ping.answered for ping in seen.pings):
        return "partial"
    renewals = (seen.child_by_router, seen.child_by_peer, seen.ike_by_router)
    return "latent_rekey_failure" if any(renewal.ok is False for renewal in renewals) else "ok"


def _carries(children: list[Selectors], source: str, destination: str) -> bool:
    near, far = IPv4Network(source), IPv4Network(destination)
    return any(
        any(near.subnet_of(net) for net in child.local) and any(far.subnet_of(net) for net in child.remote)
        for child in children
    )
