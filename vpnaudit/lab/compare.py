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


def differences(prediction: Outcome, measurement: Measured) -> tuple[Difference, ...]:
    """Where they differ; empty: the prediction held."""
    return tuple(
        Difference(name, predicted, measured)
        for name, predicted, measured in differences_by_field(prediction, measurement)
        if predicted != measured
    )


def differences_by_field(prediction: Outcome, measurement: Measured) -> Iterator[tuple[str, Any, Any]]:
    """Every field that a run can show, with both values as plain data."""
    yield "verdict", _expected_verdict(prediction, measurement), _verdict(measurement)
    yield "ike_version", prediction.ike_version, measurement.ike_version
    yield "ike_suites", sorted(prediction.ike_suites), list(measurement.ike_suites)
    yield "esp_suites", sorted(prediction.esp_suites), list(measurement.esp_suites)
    selectors = sorted(
        [sorted(map(str, c.selectors.local)), sorted(map(str, c.selectors.remote))] for c in prediction.children
    )
    yield "selectors", selectors, [[list(near), list(far)] for near, far in measurement.selectors]
    carried = [child.selectors for child in prediction.children]
    yield (
        "packets",
        {
            f"{ping.source} > {ping.destination}": _carries(carried, ping.source, ping.destination)
            for ping in measurement.pings
        },
        {f"{ping.source} > {ping.destination}": ping.answered for ping in measurement.pings},
    )
    yield "child_rekey_by_router", *_renewal(prediction.renewals.child_by_router, measurement.child_by_router)
    yield "child_rekey_by_peer", *_renewal(prediction.renewals.child_by_peer, measurement.child_by_peer)
    yield "ike_renewal_by_router", *_ike_renewal(prediction, measurement.ike_by_router)
    # Error: the router failed before it wrote a file, which only CloudStack itself can show
    if prediction.api_state != "Error":
        yield "api_state", prediction.api_state, measurement.api_state


def _renewal(step: Step, renewal: Renewal) -> tuple[Any, Any]:
    return {"ok": step.ok, "suite": step.suite}, {"ok": renewal.ok, "suite": renewal.suite}


def _ike_renewal(prediction: Outcome, renewal: Renewal) -> tuple[Any, Any]:
    """In IKEv2 the lab rekeys the IKE_SA, which leaves its CHILD_SAs alone: a reauthentication that fails for these
    still has a suite.
    """
    step = prediction.renewals.ike_by_router
    ok = step.ok if step.ok is None or prediction.ike_version == 1 else step.suite is not None
    return {"ok": ok, "suite": step.suite}, {"ok": renewal.ok, "suite": renewal.suite}


def _expected_verdict(prediction: Outcome, measurement: Measured) -> str:
    """The verdict of a run of seconds: what only a lifetime ends has not ended yet, and what cannot be pinged is not
    missed.
    """
    if prediction.verdict == "interrupted_later":
        return "ok"
    if prediction.verdict == "partial" and measurement.pings:
        carried = [child.selectors for child in prediction.children]
        if all(_carries(carried, ping.source, ping.destination) for ping in measurement.pings):
            return "latent_rekey_failure" if prediction.renewal_fails else "ok"
    return prediction.verdict


def _verdict(measurement: Measured) -> str:
    if not measurement.ike_suites:
        return "no_ike"
    if not measurement.selectors:
        return "ike_only"
    if not all(ping.answered for ping in measurement.pings):
        return "partial"
    renewals = (measurement.child_by_router, measurement.child_by_peer, measurement.ike_by_router)
    return "latent_rekey_failure" if any(renewal.ok is False for renewal in renewals) else "ok"


def _carries(children: list[Selectors], source: str, destination: str) -> bool:
    near, far = IPv4Network(source), IPv4Network(destination)
    return any(
        any(near.subnet_of(net) for net in child.local) and any(far.subnet_of(net) for net in child.remote)
        for child in children
    )
