"""What is written is for its owner alone under any umask, whole or not at all, and a refusal names the file."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from vpnaudit import private_files
from vpnaudit.errors import FileError
from vpnaudit.private_files import (
    check_place,
    explained,
    file_error,
    make_folder,
    make_new_folder,
    write_bytes,
    write_text,
)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.fixture(params=[0o000, 0o022, 0o277])
def umask(request: pytest.FixtureRequest):
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
class TestUnderAnyUmask:
    def test_a_file_is_for_its_owner(self, tmp_path: Path) -> None:
        assert mode(write_bytes(tmp_path / "a", b"x")) == 0o600
        assert mode(write_text(tmp_path / "b", "x")) == 0o600

    def test_a_file_that_others_could_read_is_closed_when_it_is_written_again(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.touch()
        path.chmod(0o644)
        assert mode(write_text(path, "new")) == 0o600
        assert path.read_text() == "new"

    def test_so_is_each_folder_that_is_made(self, tmp_path: Path) -> None:
        make_folder(tmp_path / "a" / "b")
        make_new_folder(tmp_path / "a" / "b" / "c" / "d")
        folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
        assert len(folders) == 4
        assert {mode(path) for path in folders} == {0o700}


def test_a_folder_that_exists_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert make_folder(tmp_path) == tmp_path
    assert mode(tmp_path) == 0o755
    with pytest.raises(FileExistsError):
        make_new_folder(tmp_path)


def test_a_folder_that_another_run_makes_at_this_moment_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    private_files._make(tmp_path / "a")
    (tmp_path / "f").touch()
    with pytest.raises(FileExistsError):
        private_files._make(tmp_path / "f")


def test_a_file_where_a_folder_is_asked_is_named(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    for make in (make_folder, make_new_folder):
        with pytest.raises(FileError, match=r"f/x/y cannot be made|f/x cannot be made|f cannot be made"):
            make(tmp_path / "f" / "x" / "y")
    with pytest.raises(FileError, match=r"f cannot be made: File exists\. A file stands where a folder is needed"):
        make_folder(tmp_path / "f")


def test_a_place_is_checked_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_place(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "f").touch()
    with pytest.raises(FileError, match="f cannot be used: File exists"):
        check_place(tmp_path / "f" / "x")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError, match=r"cannot be used: Permission denied\. Name a place that you may use"):
        check_place(tmp_path / "a" / "b")


def test_a_folder_with_a_name_too_long_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"File name too long\. Choose a shorter name"):
        make_new_folder(tmp_path / ("x" * 300))


def test_a_folder_where_a_file_is_asked_is_named_and_no_draft_is_left(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(FileError, match="d cannot be written: Is a directory"):
        write_bytes(tmp_path / "d", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["d"]


def test_a_full_disk_is_said_and_the_former_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_bytes(tmp_path / "a", b"old")

    def full(_: object, __: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FileError, match=r"a cannot be written: No space left on device\. Free space"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_interrupt_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object, __: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bytes(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_half_a_surrogate_pair_is_written_so_that_json_reads_it_back(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a", json.dumps("x\ud800", ensure_ascii=False))
    assert json.loads(path.read_bytes()) == "x\ud800"


def test_every_refusal_names_the_file_and_says_what_to_do(tmp_path: Path) -> None:
    assert str(file_error(OSError(errno.EACCES, "Permission denied", "/a\n/b"), "read")) == (
        "/a�/b cannot be read: Permission denied. Name a place that you may use, or let its owner give you the right."
    )
    assert "/raw�" in str(file_error(OSError(errno.EIO, "Input/output error", b"/raw\xff")))
    assert str(file_error(OSError())).startswith("A file cannot be used: OSError. Look at this place")
    with pytest.raises(FileError, match="none cannot be read"), explained("read", tmp_path / "none"):
        (tmp_path / "none").read_bytes()
