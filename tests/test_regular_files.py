"""Only regular files of a bounded size are read, and nothing is waited for."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from vpnaudit.regular_files import MIB, read_regular


def test_a_file_that_is_just_as_large_as_it_may_be_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123")
    assert read_regular(tmp_path / "a", 4) == b"0123"


@pytest.mark.parametrize(("most_bytes", "size"), [(3, "3 bytes"), (MIB - 1, "1048575 bytes"), (MIB, "1 MiB")])
def test_a_file_that_is_larger_is_refused_with_the_bound(tmp_path: Path, most_bytes: int, size: str) -> None:
    (tmp_path / "a").write_bytes(b"x" * (most_bytes + 1))
    with pytest.raises(OSError, match=f"larger than {size}, and") as caught:
        read_regular(tmp_path / "a", most_bytes)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(tmp_path / "a"))


def test_a_pipe_a_device_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"no regular file|Is a directory") as caught:
            read_regular(path, 10)
        assert caught.value.errno in (errno.EINVAL, errno.EISDIR)
