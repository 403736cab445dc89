r"""The syntax of strongSwan's `ipsec.conf`: text and includes become sections. What the settings mean is
`strongswan_ipsecconf`'s.

Written after the starter's scanner and grammar (strongSwan 5.9, `src/starter/parser`: lexer.l, parser.y,
conf_parser.c): a section begins in the first column, its settings are indented, `#` begins a comment outside quotes,
words of a value are joined by one space, a quoted value may span lines (`\` at a line's end joins them), `include`
reads files in place, a section that occurs twice is continued.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vpnaudit.peers.notes import Note, quoted_name, refuse

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.peers.source import Source

DEFAULTS: Final = "%default"
_DEEPEST: Final = 64

_TOKEN = re.compile(
    r'(?P<blank>[\t ]+)|(?P<comment>#[^\n]*)|(?P<end>\n)|(?P<equals>=)|(?P<quote>")|(?P<word>(?:@#)?[^"#=\t\n ]+)'
)
_LEGACY = re.compile(r"[\t ]*version[^\n]*")
_INCLUDE = re.compile(r"[\t ]*include[\t ]+(?=[^\t =\n])")
_PLAIN = re.compile(r'[^"\\]+')
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "\n": ""}


@dataclass(slots=True)
class Section:
    """One `conn`. A setting without a value is None, which takes away what would be inherited; `also` are names in
    order.
    """

    name: str
    file: str
    line: int
    settings: dict[str, str | None] = field(default_factory=dict)
    also: list[tuple[str, int]] = field(default_factory=list)


@dataclass(slots=True)
class Parsed:
    """A file with its includes: the `conn` sections by name in order, `config setup`, notes, and all files that were
    read. `whole` is False where an include was not given, `unindented` says that a setting stands in the first column.
    """

    conns: dict[str, Section] = field(default_factory=dict)
    setup: Section | None = None
    notes: list[Note] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)
    whole: bool = True
    unindented: bool = False


@dataclass(slots=True)
class _State(Parsed):
    """What a parser knows while it walks through a file and its includes: `current` is None in sections that are not
    read.
    """

    current: Section | None = None
    inside: bool = False


def parse(source: Source) -> Parsed:
    """The sections of a file and its includes.

    Raises:
        ConfigError: at a line that strongSwan refuses: an open quote, a section without a name, a setting without `=`
            or outside a section.
    """
    state = _State()
    _file(source, state)
    return state


def _file(source: Source, state: _State) -> None:
    state.files.add(source.path)
    at, line, text = 0, 1, source.text
    while at < len(text):
        if match := _LEGACY.match(text, at):
            at = match.end()
        if match := _INCLUDE.match(text, at):
            pattern, at = include_pattern(text, match.end(), "#\n\t ", source.label, line)
            _include(source, pattern, line, state)
            continue
        indented = text[at] in "\t "
        words, at, behind = _words(source, at, line)
        _statement(source, words, line, indented=indented, state=state)
        line = behind


def _words(source: Source, at: int, line: int) -> tuple[list[str | None], int, int]:
    """The words of the statement that begins at `at`, `=` as None, with the place and the line behind its end."""
    text = source.text
    words: list[str | None] = []
    while at < len(text):
        token = _TOKEN.match(text, at)
        assert token is not None  # noqa: S101 - the alternatives cover every character
        at = token.end()
        if token.lastgroup == "end":
            return words, at, line + 1
        if token.lastgroup == "quote":
            start = at
            word, at = quoted(text, at, source.label, line)
            line += text.count("\n", start, at)
            words.append(word)
        elif token.lastgroup in ("word", "equals"):
            words.append(None if token.lastgroup == "equals" else token[0])
    return words, at, line


def quoted(text: str, at: int, label: str, line: int) -> tuple[str, int]:
    """The string that begins at `at`, behind its opening quote, and the place behind the closing one."""
    parts: list[str] = []
    while at < len(text):
        char = text[at]
        if char == '"':
            return "".join(parts), at + 1
        if char == "\\" and at + 1 < len(text):
            parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            at += 2
            continue
        if char == "\\":
            break
        plain = _PLAIN.match(text, at)
        assert plain is not None  # noqa: S101 - neither a quote nor a backslash stands here
        parts.append(plain[0])
        at = plain.end()
    raise refuse(label, line, 'a quote is opened here and never closed. Close it with ".')


def include_pattern(text: str, at: int, stops: str, label: str, line: int) -> tuple[str, int]:
    """The pattern behind `include`, up to one of `stops` that is neither quoted nor escaped, and the place of that
    character.
    """
    parts: list[str] = []
    while at < len(text) and text[at] not in stops:
        char = text[at]
        if char == '"':
            word, at = quoted(text, at + 1, label, line)
            parts.append(word)
        elif char == "\\" and text[at + 1 : at + 2] in ('"', "#", "}", " "):
            parts.append(text[at + 1])
            at += 2
        else:
            parts.append(char)
            at += 1
    return "".join(parts), at


def _include(source: Source, pattern: str, line: int, state: _State) -> None:
    files = source.include(pattern)
    if not files:
        state.whole = False
        state.notes.append(
            Note(
                source.label,
                line,
                f"include {quoted_name(pattern)}: no such file was given; what stands in it is not known",
            )
        )
    for included in files:
        _file(included, state)


def _statement(source: Source, words: list[str | None], line: int, *, indented: bool, state: _State) -> None:
    if not words:
        return
    if not indented and words[0] in ("conn", "ca", "config"):
        _section(source, words, line, state)
        return
    key = words[0]
    if not key or len(words) < 2 or words[1] is not None:  # noqa: PLR2004 - a key and its sign
        raise refuse(
            source.label, line, "neither a section nor key=value. strongSwan refuses the whole file; correct the line."
        )
    if not state.inside:
        raise refuse(source.label, line, "a setting before any section. Put it behind its conn line.")
    value = words[2:]
    if None in value:
        raise refuse(source.label, line, 'a second = in a value. Put the value in quotes: key="a=b".')
    if not indented:
        state.unindented = True
        state.notes.append(
            Note(
                source.label,
                line,
                "the setting is not indented: strongSwan refuses such a file",
            )
        )
    if state.current is not None:
        _set(state.current, key, " ".join(word for word in value if word is not None) if value else None, line)


def _section(source: Source, words: list[str | None], line: int, state: _State) -> None:
    name = words[1] if len(words) > 1 else None
    if len(words) > 2 or (words[0] != "config" and not name):  # noqa: PLR2004 - the kind and one name
        raise refuse(source.label, line, "a section has one word as its name: conn NAME.")
    state.inside, state.current = True, None
    if words[0] == "config":
        state.setup = state.current = state.setup or Section("setup", source.label, line)
    if words[0] == "conn" and name:
        state.current = state.conns.setdefault(name, Section(name, source.label, line))


def _set(section: Section, key: str, value: str | None, line: int) -> None:
    if key != "also":
        section.settings[key] = value
    elif value and value != DEFAULTS:
        section.also.append((value, line))


def plain_settings(section: Section) -> dict[str, str]:
    """The settings of a section by itself that have a value."""
    return {key: value for key, value in section.settings.items() if value is not None}


def merged_settings(section: Section, conns: dict[str, Section]) -> tuple[dict[str, str], list[Note]]:
    """All settings of a section, its own and those of `also` and `%default`; a note for each reference that leads
    nowhere.

    The order of precedence is strongSwan's: a section wins over those it names, the last named over the earlier, all
    over `%default`.
    """
    notes: list[Note] = []
    merged: dict[str, str | None] = {}
    for layer in [*_chain(section, conns, (), notes, {}), *([conns[DEFAULTS]] if DEFAULTS in conns else [])]:
        for key, value in layer.settings.items():
            merged.setdefault(key, value)
    return {key: value for key, value in merged.items() if value is not None}, notes


def _chain(
    section: Section,
    conns: dict[str, Section],
    above: tuple[str, ...],
    notes: list[Note],
    finished_chains: dict[str, list[Section]],
) -> list[Section]:
    """A section and those it inherits from, the most important first; of several mentions the last counts, as in
    strongSwan.
    """
    if section.name in finished_chains:
        return finished_chains[section.name]
    if len(above) > _DEEPEST:
        raise refuse(
            section.file, section.line, f"also= leads through more than {_DEEPEST} sections; no ipsec.conf does."
        )
    chain: list[Section] = []
    for name, line in reversed(section.also):
        if name in conns and name not in above and name != section.name:
            chain += _chain(conns[name], conns, (*above, section.name), notes, finished_chains)
            continue
        why = "leads back to itself" if name in conns else "is not there"
        text = (
            f"also={quoted_name(name)} {why}: strongSwan refuses the file; what {quoted_name(section.name)} would"
            " inherit is not known"
        )
        notes.append(Note(section.file, line, text))
    last = {link.name: place for place, link in enumerate(chain)}
    finished_chains[section.name] = [section, *(link for place, link in enumerate(chain) if last[link.name] == place)]
    return finished_chains[section.name]
