"""A peer from another address is known by what it asks for, and never by its address alone."""

from __future__ import annotations

import pytest

from tests.diagnosis.test_phase_one import BEGIN, INITIATE, SILENCE
from tests.evidence.router_files import NOTHING_UP, diagnosis_of, up

FROM = "05:40:05 08[NET] received packet: from 203.0.113.124[500] to 198.51.100.7[500] (80 bytes)"


def row(path, *lines: str, status: str = NOTHING_UP):
    return diagnosis_of(path, BEGIN, FROM, *lines, *INITIATE, *SILENCE, status_txt=status)


@pytest.mark.parametrize(
    "line",
    [
        "traffic selectors 10.1.1.10/32[icmp/8] 10.1.0.0/16 === 10.22.0.10/32[icmp/8] 10.22.0.0/24 unacceptable",
        "no matching CHILD_SA config found for 10.1.0.0/16 === 10.22.0.0/24",
        "looking for peer configs matching 198.51.100.7[198.51.100.7]...203.0.113.124[192.0.2.26]",
    ],
)
def test_who_asks_for_the_same_from_elsewhere_is_the_peer_since_the_first_packet_of_either(tmp_path, line):
    answer = row(tmp_path, f"05:40:05 08[IKE] {line}")
    assert (answer["verdict"], answer["since_utc"].strftime("%H:%M:%S")) == ("wrong_peer_address", "05:40:05")


@pytest.mark.parametrize(
    "line",
    [
        "traffic selectors 10.1.0.0/16 === 10.99.0.0/24 unacceptable",
        "looking for peer configs matching 198.51.100.7[198.51.100.7]...203.0.113.124[203.0.113.124]",
        "no IKE config found for 198.51.100.7...203.0.113.124, sending NO_PROPOSAL_CHOSEN",
    ],
)
def test_anybody_else_is_nobody(tmp_path, line):
    assert row(tmp_path, f"05:40:05 08[IKE] {line}")["verdict"] == "no_answer"


def test_a_tunnel_that_stands_has_its_peer(tmp_path):
    line = "05:40:05 08[IKE] traffic selectors 10.1.0.0/16 === 10.22.0.0/24 unacceptable"
    assert row(tmp_path, line, status=up())["verdict"] != "wrong_peer_address"
