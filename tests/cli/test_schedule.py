"""`vpnaudit schedule`: units that run this program with the options that were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", ["systemd", "cron"])
def test_prints_units_that_run_this_program(kind: str, work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["-p", "prod", "--policy", "mine.toml", "--mail-to", "noc@example.org", "--at", "daily 03:30"]
    assert run(["schedule", "--print", kind, *options]) == 0
    text = capsys.readouterr().out
    assert "vpnaudit run --quiet -p prod --policy mine.toml --mail-to noc@example.org" in text
    assert str(work) in text
    assert str(work / "vpnaudit.env") in text


def test_a_time_that_cannot_be_read_is_a_mistake(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schedule", "--print", "cron", "--at", "noon"]) == 3
    assert "daily 03:30" in capsys.readouterr().err
