"""`vpnaudit collect`: the estate, frozen, and what was not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.cli.main import run
from vpnaudit.estate import Estate

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_freezes_the_estate_and_ends_with_the_next_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "-p", "prod", "--quiet"]) == 2, "one object of the example cannot be read"
    (snapshot,) = folder.glob("snapshots/prod/*")
    out, err = capsys.readouterr()
    assert f"Next:     vpnaudit audit snapshots/prod/{snapshot.name}" in out
    assert "gap: prod: " in err
    assert out.splitlines()[-1].startswith(
        "Exit code 2, less was seen than was asked for: 1 gap that no profile expects (prod: "
    )
    assert Estate.open(snapshot).sources == ["prod"]


def test_a_profile_that_does_not_exist_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "-p", "nosuch", "--quiet"]) == 3
    assert "nosuch" in capsys.readouterr().err
    assert not (folder / "snapshots").exists()


def test_counts_the_far_sides_that_came_from_files(
    folder: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["collect", "-p", "prod", "--quiet", "--peers", str(book)])
    assert "1 far side from files" in capsys.readouterr().out
