"""The syntax of `swanctl.conf`: text and includes become a tree. What the settings mean is `strongswan_swanctl`'s.

Written after strongSwan's own settings parser (5.9, `src/libstrongswan/settings/{settings_lexer.l,settings_parser.y}`):
sections `name { … }` nest and are continued where they occur again, `name : other, a.b { … }` inherits from sections
named from the top, `key = value` ends with its line, `#` or `}`, quotes may span lines, `include` reads files in place.
The value of `secret` becomes the facts of a key while it is read: no tree ever holds one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vpnaudit.peers.ipsecconf_syntax import include_pattern, quoted
from vpnaudit.peers.notes import Note, quoted_name, refuse
from vpnaudit.peers.strongswan_words import key_text
from vpnaudit.psk import KeyFacts

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

Value = str | KeyFacts | None
"""A setting; None takes away what would be inherited."""

SECRET: Final = "secret"  # noqa: S105 - the keyword, not a key
_DEEPEST: Final = 32
_BLANK = re.compile(r"(?:[\t\n ]|#[^\n]*)*")
_LINE_BLANK = re.compile(r"[\t ]*")
_NAME = re.compile(r'[^#{}:.,="\n\t ]+')
_REFERENCE = re.compile(r'[^#{}:.,="\n\t ]+(?:\.[^#{}:.,="\n\t ]+)*')
_INCLUDE = re.compile(r"include[\t ]+(?=[^\t =\n])")
_BARE = re.compile(r'[^#}"\n\t ]+')


@dataclass(slots=True)
class Section:
    """A section: its settings, its subsections by name in order, and the sections it inherits from, named from the
    top.
    """

    name: str
    file: str
    line: int
    settings: dict[str, Value] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Parser:
    """Walks through a file and its includes; `stack` are the open sections, the root first."""

    fingerprinter: Fingerprinter
    stack: list[Section]
    notes: list[Note] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)

    def file(self, source: Source) -> None:
        """Read one file into the section that is open."""
        self.files.add(source.path)
        text, at = source.text, 0
        ends = [line_end.start() for line_end in re.finditer("\n", text)]
        while (at := _match_end(_BLANK, text, at)) < len(text):
            line = bisect_left(ends, at) + 1
            if text[at] == "}":
                if len(self.stack) == 1:
                    raise refuse(source.label, line, "a } closes nothing. Take it away, or open its section.")
                self.stack.pop()
                at += 1
            elif match := _INCLUDE.match(text, at):
                pattern, at = include_pattern(text, match.end(), "#}\n\t ", source.label, line)
                self.include(source, pattern, line)
            else:
                at = self.statement(source, at, line)

    def include(self, source: Source, pattern: str, line: int) -> None:
        """Read the files of an include in place."""
        files = source.include(pattern)
        if not files:
            text = f"include {quoted_name(pattern)}: no such file was given; what stands in it is not known"
            self.notes.append(Note(source.label, line, text))
        for included in files:
            self.file(included)

    def statement(self, source: Source, at: int, line: int) -> int:
        """Read a setting or the head of a section; returns the place behind it."""
        text = source.text
        match = _NAME.match(text, at)
        if match is None:
            raise refuse(
                source.label,
                line,
                'neither a section nor key = value. Section and key names hold none of . , : { } = " #',
            )
        at = _match_end(_BLANK, text, match.end())
        mark = text[at : at + 1]
        if mark == "=":
            value, at = self.value(source, at + 1, line)
            self.stack[-1].settings[match[0]] = self.sealed(match[0], value, source.label, line)
            return at
        references: list[str] = []
        if mark == ":":
            references, at = _references(source, at + 1, line)
        if text[at : at + 1] != "{":
            raise refuse(
                source.label, line, "a name is followed by neither = nor {. Write key = value, or section { … }."
            )
        if len(self.stack) > _DEEPEST:
            raise refuse(source.label, line, f"sections are nested deeper than {_DEEPEST}; no swanctl.conf is.")
        section = self.stack[-1].sections.setdefault(match[0], Section(match[0], source.label, line))
        section.references += references
        self.stack.append(section)
        return at + 1

    def value(self, source: Source, at: int, line: int) -> tuple[str | None, int]:
        """The value that begins at `at`: bare and quoted parts joined by one space; None: there is none."""
        parts: list[str] = []
        text = source.text
        while True:
            at = _match_end(_LINE_BLANK, text, at)
            if text[at : at + 1] == '"':
                part, at = quoted(text, at + 1, source.label, line)
                parts.append(part)
            elif match := _BARE.match(text, at):
                parts.append(match[0])
                at = match.end()
            else:
                return (" ".join(parts) if parts else None), at

    def sealed(self, key: str, value: str | None, label: str, line: int) -> Value:
        """The value as the tree keeps it: a key becomes its facts."""
        if value is None or key != SECRET:
            return value
        plain = key_text(value)
        if plain is None:
            self.notes.append(Note(label, line, "the key is written 0x… or 0s… and cannot be decoded; it is not known"))
            return None
        return self.fingerprinter.facts(plain)


def parse(source: Source, fingerprinter: Fingerprinter) -> tuple[Section, list[Note], set[Path]]:
    """The tree of a file, notes, and all files that were read.

    Raises:
        ConfigError: at a line that strongSwan refuses; the text of the line is not quoted.
    """
    root = Section("", source.label, 1)
    parser = _Parser(fingerprinter, [root])
    parser.file(source)
    if len(parser.stack) > 1:
        unclosed = parser.stack[-1]
        raise refuse(
            unclosed.file,
            unclosed.line,
            f"section {quoted_name(unclosed.name)} is opened here and never closed. Close it with }}.",
        )
    return root, parser.notes, parser.files


def _match_end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the match of a pattern that may be empty ends."""
    match = pattern.match(text, at)
    return match.end() if match else at


def _references(source: Source, at: int, line: int) -> tuple[list[str], int]:
    names: list[str] = []
    while True:
        at = _match_end(_BLANK, source.text, at)
        match = _REFERENCE.match(source.text, at)
        if match is None:
            raise refuse(
                source.label, line, "after : stand the names of sections, from the top, such as connections.base."
            )
        names.append(match[0])
        at = _match_end(_BLANK, source.text, match.end())
        if source.text[at : at + 1] != ",":
            return names, at
        at += 1
