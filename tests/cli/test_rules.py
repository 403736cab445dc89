"""`vpnaudit rules`: each rule once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vpnaudit.cli.main import run
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    import pytest


def test_lists_each_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(all_rules())


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == list(all_rules())
    assert all(row["title"] and row["severity"] and row["subject"] for row in rows)
