"""`vpnaudit sandbox`: an example cloud that answers, and profiles that are gone when it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from vpnaudit.cli import sandbox
from vpnaudit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_never_overwrites_a_file_with_profiles(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "cloudstack.ini").read_text()
    assert run(["sandbox", "--port", "0"]) == 3
    assert "may hold your own keys" in capsys.readouterr().err
    assert (folder / "cloudstack.ini").read_text() == before


def test_answers_until_interrupted_and_takes_its_profiles_away(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replies: list[int] = []

    def ask() -> None:
        text = capsys.readouterr().out
        assert "vpnaudit run -p prod -p dr" in text
        assert (work / "cloudstack.ini").exists()
        endpoint = text.splitlines()[0].partition(": ")[2]
        replies.append(httpx.get(endpoint, params={"command": "listZones"}).status_code)

    monkeypatch.setattr(sandbox, "_wait", ask)
    assert run(["sandbox", "--port", "0"]) == 0
    assert replies == [401], "it answers, and wants a signature"
    assert not (work / "cloudstack.ini").exists()
