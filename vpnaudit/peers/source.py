"""A file of the far side, and the files that it names: nothing outside the folder that was given is ever opened, and
there is an end to what is.
"""

from __future__ import annotations

import fnmatch
import os
import re
import time
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from vpnaudit.errors import ConfigError
from vpnaudit.peers.notes import place
from vpnaudit.regular_files import read_regular

LARGEST_BYTES: Final = 8 * 2**20
DEEPEST: Final = 10
"""Levels of includes, as in strongSwan (`MAX_INCLUDE_LEVEL` of parser_helper.c)."""
MOST_FILES: Final = 2_000
MOST_BYTES: Final = 64 * 2**20
MOST_NAMES: Final = 50_000
LONGEST_S: Final = 30.0
_MAGIC: Final = re.compile(r"[*?\[]")


@dataclass(slots=True)
class Budget:
    """What may be read for one file with its includes: files, bytes, names of folders looked at, and time."""

    files: int = 0
    size: int = 0
    names: int = 0
    end: float = field(default_factory=lambda: time.monotonic() + LONGEST_S)

    def spend(self, label: str, *, files: int = 0, size: int = 0, names: int = 0) -> None:
        """Take from it; raises `ConfigError` where nothing is left."""
        self.files, self.size, self.names = self.files + files, self.size + size, self.names + names
        spent = {
            f"{MOST_FILES} files": self.files > MOST_FILES,
            f"{MOST_BYTES >> 20} MiB": self.size > MOST_BYTES,
            f"{MOST_NAMES} names": self.names > MOST_NAMES,
            f"{LONGEST_S:.0f} s": time.monotonic() > self.end,
        }
        limit = next((words for words, over in spent.items() if over), None)
        if limit:
            raise ConfigError(
                f"{place(label)}: its includes lead to more than {limit}; no device configuration does. Give the folder"
                " of the configuration alone, without files that include each other."
            )


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
    budget: Budget = field(default_factory=Budget, repr=False, compare=False)

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
        path = self.path.parent / name
        return self._load(path) if _inside(path, self.base.resolve()) and path.is_file() else None

    def _matching(self, root: Path, pattern: str) -> list[Source]:
        inside = self.base.resolve()
        paths = [root]
        for part in PurePosixPath(pattern).parts:
            paths = [path for parent in paths for path in self._step(parent, part) if _inside(path, inside)]
        return [self._load(path) for path in paths if path.is_file()]

    def _step(self, parent: Path, part: str) -> list[Path]:
        """The names in one folder that one part of a pattern means, in order. Nothing is looked at outside the base."""
        if not _MAGIC.search(part):
            self.budget.spend(self.label, names=1)
            return [parent / part]
        try:
            names = sorted(path.name for path in parent.iterdir())
        except OSError:
            return []
        self.budget.spend(self.label, names=len(names) + 1)
        return [
            parent / name
            for name in names
            if fnmatch.fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
        ]

    def _load(self, path: Path) -> Source:
        name = os.path.relpath(path, self.path.parent)
        label = f"{self.label.removesuffix(self.name)}{name}" if not name.startswith("..") else path.as_posix()
        return load(path, label, self.base, level=self.level + 1, budget=self.budget)


def _inside(path: Path, base: Path) -> bool:
    return path.resolve().is_relative_to(base)


def load(path: Path, label: str, base: Path, *, level: int = 0, budget: Budget | None = None) -> Source:
    """Read a file of text: UTF-8, or UTF-16 that says so; line ends become those of Unix.

    Raises:
        ConfigError: it cannot be opened, is no file or no text, or is larger than any configuration, alone or with what
            was read before it.
    """
    budget = budget or Budget()
    data = read_bytes(path, label)
    budget.spend(label, files=1, size=len(data))
    return Source(label, path, base, decode(data, label), level, budget)


def read_bytes(path: Path, label: str, largest: int = LARGEST_BYTES) -> bytes:
    """The bytes of a regular file.

    Raises:
        ConfigError: it cannot be opened, is no regular file, or is too large.
    """
    try:
        return read_regular(path, largest)
    except OSError as error:
        raise ConfigError(f"{place(label)}: cannot be read: {error.strerror}. Name the right file.") from None


def decode(data: bytes, label: str) -> str:
    """The text of a file; raises `ConfigError` where it is none."""
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise ConfigError(f"{place(label)}: is not text in UTF-8. Save it as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
