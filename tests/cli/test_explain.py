"""`vpnaudit explain`: all of one rule, and advice for a mistyped one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    import pytest


def test_shows_every_heading_and_what_the_rule_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "dpd-off"]) == 0
    text = capsys.readouterr().out
    for heading in ("What it finds", "Why it matters", "How to fix it", "What it cannot see", "References", "Reads: "):
        assert heading in text


def test_a_rule_that_does_not_exist_gives_its_neighbours(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "weak-dh-grup"]) == 3
    assert "weak-dh-group" in capsys.readouterr().err
