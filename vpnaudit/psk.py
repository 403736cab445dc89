"""A pre-shared key becomes what an audit may know of it: length, character classes, bits, flags and a fingerprint.

The only room that sees a key after a reader. The fingerprint is an HMAC under a random key that lives for one run, so
that reuse and inequality show inside that run, and two runs cannot be compared, nor a key be guessed from a report.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import secrets
from dataclasses import dataclass

_CLASSES = (("lower", r"[a-z]", 26), ("upper", r"[A-Z]", 26), ("digit", r"[0-9]", 10), ("other", r"[^a-zA-Z0-9]", 33))

# Shapes that a dictionary attack tries first: a word of letters, then a few digits and marks (RFC 7296 section 2.15
# warns of both).
_DICTIONARY_SHAPE = re.compile(r"[A-Za-z]{3,}[0-9]{0,4}[!.?#@$*-]{0,2}|[0-9]+|([A-Za-z0-9])\1+")
_WORDS = re.compile(
    r"secret|passw|cloudstack|vpn|ipsec|psk|shared|admin|welcome|qwert|letmein|changeme|test|1234", re.IGNORECASE
)


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

    def __repr__(self) -> str:
        return "Fingerprinter()"

    def facts(self, psk: str) -> KeyFacts:
        """The facts of one key. The key itself is not kept."""
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
