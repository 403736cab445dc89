"""strongSwan's `ipsec.secrets`: lines `[identities] : PSK "key"`. A key becomes its facts in the line that reads it.

After `src/libcharon/plugins/stroke/stroke_cred.c` (strongSwan 5.9): the separator is ` : `, a quoted key is taken as it
stands up to the next quote of the same kind, an unquoted one may be written `0x…` or `0s…`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.peers.strongswan_words import Secret, key_text

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

_LINE = re.compile(r"(?:(?P<ids>.*?)\s+)?:\s+(?P<kind>[A-Za-z0-9]+)(?:\s+(?P<rest>.*))?")
_INCLUDE = re.compile(r"include\s+(?P<pattern>\S.*)")


def read_secrets(source: Source, fingerprinter: Fingerprinter) -> tuple[list[Secret], list[Note], set[Path]]:
    """The pre-shared keys of the file and its includes in order, as facts; notes never quote a line."""
    secrets: list[Secret] = []
    notes: list[Note] = []
    files = {source.path}
    for number, raw in enumerate(source.text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if found := _INCLUDE.fullmatch(line):
            found_files = source.include(found["pattern"].strip('"'))
            if not found_files:
                notes.append(
                    Note(
                        source.label,
                        number,
                        f"include {quoted_name(found['pattern'])}: no such file was given; its keys are not known",
                    )
                )
            for included in found_files:
                more, said, read = read_secrets(included, fingerprinter)
                secrets, notes, files = secrets + more, notes + said, files | read
            continue
        secret, problem = _secret(line, fingerprinter)
        secrets += [secret] if secret else []
        notes += [Note(source.label, number, problem)] if problem else []
    return secrets, notes, files


def _secret(line: str, fingerprinter: Fingerprinter) -> tuple[Secret | None, str | None]:
    found = _LINE.fullmatch(line)
    if found is None:
        return None, "no ' : ' between identities and key: strongSwan does not load this line"
    if found["kind"].upper() != "PSK":
        return None, None
    rest = found["rest"] or ""
    if rest[:1] in ('"', "'"):
        end = rest.find(rest[0], 1)
        key = rest[1:end] if end > 0 else None
    else:
        key = key_text(rest.split()[0]) if rest else None
    if key is None:
        return (
            None,
            (
                "the key cannot be read (a quote is not closed, or 0x or 0s is followed by something else): strongSwan"
                " does not load it"
            ),
        )
    return Secret(tuple((found["ids"] or "").replace(",", " ").split()), fingerprinter.facts(key)), None
