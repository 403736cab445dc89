"""`vpnaudit audit`: the judgement on a terminal, for machines, and as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_folder_that_is_no_snapshot(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "nowhere"]) == 3
    assert "vpnaudit collect" in capsys.readouterr().err


def test_shows_the_worst_and_the_next_command_and_writes_the_exports(
    snapshot: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", str(snapshot), "--out", "judged"]) == 1
    text = capsys.readouterr().out
    assert "1 of 1 connection has no critical or high finding" in text
    assert "dpd-off" in text
    assert f"Next:     vpnaudit report {snapshot}\n" in text
    assert "\x1b" not in text, "no name from a tenant steers the terminal"
    assert (work / "judged" / "findings.csv").is_file()
    assert (work / "judged" / "coverage.parquet").is_file()


def test_a_file_where_the_exports_should_go_is_named(
    snapshot: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (work / "taken").touch()
    assert run(["audit", str(snapshot), "--out", "taken/judged"]) == 3
    assert "taken cannot be used: File exists. A file stands where a folder is needed" in capsys.readouterr().err


def test_json_is_one_document_with_every_open_finding(
    example_snapshot: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["audit", str(example_snapshot), "--json"])
    text, errors = capsys.readouterr()
    data = json.loads(text)
    assert data["exit_code"] == code == 2
    assert data["less_seen_than_asked"]
    assert errors.rstrip().splitlines()[-1].startswith("Exit code 2, less was seen than was asked for: ")
    assert len(data["findings"]) == data["verdicts"]["fail"]
    assert {"rule", "severity", "subject_id", "sentence", "command", "reasons"} <= data["findings"][0].keys()
    assert data["manifest_sha256"]


def test_a_far_end_from_a_file_is_judged_with_the_snapshot(
    snapshot: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = {}
    for name, more in (("alone", []), ("joined", ["--peers", str(book)])):
        run(["audit", str(snapshot), "--json", *more])
        data = json.loads(capsys.readouterr().out)
        rules[name] = {finding["rule"] for finding in data["findings"]}
    assert "pfs-mismatch" in rules["joined"] - rules["alone"]
    assert data["peers"] == [str(book)]
    assert "canary" not in json.dumps(data)


def test_the_next_command_takes_the_far_ends_along(
    snapshot: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["audit", str(snapshot), "--peers", "peers.toml"])
    assert f"Next:     vpnaudit report {snapshot} --peers peers.toml\n" in capsys.readouterr().out


def test_a_policy_of_ones_own_is_used(snapshot: Path, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work / "mine.toml").write_text('fail_on = "critical"\n')
    run(["audit", str(snapshot), "--policy", "mine.toml", "--json"])
    assert json.loads(capsys.readouterr().out)["policy"] == "mine"
