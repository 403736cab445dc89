"""Phase 1 stands and phase 2 does not: never agreed, no longer renewed, or closed."""

from __future__ import annotations

import pytest

from tests.diagnosis.test_phase_one import BEGIN, UP
from tests.evidence.router_files import IKE_UP, PEER, diagnosis_of

IKE = UP[:3]
ASK = "05:40:09 08[IKE] establishing CHILD_SA vpn-192.0.2.26{3} reqid 1"
FROM = f"05:40:10 09[NET] received packet: {PEER.format(4500)}"
EXPIRED = (
    "05:50:00 10[IKE] closing expired CHILD_SA vpn-192.0.2.26{2} with SPIs c1_i c2_o"
    " and TS 10.1.0.0/16 === 10.22.0.0/24"
)
CLOSED = (
    "05:50:00 10[IKE] closing CHILD_SA vpn-192.0.2.26{2} with SPIs c1_i (840 bytes) c2_o (840 bytes)"
    " and TS 10.1.0.0/16 === 10.22.0.0/24"
)


def verdict(path, *lines: str) -> tuple[str | None, str | None]:
    row = diagnosis_of(path, BEGIN, *lines, status_txt=IKE_UP)
    return row["verdict"], None if row["since_utc"] is None else row["since_utc"].strftime("%H:%M:%S")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built", "proposal_phase2"),
        ("received NO_PROPOSAL_CHOSEN error notify", "proposal_phase2"),
        ("no acceptable proposal found", "proposal_phase2"),
        ("no matching proposal found, sending NO_PROPOSAL_CHOSEN", "proposal_phase2"),
        ("received TS_UNACCEPTABLE notify, no CHILD_SA built", "selectors"),
        ("received INVALID_ID_INFORMATION error notify", "selectors"),
        ("received SINGLE_PAIR_REQUIRED notify, no CHILD_SA built", "selectors"),
        ("no acceptable traffic selectors found", "selectors"),
        ("traffic selectors 10.1.0.0/16 === 10.9.0.0/24 unacceptable", "selectors"),
        ("no matching CHILD_SA config found for 10.1.0.0/16 === 10.9.0.0/24", "selectors"),
        (
            "peer selected invalid traffic selectors: 10.1.0.0/16 for 10.2.0.0/16, 10.1.0.0/16 for 10.2.0.0/16",
            "selectors",
        ),
    ],
)
def test_a_child_that_never_came_up_is_named_by_the_line_that_refused_it(tmp_path, line, name):
    assert verdict(tmp_path, *IKE, ASK, FROM, f"05:40:10 09[IKE] {line}") == (name, "05:40:07")


def test_a_child_of_which_no_line_tells_is_not_guessed(tmp_path):
    assert verdict(tmp_path, *IKE, ASK)[0] is None
    refused = "05:40:10 09[IKE] received INVALID_SYNTAX notify, no CHILD_SA built"
    assert verdict(tmp_path / "b", *IKE, ASK, FROM, refused)[0] is None


def test_a_kernel_that_refuses_is_told_and_is_no_verdict(tmp_path):
    line = "05:40:10 09[IKE] unable to install inbound and outbound IPsec SA (SAD) in kernel"
    row = diagnosis_of(tmp_path, BEGIN, *IKE, ASK, FROM, line, status_txt=IKE_UP)
    assert row["verdict"] is None
    assert "kernel" in row["unknown"]


@pytest.mark.parametrize("end", [EXPIRED, CLOSED])
def test_a_child_whose_renewal_is_refused_fails_since_it_ended(tmp_path, end):
    refused = (FROM.replace("05:40", "05:48"), "05:48:10 09[IKE] received NO_PROPOSAL_CHOSEN notify, no CHILD_SA built")
    assert verdict(tmp_path, *UP, *refused, end) == ("rekey_failing", "05:50:00")
    assert (
        verdict(tmp_path / "b", *UP, end, *(line.replace("05:48", "05:51") for line in refused))[0] == "rekey_failing"
    )


def test_networks_that_are_refused_after_it_stood_are_networks(tmp_path):
    refused = (FROM.replace("05:40", "05:51"), "05:51:10 09[IKE] received TS_UNACCEPTABLE notify, no CHILD_SA built")
    assert verdict(tmp_path, *UP, CLOSED, *refused) == ("selectors", "05:51:10")


def test_a_child_that_was_closed_and_not_asked_for_again_is_dead_since_then(tmp_path):
    assert verdict(tmp_path, *UP, CLOSED) == ("child_dead", "05:50:00")


def test_a_child_that_is_asked_for_again_is_not_given_up(tmp_path):
    assert verdict(tmp_path, *UP, CLOSED, ASK.replace("05:40", "05:51"))[0] is None


def test_a_child_of_whose_end_nothing_is_said_is_not_guessed(tmp_path):
    assert verdict(tmp_path, *UP)[0] is None
