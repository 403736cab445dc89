"""The frame of all verbs: exit codes, mistakes, the debug switch, and help that costs nothing."""

from __future__ import annotations

import errno
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

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


def with_closed_output(arguments: list[str]) -> tuple[int, bytes]:
    """Exit code and stderr of the command, whose output nobody reads."""
    command = [sys.executable, "-m", "vpnaudit", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        error = process.stderr.read()
    return process.returncode, error


@pytest.mark.parametrize("arguments", [["rules"], ["--help"], ["--version"], *([verb, "--help"] for verb in VERBS)])
def test_a_reader_that_goes_away_is_no_traceback_and_not_findings(arguments: list[str]) -> None:
    assert with_closed_output(arguments) == (3, b"")


def test_nobody_listens_on_either_stream(work: Path) -> None:
    command = f"{sys.executable} -m vpnaudit audit nowhere 2>&1 >&- | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


def test_a_full_disk_behind_the_output_is_said(work: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "vpnaudit", "rules"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    assert done.stderr == (
        "vpnaudit: A file cannot be used: No space left on device. Free space on that disk, or name a place on another"
        " one.\n"
    )


SECRET = "canary-s3cret-8f2b"


@pytest.mark.parametrize(
    "error",
    [ValueError(SECRET), KeyError(SECRET), RecursionError(), MemoryError(), SystemExit(1), OSError(5, SECRET)],
    ids=lambda error: type(error).__name__,
)
def test_what_nobody_foresaw_is_four_and_one_sentence_without_values(
    error: BaseException, failing, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert run(["rules"]) == 4
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert type(error).__name__ in text
    assert "--debug" in text
    assert "Traceback" not in text
    assert SECRET not in text


def test_the_traceback_of_what_nobody_foresaw_holds_no_values(failing, capsys: pytest.CaptureFixture[str]) -> None:
    failing(ValueError(SECRET))
    assert run(["--debug", "rules"]) == 4
    text = capsys.readouterr().err
    assert "Traceback (most recent call last):" in text
    assert "ValueError: [its message is left out" in text
    assert SECRET not in text


def test_a_file_that_the_system_refuses_is_named_with_what_to_do(failing, capsys: pytest.CaptureFixture[str]) -> None:
    failing(PermissionError(errno.EACCES, "Permission denied", "/srv/reports"))
    assert run(["rules"]) == 3
    assert capsys.readouterr().err == (
        "vpnaudit: /srv/reports cannot be used: Permission denied. Name a place that you may use, or let its owner give"
        " you the right.\n"
    )


def test_a_rule_that_fails_shows_no_values_in_the_log() -> None:
    script = (
        "import logging, sys\n"
        "from vpnaudit.cli.main import run\n"
        "import vpnaudit.cli.rules as rules\n"
        "def fail(**_):\n"
        "    try:\n"
        f"        raise ValueError('{SECRET}')\n"
        "    except ValueError:\n"
        "        logging.getLogger('vpnaudit').exception('Rule x failed.')\n"
        "rules.command.callback = fail\n"
        "run(sys.argv[1:])\n"
    )
    for arguments, trace in ((["rules"], False), (["--debug", "rules"], True)):
        done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
        assert "ERROR vpnaudit: Rule x failed." in done.stderr
        assert ("Traceback" in done.stderr) is trace
        assert SECRET not in done.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_an_output_that_lacks_a_letter_escapes_it_as_json_does(encoding: str) -> None:
    numbers = [0xFC, 0x2192, 0x1D11E, 0xD800]
    script = (
        "import click\n"
        "from vpnaudit.cli import main\n"
        f"text = ''.join(map(chr, {numbers}))\n"
        "main.run = lambda _: click.echo(chr(34) + text + chr(34)) or 0\n"
        "main.main()\n"
    )
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [ord(letter) for letter in json.loads(done.stdout.decode(encoding))] == numbers


def test_decoding_is_not_the_business_of_the_escapes() -> None:
    with pytest.raises(UnicodeDecodeError):
        main._escape(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"))


def test_the_entry_point_ends_with_the_code_of_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["vpnaudit", "explain", "no-such-rule"])
    with pytest.raises(SystemExit) as end:
        main.main()
    assert end.value.code == 3
