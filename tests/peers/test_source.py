"""A file is text that is read once, and its includes never leave the folder that was given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.peers.reading_text import PRINTS
from vpnaudit.errors import ConfigError
from vpnaudit.peers import read
from vpnaudit.peers.source import DEEPEST, LARGEST_BYTES, Source, decode, load, read_bytes


def test_an_include_never_leaves_its_folder(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out.conf").write_text("conn stolen\n auto=add\n")
    (tmp_path / "in" / "link.conf").symlink_to(tmp_path / "out.conf")
    source = Source("ipsec.conf", tmp_path / "in" / "ipsec.conf", tmp_path / "in", "")
    for pattern in ("../out.conf", str(tmp_path / "out.conf"), "link.conf", "", "/", "\0*"):
        assert source.include(pattern) == []


def source_in(folder) -> Source:
    return load(folder / "ipsec.conf", "copy/ipsec.conf", folder)


def test_an_absolute_include_is_looked_for_in_the_copy_that_was_given(tmp_path) -> None:
    (tmp_path / "ipsec.d").mkdir()
    for name in ("ipsec.conf", "ipsec.d/b.conf", "ipsec.d/a.conf", "ipsec.d/a.txt"):
        (tmp_path / name).write_text(name)
    included = source_in(tmp_path).include("/etc/ipsec.d/*.conf")
    assert [one.text for one in included] == ["ipsec.d/a.conf", "ipsec.d/b.conf"]
    assert {one.level for one in included} == {1}
    assert included[0].label == "copy/ipsec.d/a.conf"


def test_a_folder_of_the_device_that_was_not_given_does_not_make_a_file_include_itself(tmp_path) -> None:
    (tmp_path / "ipsec.conf").write_text("include /etc/ipsec.d/*.conf\n")
    assert source_in(tmp_path).include("/etc/ipsec.d/*.conf") == []
    (tmp_path / "branch.conf").write_text("out of ipsec.d, laid beside")
    assert [one.path.name for one in source_in(tmp_path).include("/etc/ipsec.d/*.conf")] == ["branch.conf"]


def test_a_file_beside_is_found_by_its_very_name(tmp_path) -> None:
    (tmp_path / "ipsec.conf").write_text("")
    (tmp_path / "a*.secrets").write_text("own")
    (tmp_path / "ab.secrets").write_text("another's")
    assert source_in(tmp_path).beside("a*.secrets").text == "own"
    assert source_in(tmp_path).beside("b.secrets") is None


def test_an_include_that_goes_too_deep_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=f"deeper than {DEEPEST} files"):
        Source("a.conf", tmp_path / "a.conf", tmp_path, "", level=DEEPEST).include("b.conf")


def test_a_file_that_no_device_would_have_is_not_read(tmp_path) -> None:
    """A sparse file: it is refused by its size, and takes no room."""
    with (tmp_path / "big.conf").open("wb") as file:
        os.ftruncate(file.fileno(), LARGEST_BYTES + 1)
    with pytest.raises(ConfigError, match="larger than 8 MiB"):
        load(tmp_path / "big.conf", "big.conf", tmp_path)
    with pytest.raises(ConfigError, match=r"gone\.conf: cannot be read: No such file"):
        load(tmp_path / "gone.conf", "gone.conf", tmp_path)


@pytest.mark.parametrize(
    "data",
    ["a\nb\nü".encode(), "\ufeffa\r\nb\rü".encode(), "a\r\nb\nü".encode("utf-16")],
    ids=["unix", "bom", "utf-16"],
)
def test_text_is_the_same_however_it_was_saved(data: bytes) -> None:
    assert decode(data, "a.conf") == "a\nb\nü"


@pytest.mark.parametrize("data", [b"\xff", b"\xff\xfea"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"a.conf: is not text in UTF-8"):
        decode(data, "a.conf")


def fan(folder, width: int, depth: int) -> None:
    """Files that include each other so that reading them as strongSwan does would take width to the power of depth."""
    for level in range(depth):
        for number in range(width):
            (folder / f"{level}-{number}.conf").write_text(f"include {level + 1}-*.conf\n")
    (folder / "ipsec.conf").write_text("include 0-*.conf\n")


def test_includes_that_fan_out_have_an_end(tmp_path) -> None:
    fan(tmp_path, 12, 8)
    with pytest.raises(ConfigError, match=r"its includes lead to more than (?:2000 files|50000 names)"):
        read([tmp_path / "ipsec.conf"], PRINTS)


@pytest.mark.parametrize(
    "pattern", ["../../../*/*", "../../*", "/../../etc/*", "*/../../../*", "../*.conf", "sub/../../*"]
)
def test_an_include_out_of_the_folder_is_not_looked_at(tmp_path, monkeypatch, pattern: str) -> None:
    folder = tmp_path / "given"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "outside.conf").write_text("conn b\n auto=add\n right=192.0.2.1\n")
    (folder / "ipsec.conf").write_text(f"include {pattern}\nconn a\n auto=add\n right=192.0.2.1\n")
    looked_at = []
    really = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: looked_at.append(path.resolve()) or really(path))
    frame, notes = read([folder / "ipsec.conf"], PRINTS)
    assert list(frame["name"]) == ["a"]
    assert any("no such file was given" in str(note) for note in notes)
    assert all(path.is_relative_to(folder) for path in looked_at)


def test_an_include_of_hidden_files_and_of_a_file_as_a_folder_is_none(tmp_path) -> None:
    (tmp_path / ".hidden.conf").write_text("conn b\n auto=add\n right=192.0.2.1\n")
    (tmp_path / "ipsec.conf").write_text("include *.conf/*\ninclude .h*\n")
    frame, _ = read([tmp_path / "ipsec.conf"], PRINTS)
    assert list(frame["name"]) == ["b"]


@pytest.mark.parametrize(
    ("limit", "value", "words"),
    [("MOST_BYTES", 2**20, "1 MiB"), ("MOST_NAMES", 3, "3 names"), ("LONGEST_S", -1.0, "-1 s")],
)
def test_each_limit_has_its_words(tmp_path, monkeypatch, limit: str, value, words: str) -> None:
    monkeypatch.setattr(f"vpnaudit.peers.source.{limit}", value)
    for number in range(4):
        (tmp_path / f"{number}.conf").write_text("#" * 2**19)
    (tmp_path / "ipsec.conf").write_text("include *.conf\n")
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "ipsec.conf").write_text("include y/*.conf\n" * 5)
    (tmp_path / "x" / "y").mkdir()
    file = tmp_path / "x" / "ipsec.conf" if limit == "MOST_NAMES" else tmp_path / "ipsec.conf"
    with pytest.raises(ConfigError, match=words):
        read([file], PRINTS)


def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    for name in ("ipsec.conf", "peers.toml"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(ConfigError, match="is no regular file"):
            read([tmp_path / name], PRINTS)
    with pytest.raises(ConfigError, match="is no regular file"):
        read([Path("/dev/zero")], PRINTS)


def test_a_file_without_an_end_is_read_up_to_the_limit(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 200)
    with pytest.raises(ConfigError, match="larger than 100 bytes"):
        read_bytes(tmp_path / "a", "a", 100)
