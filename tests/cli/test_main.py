"""The frame of all verbs: exit codes, mistakes, the debug switch, and help that costs nothing."""

from __future__ import annotations

import importlib
import subprocess
import sys

import click
import pytest

from vpnaudit.cli import main
from vpnaudit.cli.main import VERBS, run
from vpnaudit.version import __version__


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """Makes the verb `rules` raise."""

    def fail_with(error: BaseException) -> None:
        def fail(**_: object) -> None:
            raise error

        monkeypatch.setattr(importlib.import_module("vpnaudit.cli.rules").command, "callback", fail)

    return fail_with


def test_a_word_that_is_no_verb_is_three_since_two_means_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["colect"]) == 3
    assert "No such command" in capsys.readouterr().err


def test_no_arguments_show_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    run([])
    shown = capsys.readouterr()
    assert all(verb in shown.out + shown.err for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_that_begins_as_the_list_of_verbs_promises(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert f"Usage: vpnaudit {verb}" in text
    assert "--help" in text


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_imports_no_pandas(verb: str) -> None:
    """One subprocess for each would cost seconds: the modules that a verb imports at its top are looked at instead."""
    module = importlib.import_module(f"vpnaudit.cli.{verb}")
    assert not {"pandas", "pd", "httpx", "rich", "papermill"} & set(vars(module))


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_an_error_shows_its_traceback_only_when_asked(work, capsys: pytest.CaptureFixture[str]) -> None:
    run(["audit", "nowhere"])
    assert "Traceback" not in capsys.readouterr().err
    run(["--debug", "audit", "nowhere"])
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_ends_as_shells_expect_it(failing, capsys: pytest.CaptureFixture[str]) -> None:
    failing(click.Abort())
    assert run(["rules"]) == 130
    assert "Interrupted" in capsys.readouterr().err


def test_a_verb_may_end_with_a_code_of_its_own(failing) -> None:
    failing(click.exceptions.Exit(7))
    assert run(["rules"]) == 7


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = [sys.executable, "-m", "vpnaudit", "rules"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        error = process.stderr.read()
    assert process.returncode == 3
    assert error == b""


def test_the_entry_point_ends_with_the_code_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["vpnaudit", "explain", "no-such-rule"])
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 3
