"""A reply becomes JSON without secrets, before anything else sees it.

`ipsecpsk` (listVpnCustomerGateways, listVpnConnections) and `presharedkey` (listRemoteAccessVpns) become the facts of
`psk.py`; keys and passwords that other replies carry are dropped. What is no JSON is never shown in part: the part
could hold a key.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
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
_SHORTEST_SCRUBBED = 8
REMOVED = "[removed: a pre-shared key]"

_SECRET_FIELD = re.compile(rb'"(?:' + "|".join(sorted(PSK_FIELDS | _DROPPED)).encode() + rb')"\s*:', re.IGNORECASE)
_ENCODED_CIDR = re.compile(rb'"(?:cidr|cidrlist|domainpath)"\s*:\s*"[^"/]*%2F', re.IGNORECASE)
_ENCODED_TIME = re.compile(rb'"created"\s*:\s*"\d{4}-\d\d-\d\dT\d\d%3A|"description"\s*:\s*"\w+%20\w')
_OBJECT_ID = re.compile(rb'(?<!\\)"id"\s*:\s*"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"')
_NAMED_SECRET = re.compile(r"(?i)\b(ipsecpsk|presharedkey|secretkey|apikey|signature|password)(\W{1,4})[^\s,;&}\]]+")
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

    def read(self, content: bytes) -> dict[str, Any] | Unreadable:
        """The reply as JSON without secrets.

        With the setting `encode.api.response` the server percent-encodes every text; a CIDR or a time shows it, and all
        texts are decoded.
        """
        self._encoded = self._encoded or bool(_ENCODED_CIDR.search(content) or _ENCODED_TIME.search(content))
        try:
            body = json.loads(content)
            clean = (self._object(body) if self._needs_work(content) else body) if isinstance(body, dict) else None
        except (ValueError, RecursionError):
            clean = None
        if clean is not None:
            return clean
        object_id = _OBJECT_ID.search(content)
        return Unreadable(len(content), object_id[1].decode() if object_id else None)

    def _needs_work(self, content: bytes) -> bool:
        """Whether anything may have to be replaced. listApis is a megabyte without a secret; a field name may be
        written with escapes.
        """
        return self._encoded or b"\\u" in content or bool(_SECRET_FIELD.search(content))

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for name, inner in value.items():
            lowered = name.lower()
            if lowered in PSK_FIELDS:
                is_key = isinstance(inner, str | int) and not isinstance(inner, bool)
                clean |= self._facts(str(inner)) if is_key else {"psk_unreadable": True}
            elif lowered not in _DROPPED:
                clean[name] = self._value(inner)
        for name, psk in value.items():
            if name.lower() in PSK_FIELDS and isinstance(psk, str) and len(psk) >= _SHORTEST_SCRUBBED:
                _scrub(clean, self._text(psk))
        return clean

    def _value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self._value(inner) for inner in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, value: str) -> str:
        return unquote(value) if self._encoded else value

    def _facts(self, psk: str) -> dict[str, Any]:
        facts = asdict(self._fingerprinter.facts(self._text(psk)))
        return {f"psk_{name}": fact for name, fact in facts.items()}


def _scrub(fields: dict[str, Any], psk: str) -> None:
    for name, text in fields.items():
        if name in _FREE_TEXTS and isinstance(text, str) and psk in text:
            fields[name] = text.replace(psk, REMOVED)


def safe_text(text: str, *secrets: str) -> str:
    """A server's or transport's words for a table, a log or an error: without our own keys and named secrets, in one
    bounded line.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[removed]")
    line = " ".join(_NAMED_SECRET.sub(r"\1\2[removed]", text).split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "…"
