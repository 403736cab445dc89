"""A configuration file is text of a bounded size, is not there, or is a mistake that names the file."""

from __future__ import annotations

import errno
import os
import traceback
from pathlib import Path

import pytest

from vpnaudit.cloudstack import configuration_file
from vpnaudit.cloudstack.configuration_file import configuration_text
from vpnaudit.errors import ConfigError


def test_text_is_given_as_it_is(tmp_path):
    (tmp_path / "a.ini").write_text("[ä]\n", encoding="utf-8")
    assert configuration_text(tmp_path / "a.ini") == "[ä]\n"


def refuse(path, most_bytes):
    raise PermissionError(errno.EACCES, "Permission denied")


def test_what_cannot_be_opened_is_no_file(tmp_path, monkeypatch):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path in (tmp_path / "none", tmp_path, loop, Path("a\0b"), tmp_path / ("x" * 5_000)):
        assert configuration_text(path) is None
    (tmp_path / "a.ini").write_text("")
    monkeypatch.setattr(configuration_file, "read_regular", refuse)
    assert configuration_text(tmp_path / "a.ini") is None


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match="neither a file nor a folder"):
        configuration_text(tmp_path / "pipe")


def test_a_file_of_any_size_is_refused(tmp_path):
    (tmp_path / "large").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(ConfigError, match="more than 1048576 bytes"):
        configuration_text(tmp_path / "large")


def test_what_is_no_text_is_refused_without_its_bytes(tmp_path):
    (tmp_path / "odd").write_bytes(b"secret = canary\xff")
    with pytest.raises(ConfigError, match="not UTF-8") as caught:
        configuration_text(tmp_path / "odd")
    assert "canary" not in "".join(traceback.format_exception(caught.value))
