"""The verbs as an operator types them: what they print, where they write, which code they end with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vpnaudit.cli.main import run
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.sandbox import Sandbox


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with profiles of the example cloud, and a clean environment."""
    for name in (
        "CLOUDSTACK_ENDPOINT",
        "CLOUDSTACK_KEY",
        "CLOUDSTACK_SECRET",
        "CLOUDSTACK_CONFIG",
        "CLOUDSTACK_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    sandbox.write_profiles(tmp_path / "cloudstack.ini")
    return tmp_path


class TestMistakes:
    def test_a_word_that_is_no_verb_is_three_since_two_means_gaps(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["colect"]) == 3
        assert "No such command" in capsys.readouterr().err

    def test_a_profile_that_does_not_exist_is_named(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["collect", "-p", "nosuch", "--quiet"]) == 3
        assert "nosuch" in capsys.readouterr().err
        assert not (folder / "snapshots").exists()

    def test_a_rule_that_does_not_exist_gives_its_neighbours(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["explain", "weak-dh-grup"]) == 3
        assert "weak-dh-group" in capsys.readouterr().err

    def test_a_folder_that_is_no_snapshot(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["audit", "nowhere"]) == 3
        assert "vpnaudit collect" in capsys.readouterr().err

    def test_a_mistyped_parameter_is_an_error_before_anything_is_written(
        self, example_snapshot: Path, folder: Path
    ) -> None:
        assert run(["report", str(example_snapshot), "--quiet", "-r", "snapshto=x"]) == 3
        assert not (folder / "reports").exists()

    def test_a_mail_without_a_sender_fails_before_a_cloud_is_asked(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("VPNAUDIT_MAIL_FROM", raising=False)
        assert run(["run", "-p", "prod", "--quiet", "--mail-to", "a@example.org", "--mail-dry-run"]) == 3
        assert not (folder / "snapshots").exists()

    def test_the_sandbox_never_overwrites_a_file_with_profiles(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        before = (folder / "cloudstack.ini").read_text()
        assert run(["sandbox", "--port", "0"]) == 3
        assert "may hold your own keys" in capsys.readouterr().err
        assert (folder / "cloudstack.ini").read_text() == before

    def test_an_error_shows_its_traceback_only_when_asked(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["audit", "nowhere"])
        assert "Traceback" not in capsys.readouterr().err
        run(["--debug", "audit", "nowhere"])
        assert "Traceback" in capsys.readouterr().err


def test_collect_then_audit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "-p", "prod", "--quiet"]) == 2, "one object of the example cannot be read"
    snapshot = next(folder.glob("snapshots/prod/*"))
    assert f"vpnaudit audit snapshots/prod/{snapshot.name}" in capsys.readouterr().out
    assert run(["audit", str(snapshot), "--out", "judged"]) == 2
    said = capsys.readouterr().out
    assert "connections have no critical or high finding" in said
    assert "Not assessed" in said
    assert f"vpnaudit report {snapshot}" in said
    assert "\x1b" not in said, "no name from a tenant steers the terminal"
    assert (folder / "judged" / "findings.csv").is_file()
    assert (folder / "judged" / "coverage.parquet").is_file()


def test_json_is_one_document_with_every_open_finding(
    example_snapshot: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["audit", str(example_snapshot), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert said["exit_code"] == code
    assert len(said["findings"]) == said["verdicts"]["fail"]
    assert {"rule", "severity", "subject_id", "sentence", "command", "reasons"} <= said["findings"][0].keys()
    assert said["manifest_sha256"]


def test_rules_lists_each_and_explain_tells_all_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(all_rules())
    assert run(["rules", "--json"]) == 0
    assert {rule["id"] for rule in json.loads(capsys.readouterr().out)} == set(all_rules())
    assert run(["explain", "dpd-off"]) == 0
    said = capsys.readouterr().out
    assert all(
        heading in said
        for heading in ("What it finds", "Why it matters", "How to fix it", "What it cannot see", "References")
    )


def test_notebook_copies_the_notebooks_and_sets_the_snapshot(
    example_snapshot: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["notebook", str(example_snapshot), "--no-start"]) == 0
    assert str(example_snapshot) in (folder / "work" / "audit.ipynb").read_text()
    assert run(["notebook", "--no-start"]) == 3
    assert "vpnaudit collect" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_schedule_prints_units_that_run_this_program(
    folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schedule", "--print", kind, "-p", "prod", "--mail-to", "noc@example.org", "--at", "daily 03:30"]) == 0
    said = capsys.readouterr().out
    assert "vpnaudit run" in said
    assert "noc@example.org" in said
    assert str(folder) in said


def test_no_arguments_show_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    run([])
    shown = capsys.readouterr()
    assert "collect" in shown.out + shown.err
