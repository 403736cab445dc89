"""A file of the far side, and the files that it names: nothing outside the folder that was given is ever opened."""

from __future__ import annotations

import glob
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from vpnaudit.errors import ConfigError
from vpnaudit.peers.notes import place

LARGEST_BYTES: Final = 8 * 2**20
DEEPEST: Final = 10
"""Levels of includes, as in strongSwan (`MAX_INCLUDE_LEVEL` of parser_helper.c)."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file. `label` is how messages call it, `base` the folder that includes must stay in.

    The text is no part of `repr`: it may hold keys.
    """

    label: str
    path: Path
    base: Path
    text: str = field(repr=False)
    level: int = 0

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    def include(self, pattern: str) -> list[Source]:
        """The files that an include with this pattern means, in order of their names; an empty list: none was given.

        A relative pattern starts at this file's folder. An absolute one names a place on the device: it is looked for
        in the folder that was given, whole and without its leading folders, so that a copy of `/etc` or of a part of it
        is read as the device reads it. This file itself is never what such a place means.

        Raises:
            ConfigError: includes are nested deeper than strongSwan allows, as they are when a file includes itself.
        """
        if self.level >= DEEPEST:
            raise ConfigError(
                f"{place(self.label)}: includes go deeper than {DEEPEST} files. A file that includes itself does that."
            )
        parts = PurePosixPath(pattern).parts
        if not parts or "\0" in pattern:
            return []
        if parts[0] != "/":
            return self._matching(self.path.parent, pattern)
        tails = ("/".join(parts[start:]) for start in range(1, len(parts)))
        return next(
            (
                sources
                for tail in tails
                for root in (self.base, self.path.parent)
                if (sources := [one for one in self._matching(root, tail) if one.path != self.path])
            ),
            [],
        )

    def beside(self, name: str) -> Source | None:
        """The file of this name in the same folder; None: there is none."""
        return next(iter(self._matching(self.path.parent, glob.escape(name))), None)

    def _matching(self, root: Path, pattern: str) -> list[Source]:
        inside = self.base.resolve()
        sources = []
        for name in sorted(glob.glob(pattern, root_dir=root)):  # noqa: PTH207 - Path.glob refuses patterns that glob(3) takes
            path = root / name
            if path.resolve().is_relative_to(inside) and path.is_file():
                label = f"{self.label.removesuffix(self.name)}{name}" if root == self.path.parent else name
                sources.append(load(path, label, self.base, level=self.level + 1))
        return sources


def load(path: Path, label: str, base: Path, *, level: int = 0) -> Source:
    """Read a file of text: UTF-8, or UTF-16 that says so; line ends become those of Unix.

    Raises:
        ConfigError: it cannot be opened, is no text, or is larger than any configuration.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ConfigError(
                f"{place(label)}: larger than {LARGEST_BYTES >> 20} MiB; no device configuration is. Name the right"
                " file."
            )
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{place(label)}: cannot be read: {error.strerror}.") from None
    return Source(label, path, base, decode(data, label), level)


def decode(data: bytes, label: str) -> str:
    """The text of a file; raises `ConfigError` where it is none."""
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise ConfigError(f"{place(label)}: is not text in UTF-8. Save it as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
