"""strongSwan's `ipsec.secrets`: lines `[identities] : PSK "key"`. A key becomes its facts in the line that reads it.

After `src/libcharon/plugins/stroke/stroke_cred.c` (strongSwan 5.9.8), and measured: the separator is ` : `, a quoted
key is taken as it stands up to the next quote of the same kind, an unquoted one may be written `0x…` or `0s…`, and the
first line that cannot be read ends the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vpnaudit.peers.notes import Note
from vpnaudit.peers.strongswan_keys import Secret
from vpnaudit.peers.strongswan_words import key_text

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

_SEPARATOR: Final = " : "
_INCLUDE: Final = "include "
_BLANK: Final = re.compile(r"[ \t]")
_WORD: Final = re.compile(r"[ \t]*(?:\"([^\"]*)\"|'([^']*)'|([^ \t]+))")
_NO_KEYS: Final = frozenset({"RSA", "ECDSA", "BLISS", "PKCS8", "P12", "PIN", "EAP", "NTLM", "XAUTH"})


@dataclass(slots=True)
class SecretsFile:
    """The pre-shared keys of a file and its includes in order, as facts, and notes, which never quote a line. `whole`
    is False where it refers to what was not given.
    """

    secrets: list[Secret] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)
    whole: bool = True


def read_secrets(source: Source, fingerprinter: Fingerprinter) -> SecretsFile:
    """Read a file and what it includes."""
    result = SecretsFile()
    _read(source, fingerprinter, result)
    return result


def _read(source: Source, fingerprinter: Fingerprinter, result: SecretsFile) -> None:
    result.files.add(source.path)
    for number, raw in enumerate(source.text.split("\n"), start=1):
        line = raw.lstrip(" \t")
        if not line or line.startswith("#"):
            continue
        if line.startswith(_INCLUDE):
            _include(source, line.removeprefix(_INCLUDE), number, fingerprinter, result)
            continue
        secret, problem = _secret(line, fingerprinter)
        result.secrets += [secret] if secret else []
        if problem:
            text = f"{problem}: strongSwan reads neither this line nor the rest of the file"
            result.notes.append(Note(source.label, number, text))
            return


def _include(source: Source, text: str, number: int, fingerprinter: Fingerprinter, result: SecretsFile) -> None:
    included_files = source.include(text.split(" ", 1)[0].strip('"'))
    if not included_files:
        result.whole = False
        result.notes.append(
            Note(source.label, number, "an include for which no file was given; the keys in it are not known")
        )
    for included in included_files:
        _read(included, fingerprinter, result)


def _secret(line: str, fingerprinter: Fingerprinter) -> tuple[Secret | None, str | None]:
    """A key, or why strongSwan stops here; neither for a line with something else than a pre-shared key."""
    names, separator, behind = ("", ":", line[2:]) if line.startswith(": ") else line.partition(_SEPARATOR)
    if not separator:
        return None, "no ' : ' between identities and key"
    parts = _BLANK.split(behind.lstrip(" \t"), maxsplit=1)
    if len(parts) == 1:
        return None, "no key behind its kind"
    kind, key_part = parts[0], parts[1].lstrip(" \t")
    if kind in _NO_KEYS:
        return None, "a private key in braces, as libreswan writes it" if key_part.startswith("{") else None
    if kind != "PSK":
        return None, "the kind of key is none that it knows (PSK, in capitals)"
    key = _key(key_part)
    if key is None:
        return None, "the key cannot be read (a quote is not closed, or 0x or 0s is followed by something else)"
    ids = [double or single or bare for double, single, bare in _WORD.findall(names)]
    return Secret(tuple(name for name in ids if name), fingerprinter.facts(key)), None


def _key(text: str) -> str | None:
    if text[:1] not in ('"', "'"):
        return key_text(_BLANK.split(text, maxsplit=1)[0]) if text else None
    end = text.find(text[0], 1)
    return text[1:end] if end > 0 else None
