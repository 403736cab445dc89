"""Measurements without a daemon: what a run would show that does what was predicted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.sides import Path
from vpnaudit.lab.case import lab_case
from vpnaudit.lab.measure import Measured, Ping, Renewal
from vpnaudit.lab.proof import Proof, Run, tool_versions

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROBE = ("10.1.0.5", "10.2.0.5")


def predicted(**changes):
    """What is predicted for the router that starts, with its equal peer, changed in some fields."""
    return negotiate(ROUTER, equal_peer(ROUTER, **changes), "router", path=Path(userland_esp=True))


def as_predicted(outcome, *probes, **changes):
    """A run that shows what the prediction says; `probes` are answered, `changes` what it shows otherwise."""
    renewals = outcome.renewals
    measured = Measured(
        outcome.initiator,
        NOW,
        ike_version=outcome.ike_version,
        ike_suites=tuple(sorted(outcome.ike_suites)),
        esp_suites=tuple(sorted(outcome.esp_suites)),
        selectors=tuple(
            (tuple(sorted(map(str, child.selectors.local))), tuple(sorted(map(str, child.selectors.remote))))
            for child in outcome.children
        ),
        pings=tuple(Ping(*probe, answered=True) for probe in probes),
        child_by_router=Renewal(renewals.child_by_router.ok, renewals.child_by_router.suite),
        child_by_peer=Renewal(renewals.child_by_peer.ok, renewals.child_by_peer.suite),
        ike_by_router=Renewal(renewals.ike_by_router.ok, renewals.ike_by_router.suite),
        api_state=outcome.api_state,
    )
    return replace(measured, **changes)


def proof(*measurements):
    """A proof of runs of one case."""
    case = lab_case(ROUTER, equal_peer(ROUTER), "equal", Path()).case
    runs = tuple(Run(predicted(), one) for one in measurements)
    return Proof(case, runs, ("id",), ("a limit",), tool_versions("5.9.8"))
