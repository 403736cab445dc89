"""A reply becomes JSON without secrets, before anything else sees it.

`ipsecpsk` (listVpnCustomerGateways, listVpnConnections) and `presharedkey` (listRemoteAccessVpns) become the facts of
`psk.py`; keys and passwords that other replies carry are dropped. What is no JSON is never shown in part: the part
could hold a key. Bytes are decoded first, as a JSON reader would: in UTF-16 no name of a field looks like itself.

A key that stands in another text is taken out where it is the text of the same object, and once more out of all texts
of all tables when every key of the run is known (`estate/scrubbing.py`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from vpnaudit.psk import Fingerprinter

PSK_FIELDS = frozenset({"ipsecpsk", "presharedkey"})
_DROPPED = frozenset(
    {
        "apikey",
        "userapikey",
        "secretkey",
        "usersecretkey",
        "password",
        "vncpassword",
        "privatekey",
        "sessionkey",
        "token",
    }
)
# A tenant may write the key into a text of the same object. Fields that rules read are left alone: a key that equals a
# policy must not blind us.
_FREE_TEXTS = frozenset({"name", "displaytext", "description", "reason"})

_SECRET_WORDS = (*sorted(PSK_FIELDS), *(f'"{name}"' for name in sorted(_DROPPED)))
_NAMED_PSK = re.compile(
    r"(?i)\b(" + "|".join(sorted(PSK_FIELDS)) + r""")(["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&]+)"""
)
_PSK_VALUE = re.compile(r'(?i)"(?:' + "|".join(sorted(PSK_FIELDS)) + r')"\s*:\s*"((?:[^"\\]|\\.)*)"')
_ENCODED_CIDR = re.compile(r'"(?:cidr|cidrlist|domainpath)"\s*:\s*"[^"/]*%2F', re.IGNORECASE)
_ENCODED_TIME = re.compile(r'"created"\s*:\s*"\d{4}-\d\d-\d\dT\d\d%3A|"description"\s*:\s*"\w+%20\w', re.ASCII)
_OBJECT_ID = re.compile(r'(?<!\\)"id"\s*:\s*"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"')
_NAMED_SECRET = re.compile(r"(?i)\b(ipsecpsk|presharedkey|secretkey|apikey|signature|password)(\W{1,4}?)[^\s,;&}\]]+")
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that is no JSON object: how long it is, and the id of its first object where one stands in it."""

    size_bytes: int
    first_id: str | None


class Redactor:
    """Reads the replies of one source."""

    def __init__(self, fingerprinter: Fingerprinter) -> None:
        self._fingerprinter = fingerprinter
        self._encoded = False
        self._in_texts = True

    def read(self, content: bytes) -> dict[str, Any] | Unreadable:
        """The reply as JSON without secrets.

        With the setting `encode.api.response` the server percent-encodes every text; a CIDR or a time shows it, and all
        texts are decoded.
        """
        try:
            text = content.decode(json.detect_encoding(content), "surrogatepass")
            self._encoded = self._encoded or (
                "%" in text and bool(_ENCODED_CIDR.search(text) or _ENCODED_TIME.search(text))
            )
            body = json.loads(text)
            clean = self._clean(body, text) if isinstance(body, dict) else None
        except (ValueError, RecursionError):
            clean = None
        if clean is not None:
            return clean
        text = content.decode("utf-8", "replace")
        for psk in _PSK_VALUE.findall(text):
            self._fingerprinter.facts(psk)  # other replies may repeat it
        object_id = _OBJECT_ID.search(text)
        return Unreadable(len(content), object_id[1] if object_id else None)

    def without_keys(self, text: str) -> str:
        """The text without every key that the run has met so far."""
        return self._fingerprinter.without_keys(text)

    def _clean(self, body: dict[str, Any], text: str) -> dict[str, Any]:
        """The reply, which the text holds, with all replaced that must not stay.

        Most replies hold nothing of it, and most that do hold it in fields alone: a megabyte is gone through only where
        it must be. A name may be written with escapes.
        """
        folded = text.casefold()
        anything = self._encoded or "\\u" in text
        if not anything and not any(word in folded for word in _SECRET_WORDS):
            return body
        # In a text, a quote has a backslash before it: what stands between plain ones is the name of a field.
        self._in_texts = anything or any(folded.count(name) != folded.count(f'"{name}":') for name in PSK_FIELDS)
        return self._object(body)

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for name, inner in value.items():
            lowered = name.lower()
            if lowered in PSK_FIELDS:
                is_key = isinstance(inner, str | int) and not isinstance(inner, bool)
                clean |= self._facts(str(inner)) if is_key else {"psk_unreadable": True}
            elif lowered not in _DROPPED:
                clean[name] = self._value(inner) if self._in_texts or not isinstance(inner, str) else inner
        if any(name.lower() in PSK_FIELDS for name in value):
            for name in _FREE_TEXTS & clean.keys():
                clean[name] = self.without_keys(clean[name]) if isinstance(clean[name], str) else clean[name]
        return clean

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return self._text(value) if self._in_texts and isinstance(value, str) else value

    def _text(self, value: str) -> str:
        """A text as it was meant; a field of a key can stand in it too, as in an event that repeats a call."""
        text = unquote(value) if self._encoded else value
        return _NAMED_PSK.sub(r"\1\2[removed]", text)

    def _facts(self, psk: str) -> dict[str, Any]:
        facts = self._fingerprinter.facts(unquote(psk) if self._encoded else psk)
        return {f"psk_{field.name}": getattr(facts, field.name) for field in fields(facts)}


def safe_text(text: str, *secrets: str) -> str:
    """A server's or transport's words for a table, a log or an error: without our own keys and named secrets, in one
    bounded line.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[removed]")
    line = " ".join(_NAMED_SECRET.sub(r"\1\2[removed]", text).split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
