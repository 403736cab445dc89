"""What a reader says of a file: notes, places and refusals; no text here holds a value that could be a key."""

from __future__ import annotations

from dataclasses import dataclass

from vpnaudit.errors import ConfigError
from vpnaudit.hostile import one_line

_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a file that was not read, or that is not what its author can have meant: where, and what it means
    for the tunnel.

    `line` is None where it concerns the whole file. The text is safe to print; it holds no value that could be a key.
    """

    file: str
    line: int | None
    text: str

    def __str__(self) -> str:
        """`file, line 3: text`."""
        return f"{place(self.file, self.line)}: {self.text}"


def quoted_name(text: str) -> str:
    """A name out of a file, for a message: quoted, on one line, not long."""
    line = one_line(text)
    return f"'{line[:_LONGEST_NAME]}{'…' if len(line) > _LONGEST_NAME else ''}'"


def place(label: str, line: int | None = None) -> str:
    """Where something is, for a message."""
    return one_line(label) if line is None else f"{one_line(label)}, line {line}"


def refuse(label: str, line: int | None, why: str) -> ConfigError:
    """The error for text that cannot be read; `why` says what to do and quotes nothing."""
    return ConfigError(f"{place(label, line)}: {why}")
