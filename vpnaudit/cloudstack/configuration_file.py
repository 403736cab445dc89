"""Reads a configuration file of another client: text, of a size that such a file has, or a mistake with its name."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from vpnaudit.errors import ConfigError
from vpnaudit.hostile import one_line
from vpnaudit.regular_files import read_regular

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 2**20
_ADVICE = {
    errno.EINVAL: "is neither a file nor a folder, and is not read. Write a file in its place",
    errno.EFBIG: f"has more than {_LARGEST} bytes: it is no configuration of cs or cmk",
}


def configuration_text(path: Path) -> str | None:
    """What stands in the file; None: there is none that can be opened. Raises `ConfigError` where it is no text."""
    name = one_line(str(path))
    try:
        if not path.exists() or path.is_dir():
            return None
        data = read_regular(path, _LARGEST)
    except (OSError, ValueError) as error:  # not ours to read, a link to itself, a NUL in its name
        advice = _ADVICE.get(getattr(error, "errno", None) or 0)
        if advice is None:
            return None
        raise ConfigError(f"{name} {advice}.") from None
    text = _decoded(data)
    if text is None:
        raise ConfigError(f"{name} cannot be read: it is not UTF-8 text.")
    return text


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None  # the error holds the bytes, and they a secret
