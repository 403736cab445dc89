"""A pre-shared key becomes what an audit may know of it: length, character classes, bits, flags and a fingerprint.

The only room that sees a key after a reader. The fingerprint is an HMAC under a random key that lives for one run, so
that reuse and inequality show inside that run, and two runs cannot be compared, nor a key be guessed from a report.

A key can stand in a text too: in the name of another gateway, in the reason of an access rule, in an event. So the keys
of a run are remembered as long as it lasts, and taken out of all its texts at the end. A key of `SHORTEST` characters
or more goes wherever it stands. A shorter one is a part of too many words (`vpn`, `test`) for that: it goes where it is
the whole text, and after a word that announces it (`psk=vpn`, `key: test`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import math
import re
import secrets
from dataclasses import dataclass

SHORTEST = 8
"""Characters of the shortest key that is taken out wherever it stands."""

REMOVED = "[removed: a pre-shared key]"
"""What stands in the place of a key."""

_CLASSES = (("lower", r"[a-z]", 26), ("upper", r"[A-Z]", 26), ("digit", r"[0-9]", 10), ("other", r"[^a-zA-Z0-9]", 33))

# Shapes that a dictionary attack tries first: a word of letters, then a few digits and marks (RFC 7296 section 2.15
# warns of both).
_DICTIONARY_SHAPE = re.compile(r"[A-Za-z]{3,}[0-9]{0,4}[!.?#@$*-]{0,2}|[0-9]+|([A-Za-z0-9])\1+")
_WORDS = re.compile(
    r"secret|passw|cloudstack|vpn|ipsec|psk|shared|admin|welcome|qwert|letmein|changeme|test|1234", re.IGNORECASE
)

# What announces a key in a text, up to where the key begins.
_ANNOUNCED = re.compile(r"(?i)(?:psk|key|secret|pass\w{0,6}|pw)(?:\s+is)?[\W_]{1,4}")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What may be told of a key.

    `bits` is an upper bound: length times the logarithm of the alphabet that its classes span; a key that a person made
    has fewer. `flags` is a comma list, empty for none: `dictionary-shape`, `line-break`, `quote`, `surrounding-space`,
    `non-ascii`. `fingerprint` compares keys of one run only.
    """

    length: int
    classes: str
    bits: int
    flags: str
    fingerprint: str


class Fingerprinter:
    """Makes `KeyFacts`; one instance serves a whole run, all its profiles and peer files."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._psks = _Psks()

    def __repr__(self) -> str:
        return "Fingerprinter()"

    def facts(self, psk: str) -> KeyFacts:
        """The facts of one key, which is remembered for `without_keys` alone."""
        self._psks.add(psk)
        present = [(name, size) for name, pattern, size in _CLASSES if re.search(pattern, psk)]
        alphabet = sum(size for _, size in present)
        digest = hmac.new(self._key, psk.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        return KeyFacts(
            length=len(psk),
            classes=",".join(name for name, _ in present),
            bits=int(_effective_length(psk) * math.log2(alphabet)) if alphabet > 1 else 0,
            flags=",".join(_flags(psk)),
            fingerprint=base64.b32encode(digest[:10]).decode().lower(),
        )

    def without_keys(self, text: str) -> str:
        """The text with `REMOVED` in the place of every key that this run has met so far."""
        return self._psks.cut_out(text)


class _Psks:
    """The keys of a run, as texts would hold them: plain, in a URL, in HTML.

    Long keys are looked up by their first characters and then by their length, so that thousands of keys cost a text no
    more than one, even where all begin alike.
    """

    def __init__(self) -> None:
        self._short: set[str] = set()
        self._long: set[str] = set()
        self._sizes_by_start: dict[str, list[int]] = {}  # longest first

    def __repr__(self) -> str:
        return "_Psks()"

    def add(self, psk: str) -> None:
        for plain in {psk, psk.strip(), _percent_decoded(psk)} - {""}:
            if len(plain) < SHORTEST:
                self._short.add(plain)
                continue
            for form in {plain, _percent_encoded(plain), html.escape(plain)}:
                self._long.add(form)
                sizes = self._sizes_by_start.setdefault(form[:SHORTEST], [])
                if len(form) not in sizes:
                    sizes.append(len(form))
                    sizes.sort(reverse=True)

    def cut_out(self, text: str) -> str:
        if text.strip() in self._short:
            return REMOVED
        last = len(text) - SHORTEST + 1
        starts = map(text.__getitem__, map(slice, range(last), range(SHORTEST, len(text) + 1)))
        if self._sizes_by_start.keys().isdisjoint(starts):  # nearly always so: no loop over the characters of a text
            return self._cut_out_announced(text)
        parts, start, place = [], 0, 0
        while place <= len(text) - SHORTEST:
            sizes = self._sizes_by_start.get(text[place : place + SHORTEST], ())
            size = next((size for size in sizes if text[place : place + size] in self._long), 0)
            if not size:
                place += 1
                continue
            parts += [text[start:place], REMOVED]
            start = place = place + size
        return self._cut_out_announced("".join([*parts, text[start:]]))

    def _cut_out_announced(self, text: str) -> str:
        for announcement in reversed(list(_ANNOUNCED.finditer(text))):
            place = announcement.end()
            sizes = range(SHORTEST - 1, 0, -1)
            end = next((place + size for size in sizes if text[place : place + size] in self._short), place)
            if end > place and not text[end : end + 1].isalnum():
                text = text[:place] + REMOVED + text[end:]
        return text


def _percent_encoded(text: str) -> str:
    """As a URL holds it."""
    raw = text.encode("utf-8", "surrogatepass")
    return re.sub(rb"[^A-Za-z0-9_.~-]", lambda byte: f"%{ord(byte[0]):02X}".encode(), raw).decode()


def _percent_decoded(text: str) -> str:
    raw = text.encode("utf-8", "surrogatepass")
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), raw).decode("utf-8", "replace")


def _effective_length(psk: str) -> int:
    """Length without runs of one character: `aaaaaaaa` counts once."""
    return sum(1 for i, char in enumerate(psk) if i == 0 or char != psk[i - 1])


def _flags(psk: str) -> list[str]:
    flags = []
    if _DICTIONARY_SHAPE.fullmatch(psk) or (_WORDS.search(psk) and len(psk) < 20):  # noqa: PLR2004 - longer keys hide a word by chance
        flags.append("dictionary-shape")
    if re.search(r"[\r\n]", psk):
        flags.append("line-break")
    if '"' in psk:
        flags.append("quote")
    if psk != psk.strip():
        flags.append("surrounding-space")
    if not psk.isascii():
        flags.append("non-ascii")
    return flags
