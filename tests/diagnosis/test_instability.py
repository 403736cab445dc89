"""A tunnel that is lost again and again is told by how it is lost, and by nothing that happened once."""

from __future__ import annotations

import pytest

from tests.diagnosis.test_phase_one import BEGIN, UP
from tests.evidence.router_files import diagnosis_of, up
from vpnaudit.diagnosis.instability import instability
from vpnaudit.diagnosis.life import life_of
from vpnaudit.diagnosis.observation import Observation, Sighting

BOTH = "840 bytes_i (10 pkts, 3s ago), 840 bytes_o (10 pkts, 3s ago)"


def packet(time: str, port: int = 4500) -> str:
    return f"{time} 08[NET] received packet: from 192.0.2.26[{port}] to 198.51.100.7[4500] (80 bytes)"


def back(time: str, number: int, *, forgotten: bool = False, port: int = 4500) -> list[str]:
    """The tunnel stands again, with or without an SA that the peer has forgotten."""
    forgot = (
        [f"{time} 08[IKE] destroying duplicate IKE_SA for peer '192.0.2.26', received INITIAL_CONTACT"]
        if forgotten
        else []
    )
    ends = "198.51.100.7[198.51.100.7]...192.0.2.26[192.0.2.26]"
    return [
        packet(time, port),
        f"{time} 08[CFG] selected peer config 'vpn-192.0.2.26'",
        *forgot,
        f"{time} 08[IKE] IKE_SA vpn-192.0.2.26[{number}] established between {ends}",
        (
            f"{time} 08[IKE] CHILD_SA vpn-192.0.2.26{{{number}}} established with SPIs c{number}_i d{number}_o"
            " and TS 10.1.0.0/16 === 10.22.0.0/24"
        ),
    ]


def lost(time: str) -> list[str]:
    """The peer does not answer any more; the first request is repeated four seconds after it."""
    return [
        f"{time}:04 05[IKE] retransmit 1 of request with message ID 3",
        f"{time}:04 05[NET] sending packet: from 198.51.100.7[4500] to 192.0.2.26[4500] (80 bytes)",
        f"{time}:50 06[IKE] giving up after 5 retransmits",
        f"{time}:50 06[IKE] restarting CHILD_SA vpn-192.0.2.26",
    ]


def verdict(path, *lines: str, number: int = 9) -> tuple[str | None, str | None]:
    row = diagnosis_of(path, BEGIN, *UP, *lines, status_txt=up(number, BOTH))
    return row["verdict"], row["since_utc"].strftime("%H:%M:%S") if row["since_utc"] else None


@pytest.mark.parametrize(("times", "name"), [(2, "up"), (3, "flapping")])
def test_three_losses_by_silence_are_flapping_since_the_first(tmp_path, times, name):
    lines = [
        line
        for turn in range(times)
        for line in (*lost(f"05:4{2 + 2 * turn}"), *back(f"05:4{3 + 2 * turn}:30", 7 + turn))
    ]
    assert verdict(tmp_path, *lines, number=6 + times) == (name, "05:42:04" if name == "flapping" else "05:45:30")


def test_a_tunnel_that_flapped_and_is_down_now_still_flaps(tmp_path):
    lines = [
        line for turn in range(3) for line in (*lost(f"05:4{2 + 2 * turn}"), *back(f"05:4{3 + 2 * turn}:30", 7 + turn))
    ]
    row = diagnosis_of(tmp_path, BEGIN, *UP, *lines, *lost("05:50"), status_txt=up(9, BOTH))
    assert row["verdict"] == "flapping"


def test_a_peer_that_forgets_its_sas_restarts(tmp_path):
    lines = [line for turn in range(3) for line in back(f"05:4{2 + turn}:00", 7 + turn, forgotten=True)]
    assert verdict(tmp_path, *lines) == ("peer_restarting", "05:42:00")
    assert verdict(tmp_path / "b", *lines[:10], number=8) == ("up", "05:43:00")


def test_two_ports_in_turn_are_two_devices(tmp_path):
    lines = [
        line
        for turn, port in enumerate((1024, 4500, 1024, 4500))
        for line in back(f"05:4{2 + turn}:00", 6 + turn, forgotten=True, port=port)
    ]
    assert verdict(tmp_path, packet("05:41:00"), *lines) == ("duplicate_peer", "05:42:00")


def test_a_port_that_changed_once_is_a_nat(tmp_path):
    lines = [
        line
        for turn, port in enumerate((4500, 1024, 1024))
        for line in back(f"05:4{2 + turn}:00", 7 + turn, forgotten=True, port=port)
    ]
    assert verdict(tmp_path, *lines)[0] == "peer_restarting"


def test_ends_that_start_at_once_have_forgotten_nothing(tmp_path):
    lines = [line for number in (6, 7, 8, 9) for line in back("05:42:00", number, forgotten=number > 6)]
    assert verdict(tmp_path, *lines)[0] == "up"


def test_losses_of_long_ago_are_over(tmp_path):
    early = [line.replace("05:", "00:", 1) for line in (BEGIN, *UP)]
    lines = [
        line.replace("05:", "00:", 1)
        for turn in range(3)
        for line in back(f"05:4{2 + turn}:00", 7 + turn, forgotten=True)
    ]
    status = up(9, BOTH).replace("since Nov 03 05:40:00", "since Nov 03 00:40:00")
    row = diagnosis_of(tmp_path, *early, *lines, status_txt=status)
    assert (row["verdict"], row["since_utc"].strftime("%H:%M:%S")) == ("up", "00:44:00")


def test_losses_without_a_time_are_not_over():
    established = Sighting("ike_established", None, 0, {"ike_number": "1"}, "a")
    lines = [established, Sighting("child_established", None, 1, {"child_number": "1"}, "a")]
    for number in range(3):
        after = 10 * number + 2
        lines += [
            Sighting("duplicate_destroyed", None, after, {}, "a"),
            Sighting("ike_established", None, after + 1, {"ike_number": str(after)}, "a"),
            Sighting("child_established", None, after + 2, {"child_number": str(after)}, "a"),
        ]
    observation = Observation("a", "a", sightings=tuple(lines), taken=1e9)
    diagnosis = instability(observation, life_of(observation))
    assert diagnosis is not None
    assert (diagnosis.verdict, diagnosis.since) == ("peer_restarting", None)
