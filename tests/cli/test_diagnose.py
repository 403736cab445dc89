"""`vpnaudit diagnose`: an answer that names tunnel, time, cause and who acts; exit codes say how much is known."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.asking.test_diagnosis import LOG, TABLES
from tests.estates import estate
from tests.evidence.router_files import META, NOTHING_UP, START, folder, log, up
from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(work: Path) -> str:
    """A snapshot without evidence."""
    path = work / "snapshots" / "s1" / "20261124T080000Z"
    estate(TABLES).save(path)
    return str(path)


@pytest.fixture
def refused(work: Path) -> str:
    """A router that shows one refused tunnel."""
    return str(folder(work / "r", status_txt=NOTHING_UP, log_txt=LOG, meta_txt=META))


def test_one_connection_with_time_cause_lines_and_who_acts(
    place: str, refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diagnose", "c1", "--snapshot", place, "--evidence", refused]) == 1
    out, err = capsys.readouterr()
    assert "note: router r-12-VM of r is none of this estate" not in out
    assert "r-12-VM" in err
    for text in (
        "API's state      Connected",
        "verdict          proposal_phase1: phase 1 is refused",
        "since            2026-11-03 05:40:08 UTC",
        "may also be      version, identity",
        "first action     Make the IKE policy of both ends equal.",
        "who acts         both",
        "It rests on",
        "r/log.txt:5",
    ):
        assert text in out


def test_a_table_of_all_and_what_is_not_known_wins(
    place: str, refused: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diagnose", "--snapshot", place, "--evidence", refused]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("proposal_phase1  2026-11-03 05:40:08 UTC  Connected")
    assert lines[2].startswith("no evidence")
    assert "no router was asked about 1 connection; `vpnaudit evidence fetch-plan`" in lines[-1]


def test_without_evidence_it_says_what_to_fetch(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "c1", "--snapshot", place]) == 2
    out = capsys.readouterr().out
    assert "no evidence: the router was not asked: `vpnaudit evidence fetch-plan`" in " ".join(out.split())


def test_a_tunnel_that_carries_is_nothing_to_report(place: str, work: Path) -> None:
    files = folder(work / "up", status_txt=up(), log_txt=log(f"05:40:00 {START}"), meta_txt=META)
    assert run(["diagnose", "c1", "--snapshot", place, "--evidence", str(files)]) == 0


def test_evidence_that_does_not_tell_is_less_than_was_asked_for(
    place: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = folder(work / "half", status_txt=up(), meta_txt=META)
    assert run(["diagnose", "c1", "--snapshot", place, "--evidence", str(files)]) == 2
    out = capsys.readouterr().out
    assert "cannot tell: whether it stays up" in out
    assert out.splitlines()[-1].endswith("the evidence does not tell of 1 tunnel.")


def test_for_machines(place: str, refused: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diagnose", "--snapshot", place, "--evidence", refused, "--json"]) == 2
    out, err = capsys.readouterr()
    first, second = json.loads(out)
    assert (first["verdict"], first["since_utc"]) == ("proposal_phase1", "2026-11-03T05:40:08+00:00")
    assert first["may_be"] == ["version", "identity"]
    assert first["rests_on"][0]["place"]
    assert (second["verdict"], second["may_be"], second["rests_on"]) == (None, [], [])
    assert "Exit code 2" in err


def test_an_empty_snapshot_says_so(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estate({}).save(work / "empty")
    assert run(["diagnose", "--snapshot", "empty"]) == 2
    assert "No connection and no evidence." in capsys.readouterr().out
