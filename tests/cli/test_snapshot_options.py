"""Which snapshot a verb reads and which far ends come with it is one definition, the same in every verb."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vpnaudit.cli.main import run
from vpnaudit.cli.snapshot_options import SnapshotChoice, newest
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    import click

VERBS = ("audit", "report", "notebook", "reach", "tunnel", "prove")
WITH_ARGUMENT = ("audit", "report", "notebook")


def parameters(verb: str) -> dict[str, click.Parameter]:
    return {parameter.name: parameter for parameter in import_module(f"vpnaudit.cli.{verb}").command.params}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_that_reads_a_snapshot_has_the_same_options(verb: str) -> None:
    shared = {name: parameters(verb)[name].to_info_dict() for name in ("snapshot", "snapshots", "peers")}
    assert shared == {name: parameters("tunnel")[name].to_info_dict() for name in shared}
    assert ("argument" in parameters(verb)) == (verb in WITH_ARGUMENT)


@pytest.mark.parametrize("verb", WITH_ARGUMENT)
def test_help_shows_that_the_argument_may_be_left_out(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert f"vpnaudit {verb} [OPTIONS] [SNAPSHOT]" in capsys.readouterr().out


@pytest.mark.parametrize("verb", WITH_ARGUMENT)
def test_two_different_snapshots_are_an_error_that_names_both(
    verb: str, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([verb, "a", "--snapshot", "b"]) == 3
    text = capsys.readouterr().err
    assert "Two snapshots are named: a, and --snapshot b" in text
    assert "leave one of them out" in text


def test_the_same_snapshot_twice_is_one(snapshot: Path) -> None:
    relative = str(snapshot.relative_to(Path.cwd()))
    assert run(["audit", str(snapshot), "--snapshot", relative, "--json"]) == 1


def test_the_newest_is_taken_where_none_is_named_and_stderr_says_which(
    snapshot: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["audit"])
    out, err = capsys.readouterr()
    assert err == f"Snapshot: snapshots/s1/{snapshot.name}, the newest below snapshots\n"
    assert f"Snapshot: snapshots/s1/{snapshot.name}" in out
    run(["audit", str(snapshot)])
    assert capsys.readouterr().err == ""


def test_the_newest_is_by_time_whatever_its_sources(tmp_path: Path) -> None:
    for name in ("a/20261124T080000Z", "b/20261125T080000Z", "c/20261123T080000Z", "d/20261126T080000Z"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a/20261124T080000Z", "b/20261125T080000Z", "c/20261123T080000Z"):
        (tmp_path / name / "manifest.json").touch()
    assert newest(tmp_path) == tmp_path / "b" / "20261125T080000Z", "a folder without a manifest is no snapshot"


def test_where_there_is_none_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`vpnaudit collect` makes one"):
        newest(tmp_path)


def test_the_newest_is_looked_for_once(snapshot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choice = SnapshotChoice()
    assert choice.folder == choice.folder
    assert capsys.readouterr().err.count("Snapshot:") == 1


def test_what_was_not_read_of_a_far_end_goes_to_stderr(
    snapshot: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (book.parent / "far").mkdir()
    (book.parent / "far" / "peers.toml").write_text(book.read_text())
    (book.parent / "far" / "leaflet.txt").write_text("not a configuration")
    exploration = SnapshotChoice(snapshot, peers=(Path("far"),)).open()
    assert len(exploration.estate["peers"]) == 1
    assert "note: far/leaflet.txt" in capsys.readouterr().err


def test_the_snapshot_stays_known_by_its_digest(snapshot: Path, book: Path) -> None:
    plain, joined = SnapshotChoice(snapshot).open(), SnapshotChoice(snapshot, peers=(book,)).open()
    assert joined.estate.digest == plain.estate.digest
    assert plain.estate.digest
