"""A file is text that is read once, and its includes never leave the folder that was given."""

from __future__ import annotations

import os

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.peers.source import DEEPEST, LARGEST_BYTES, Source, decode, load


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
