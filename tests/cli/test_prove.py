"""`vpnaudit prove`: a run is shown field by field beside its prediction. The daemons are played: those of the lab's own
tests are real.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from vpnaudit.cli.main import run
from vpnaudit.errors import LabError
from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.sides import Path as PathBetween
from vpnaudit.lab.case import lab_case
from vpnaudit.lab.measure import Measured, Ping, Renewal
from vpnaudit.lab.proof import Proof, Run, tool_versions

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.ipsec.outcome import Outcome

LOG = "00[IKE] IKE_SA c1[1] established\n01[NET] sending packet\n02[IKE] \x1b[31mgiving up\n"


def as_predicted(outcome: Outcome) -> Measured:
    """A run in which everything is as predicted."""
    steps = outcome.renewals
    now = datetime(2026, 12, 1, tzinfo=UTC)
    selectors = sorted(
        (sorted(map(str, c.selectors.local)), sorted(map(str, c.selectors.remote))) for c in outcome.children
    )
    return Measured(
        outcome.initiator,
        now,
        now,
        ike_version=outcome.ike_version,
        ike_suites=tuple(sorted(outcome.ike_suites)),
        esp_suites=tuple(sorted(outcome.esp_suites)),
        selectors=tuple((tuple(near), tuple(far)) for near, far in selectors),
        pings=(Ping("10.1.0.5", "10.2.0.5", answered=True),),
        child_by_router=Renewal(steps.child_by_router.ok, steps.child_by_router.suite),
        child_by_peer=Renewal(steps.child_by_peer.ok, steps.child_by_peer.suite),
        ike_by_router=Renewal(steps.ike_by_router.ok, steps.ike_by_router.suite),
        api_state=outcome.api_state,
        files={"router/charon.log": LOG, "peer/charon.log": ""},
    )


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A machine on which the lab runs. `change` is what a run shows otherwise than predicted; `call` is how it was
    called.
    """
    state: dict[str, Any] = {"change": {}}

    def prove(router: Any, peer: Any, *, psk: Any, initiators: Any, evidence: Path | None, on_progress: Any) -> Proof:
        state["call"] = {"psk": psk, "initiators": initiators}
        on_progress("negotiating")
        case = lab_case(router, peer, psk, PathBetween())
        predictions = [
            negotiate(case.case.router, case.case.peer, who, psk=psk, path=case.case.path) for who in initiators
        ]
        runs = tuple(Run(one, replace(as_predicted(one), **state["change"])) for one in predictions)
        return Proof(case.case, runs, case.assumed, case.limits, tool_versions("5.9.8"), evidence)

    monkeypatch.setattr("vpnaudit.lab.prove", prove)
    monkeypatch.setattr("vpnaudit.lab.machine.require", lambda: None)
    return state


def test_a_prediction_that_held_is_zero_and_shows_each_field(
    snapshot: Path, book: Path, work: Path, lab: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prove", "c1", "--peers", "peers.toml", "--quiet", "--evidence", "evidence"]) == 0
    text = capsys.readouterr().out
    assert lab["call"] == {"psk": "equal", "initiators": ("router", "peer")}
    for line in (
        "far side: Wien of peers.toml",
        "equal stand-in keys, as the real ones are not compared",
        "The router starts: latent_rekey_failure",
        "  child_rekey_by_router  fails",
        "  ike_renewal_by_router  works, ",
        "  packets                10.1.0.5 > 10.2.0.5 answered",
        "  selectors              10.1.0.0/16 === 10.2.0.0/24",
        "The prediction held. strongSwan 5.9.8.",
        "Evidence: evidence (sha256sum -c SHA256SUMS)",
        "    00[IKE] IKE_SA c1[1] established",
    ):
        assert line in text
    assert "01[NET]" not in text, "only the lines of a log that say how it went"
    assert "\x1b" not in text


def test_a_prediction_that_did_not_hold_is_one_and_shows_both_values(
    snapshot: Path, book: Path, lab: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    lab["change"] = {"ike_suites": (), "selectors": (), "pings": (), "not_loaded": ("vpn-1",), "ike_version": None}
    assert run(["prove", "c1", "--peers", "peers.toml", "--quiet", "--starts", "router"]) == 1
    text = capsys.readouterr().out
    assert lab["call"] == {"psk": "equal", "initiators": ("router",)}
    assert "strongSwan refused the connection vpn-1" in text
    assert "The prediction did NOT hold." in text
    assert "Evidence" not in text


def test_json_names_the_connection_and_every_run(
    snapshot: Path, book: Path, lab: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    lab["change"] = {"api_state": "Connected"}
    options = ["--peers", "peers.toml", "--json", "--starts", "peer", "--psk", "unequal"]
    assert run(["prove", "c1", *options]) == 1
    data = json.loads(capsys.readouterr().out)
    assert (data["far_side"], data["evidence"], data["held"]) == ("Wien of peers.toml", None, False)
    (one,) = data["runs"]
    assert {"field": "api_state", "predicted": "Disconnected", "measured": "Connected"} in one["differences"]


def test_where_the_lab_cannot_run_nothing_else_is_done(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise LabError("It must run as root.")

    monkeypatch.setattr("vpnaudit.lab.machine.require", refuse)
    assert run(["prove", "c1"]) == 3
    assert capsys.readouterr().err == "vpnaudit: It must run as root.\n"
