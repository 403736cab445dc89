"""What one try brought: a reply without secrets, or a typed error, and whether another try makes sense."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.redaction import Redactor, Unreadable
from vpnaudit.errors import CloudStackError, Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

PASSING = frozenset({429, 502, 503, 504})
"""HTTP statuses that another try may not meet again."""

_OK, _UNAUTHORIZED = 200, 401
_RETRY_AFTER = re.compile(r"retry after \[(\d+)\] ms")
_LONGEST_WAIT_S = 60.0
_UNREADABLE_TRIES = 3
_UNREADABLE_WAIT_S = 0.05
ANY = 1_000


class UnreadableReply(Malformed):
    """A reply that is no JSON. `first_id` is the id of the first object in it, where one can be made out."""

    def __init__(self, command: str, text: str, *, status: int, first_id: str | None) -> None:
        self.first_id = first_id
        super().__init__(command, text, status=status)


class UnknownCommand(Refused):
    """The server does not know the call: its version does not have it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What one request brought: the inner object of the envelope, without secrets."""

    body: dict[str, Any]
    status: int

    def rows(self, key: str) -> list[dict[str, Any]]:
        """The objects under `key`; the server sends no array where there are none."""
        value = self.body.get(key, [])
        return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []

    @property
    def count(self) -> int | None:
        """How many objects there are in all, as far as the server says."""
        count = self.body.get("count")
        return count if isinstance(count, int) else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try brought: a reply or an error.

    `wait_s` is how long to wait before the next: None: there is no use in one, True: as usual. `most_tries` bounds
    their number. `sha256` is of the reply as canonical JSON, after keys were replaced.
    """

    sent_utc: datetime
    result: Reply | CloudStackError
    wait_s: float | bool | None = None
    most_tries: int = ANY
    sha256: str | None = None

    @property
    def error(self) -> CloudStackError | None:
        """The result where it is an error."""
        return self.result if isinstance(self.result, CloudStackError) else None


def interpret(
    command: str, response: httpx.Response, sent_utc: datetime, redactor: Redactor, hide: Callable[[str], str]
) -> Outcome:
    """Read an HTTP answer; `hide` takes the source's own keys out of a text."""
    status, body = response.status_code, redactor.read(response.content)
    if isinstance(body, Unreadable):
        return _unreadable(command, status, body, sent_utc)
    outer, inner = next(iter(body.items())) if len(body) == 1 else ("", None)
    if status == _UNAUTHORIZED and outer == "errorresponse":
        # A known command answers under its own name, whoever asks (ApiServer.getSerializedApiError).
        return Outcome(sent_utc, UnknownCommand(command, "this version of CloudStack has no such call", status=status))
    if not isinstance(inner, dict):
        error: CloudStackError = Malformed(command, "the answer is not the documented envelope", status=status)
        return Outcome(sent_utc, error, wait_s=True if status in PASSING else None)
    if status != _OK or "errorcode" in inner:
        return _refused(command, status, inner, sent_utc, hide)
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return Outcome(sent_utc, Reply(inner, status), sha256=hashlib.sha256(canonical).hexdigest())


def _unreadable(command: str, status: int, body: Unreadable, sent_utc: datetime) -> Outcome:
    if status != _OK:
        text = "the answer is not CloudStack's: a proxy spoke, or the endpoint is another server's"
        return Outcome(sent_utc, Refused(command, text, status=status), wait_s=True if status in PASSING else None)
    text = f"the reply ({body.size_bytes} bytes) is no JSON"
    error = UnreadableReply(command, text, status=status, first_id=body.first_id)
    return Outcome(sent_utc, error, wait_s=_UNREADABLE_WAIT_S, most_tries=_UNREADABLE_TRIES)


def _refused(
    command: str, status: int, inner: dict[str, Any], sent_utc: datetime, hide: Callable[[str], str]
) -> Outcome:
    code, text = inner.get("errorcode"), hide(str(inner.get("errortext", "no reason given")))
    wait: float | bool | None = True if status in PASSING else None
    if retry_after := _RETRY_AFTER.search(text):
        # Spread over half as long again: all that were refused at once must not come back at once.
        wait = min(int(retry_after[1]) / 1000, _LONGEST_WAIT_S) * (1 + random.random() / 2)
    if status == _UNAUTHORIZED:
        text += (
            ": a wrong key or secret, a clock that is minutes off, a disabled user, or an address that the key may not"
            " be used from"
        )
    error = Refused(command, text, status=status, code=code if isinstance(code, int) else None)
    return Outcome(sent_utc, error, wait_s=wait)
