"""Reads files that a person names: regular ones, of a size that such a file has. A pipe, a device or a socket in the
place of one would be waited for without an end.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MIB = 2**20


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The bytes of a regular file.

    Raises:
        OSError: it cannot be opened, is no regular file (EINVAL), or is larger than that (EFBIG).
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if facts.st_size > most_bytes:
            size = f"{most_bytes // MIB} MiB" if most_bytes >= MIB else f"{most_bytes} bytes"
            raise OSError(errno.EFBIG, f"it is larger than {size}, and no such file is", str(path))
        return file.read()
