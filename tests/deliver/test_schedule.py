"""Units that a real systemd accepts, cron lines that a real shell runs: once when due, again after downtime, with
nothing expanded.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path, PurePosixPath

import pytest

from vpnaudit.deliver.schedule import units
from vpnaudit.errors import ConfigError

AWKWARD = ["run", "--profile", 'it\'s 100% $HOME "x"', "--mail-to", "ops@example.org", "`id`;#"]
FOLDER, SECRETS = PurePosixPath("/var/lib/vpn 100%"), PurePosixPath("/etc/vpn.env")


def split(text: str) -> dict[str, str]:
    parts = re.split(r"^# ~/\.config/systemd/user/(\S+)\n", text.partition("\n# Once:")[0], flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def parsed(text: str) -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=True, interpolation=None)
    unit.optionxform = str
    unit.read_string(text)
    return unit


def test_the_timer_catches_up_and_the_service_takes_nothing_but_0_for_success():
    files = split(units("systemd", ["/bin/true"], folder=FOLDER, environment=SECRETS))
    timer, service = parsed(files["vpnaudit.timer"]), parsed(files["vpnaudit.service"])
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Timer"]["OnCalendar"] == "daily"
    assert "SuccessExitStatus" not in service["Service"]
    assert service["Service"]["Restart"] == "on-failure"
    assert service["Service"]["RestartPreventExitStatus"] == "1 2", "a result is not asked for again"
    assert service["Service"]["EnvironmentFile"] == "/etc/vpn.env"
    assert service["Service"]["WorkingDirectory"] == "/var/lib/vpn 100%%"


def test_systemd_reads_back_the_words_that_were_meant():
    command = ["/opt/v env/bin/vpnaudit", *AWKWARD, "back\\slash", ""]
    line = parsed(split(units("systemd", command, folder=FOLDER, environment=SECRETS))["vpnaudit.service"])["Service"][
        "ExecStart"
    ]
    assert not re.search(r"(?<!\$)\$(\$\$)*(?!\$)|(?<!%)%(%%)*(?!%)", line)
    assert shlex.split(line.replace("%%", "%").replace("$$", "$")) == command


@pytest.mark.parametrize("at", ["hourly", "daily", "weekly", "daily 03:30"])
def test_systemd_itself_accepts_the_units(tmp_path, at):
    text = units("systemd", [sys.executable, *AWKWARD], folder=tmp_path, environment=tmp_path / "secrets.env", at=at)
    for name, content in split(text).items():
        (tmp_path / name).write_text(content)
    files = [str(tmp_path / name) for name in ("vpnaudit.service", "vpnaudit.timer")]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "vpnaudit" in line] == []


@pytest.fixture
def job(tmp_path):
    """A program that notes its arguments and a secret, and a function that does what cron does with one line."""
    folder = tmp_path / "vpn 100% it's"
    folder.mkdir()
    program = tmp_path / "program"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$SECRET" "$@" >>{shlex.quote(str(tmp_path / "log"))}\n'
        'if [ -n "$RUN" ]; then mkdir -p reports/s/t; sleep 0.02; touch reports/s/t/run.json; fi\nexit ${CODE:-0}\n'
    )
    program.chmod(0o700)
    (tmp_path / "secrets.env").write_text("SECRET='canary x'\n")

    def tick(line: str, **environment: str) -> list[str]:
        log = tmp_path / "log"
        log.unlink(missing_ok=True)
        command = line.split(" ", 5)[5].replace("\\%", "%")
        done = subprocess.run(["/bin/sh", "-c", command], check=False, env={"PATH": os.environ["PATH"], **environment})
        assert done.returncode == int(environment.get("CODE", 0)) or not log.exists(), "cron learns how it ended"
        return log.read_text().splitlines() if log.exists() else []

    def lines(at: str) -> list[str]:
        text = units("cron", [str(program), *AWKWARD], folder=folder, environment=tmp_path / "secrets.env", at=at)
        return [line for line in text.splitlines() if not line.startswith("#")]

    return folder / ".vpnaudit-stamp", lines, tick


def age(stamp: Path, hours: float) -> None:
    then = time.time() - 3600 * hours
    os.utime(stamp, (then, then))


def test_a_cron_line_runs_when_due_and_not_before(job):
    stamp, lines, tick = job
    (line,) = lines("daily")
    assert tick(line) == ["canary x", *AWKWARD]
    assert stamp.exists()
    assert tick(line) == []
    age(stamp, 23.5)
    assert tick(line) == ["canary x", *AWKWARD]


def test_a_run_at_a_time_of_day_is_made_later_only_if_it_was_missed(job):
    stamp, lines, tick = job
    at, later = lines("daily 03:05")
    assert at.startswith("5 3 * * * ")
    stamp.touch()
    age(stamp, 23.8)
    assert tick(later) == []
    assert tick(at)
    age(stamp, 30)
    assert tick(later)


@pytest.mark.parametrize(
    ("code", "run", "done"),
    [
        ("0", "", True),
        ("1", "yes", True),
        ("2", "yes", True),
        ("1", "", False),
        ("2", "", False),
        ("3", "yes", False),
        ("4", "", False),
        ("130", "yes", False),
    ],
)
def test_a_run_with_a_result_is_not_repeated_and_whatever_failed_is(job, code, run, done):
    stamp, lines, tick = job
    (line,) = lines("hourly")
    assert tick(line, CODE=code, RUN=run)
    assert stamp.exists() is done
    if not done:
        assert tick(line, CODE="0")


def test_the_run_of_yesterday_is_no_result_of_today(job):
    stamp, lines, tick = job
    (line,) = lines("hourly")
    assert tick(line, CODE="1", RUN="yes")
    stamp.unlink()
    assert tick(line, CODE="1")
    assert not stamp.exists()


@pytest.mark.parametrize("kind", ["systemd", "cron"])
@pytest.mark.parametrize("bad", ["a\nExecStart=/bin/evil", "a\rb", "\x1b[2J"])
def test_no_value_begins_a_line_of_its_own(kind, bad):
    with pytest.raises(ConfigError, match="line break or a control character"):
        units(kind, ["/bin/true", bad], folder=FOLDER, environment=SECRETS)


def test_what_cannot_be_carried_is_refused_with_advice():
    with pytest.raises(ConfigError, match=r"daily 03:30"):
        units("cron", ["/bin/true"], folder=FOLDER, environment=SECRETS, at="daily 25:00")
    with pytest.raises(ConfigError, match="absolute paths"):
        units("cron", ["vpnaudit"], folder=FOLDER, environment=SECRETS)
    with pytest.raises(ConfigError, match="absolute paths"):
        units("systemd", ["/bin/true"], folder=PurePosixPath("here"), environment=SECRETS)
    with pytest.raises(ConfigError, match="backslash"):
        units("cron", ["/bin/true", "a\\b"], folder=FOLDER, environment=SECRETS)
    with pytest.raises(ConfigError, match="backslash"):
        units("systemd", ["/bin/true"], folder=PurePosixPath("/a\\"), environment=SECRETS)
