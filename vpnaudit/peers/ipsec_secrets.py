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
        if include := _INCLUDE.fullmatch(line):
            included_files = source.include(include["pattern"].strip('"'))
            if not included_files:
                notes.append(
                    Note(
                        source.label,
                        number,
                        f"include {quoted_name(include['pattern'])}: no such file was given; its keys are not known",
                    )
                )
            for included in included_files:
                inner_secrets, inner_notes, inner_files = read_secrets(included, fingerprinter)
                secrets, notes, files = secrets + inner_secrets, notes + inner_notes, files | inner_files
            continue
        secret, problem = _secret(line, fingerprinter)
        secrets += [secret] if secret else []
        notes += [Note(source.label, number, problem)] if problem else []
    return secrets, notes, files


def _secret(line: str, fingerprinter: Fingerprinter) -> tuple[Secret | None, str | None]:
    match = _LINE.fullmatch(line)
    if match is None:
        return None, "no ' : ' between identities and key: strongSwan does not load this line"
    if match["kind"].upper() != "PSK":
        return None, None
    key_part = match["rest"] or ""
    if key_part[:1] in ('"', "'"):
        end = key_part.find(key_part[0], 1)
        key = key_part[1:end] if end > 0 else None
    else:
        key = key_text(key_part.split()[0]) if key_part else None
    if key is None:
        return (
            None,
            (
                "the key cannot be read (a quote is not closed, or 0x or 0s is followed by something else): strongSwan"
                " does not load it"
            ),
        )
    return Secret(tuple((match["ids"] or "").replace(",", " ").split()), fingerprinter.facts(key)), None
