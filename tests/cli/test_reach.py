"""`vpnaudit reach`: what passes, and which rule decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


def test_shows_each_cell_with_the_rule_that_decides(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["reach", "c1"]) == 0
    out, err = capsys.readouterr()
    assert "ALL         10.2.0.0/24 into front" in out
    assert "rule 1 allow ingress all" in out
    assert "the newest below snapshots" in err


def test_one_flow_is_answered_for_the_network_that_was_asked_for(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = ["--from", "10.2.0.7", "--to", "front", "--proto", "tcp", "--port", "443"]
    assert run(["reach", "203.0.113.2", "--snapshot", str(snapshot), *flow, "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)
    assert {(cell["tier"], cell["remote"], cell["direction"]) for cell in cells} == {
        ("front", "10.2.0.7", "ingress"),
        ("front", "10.2.0.7", "egress"),
    }


def test_far_ends_from_a_file_change_nothing_of_the_access_lists(
    snapshot: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for more in ([], ["--peers", str(book)]):
        assert run(["reach", "c1", "--snapshot", str(snapshot), *more]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        (["--port", "5"], "--proto"),
        (["--from", "office"], "no IPv4 network"),
        (["--to", "nowhere"], "Nothing to tell"),
    ],
)
def test_what_cannot_be_understood_is_a_mistake(
    snapshot: Path, options: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["reach", "c1", "--snapshot", str(snapshot), *options]) == 3
    assert advice in capsys.readouterr().err
