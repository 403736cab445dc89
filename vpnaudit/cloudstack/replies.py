"""What one try brought: a reply without secrets, or a typed error, and whether another try makes sense."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import dataclass
from itertools import chain, compress
from typing import TYPE_CHECKING, Any

from vpnaudit.cloudstack.foreign_answers import OUTAGE, foreign_answer, integration_port, is_integration_port
from vpnaudit.cloudstack.redaction import Redactor, Unreadable
from vpnaudit.errors import CloudStackError, Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from vpnaudit.cloudstack.commands import Command

PASSING = OUTAGE | {429}
"""HTTP statuses that another try may not meet again."""

_OK, _UNAUTHORIZED = 200, 401
_RETRY_AFTER = re.compile(r"retry after \[(\d{1,12})\] ms")
_LONGEST_WAIT_S = 60.0
_UNREADABLE_TRIES = 3
_UNREADABLE_WAIT_S = 0.05
ANY = 1_000
_DEEPEST = 40
_MOST_OBJECTS = 10**12


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

    def entries(self, command: Command) -> list[Any]:
        """What stands in the array of the command. Raises `Malformed` where the reply is not one of the three forms of
        CloudStack's (ApiResponseSerializer): `count` and array; nothing at all for an empty list; `count` alone for a
        page past the end.
        """
        value = self.body.get(command.key)
        if command.single:
            if isinstance(value, dict):
                return [value]
            raise Malformed(command.name, f"the reply has no object {command.key}", status=self.status)
        if isinstance(value, list):
            return value
        if command.key in self.body:
            form = "null" if value is None else "an object" if isinstance(value, dict) else "a single value"
            raise Malformed(command.name, f"{command.key} is {form} where an array belongs", status=self.status)
        if self.body.keys() - {"count"}:
            text = f"the reply has no array {command.key}, but fields that an empty list has not"
            raise Malformed(command.name, text, status=self.status)
        return []

    @property
    def count(self) -> int | None:
        """How many objects there are in all, as far as the server says."""
        count = self.body.get("count")
        if not isinstance(count, int) or isinstance(count, bool):
            return None
        return count if 0 <= count < _MOST_OBJECTS else None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one try brought: a reply or an error.

    `wait_s` is how long to wait before the next: None: there is no use in one, True: as usual. `most_tries` bounds
    their number. `sha256` is of the reply as canonical JSON, after keys were replaced. `foreign`: it is not CloudStack
    that answered.
    """

    sent_utc: datetime
    result: Reply | CloudStackError
    wait_s: float | bool | None = None
    most_tries: int = ANY
    sha256: str | None = None
    foreign: bool = False

    @property
    def error(self) -> CloudStackError | None:
        """The result where it is an error."""
        return self.result if isinstance(self.result, CloudStackError) else None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An HTTP answer: its status, its body, and the endpoint that gave it."""

    status: int
    content: bytes
    endpoint: str


def interpret(
    command: str, answer: HttpAnswer, sent_utc: datetime, redactor: Redactor, hide: Callable[[str], str]
) -> Outcome:
    """Read an HTTP answer; `hide` takes the source's own keys out of a text."""
    status, body = answer.status, redactor.read(_as_utf8(answer.content))
    if not isinstance(body, Unreadable) and _is_too_deep(body):
        body = Unreadable(len(answer.content), None)
    if isinstance(body, Unreadable):
        return _unreadable(command, answer, body, sent_utc, hide)
    outer, inner = next(iter(body.items())) if len(body) == 1 else ("", None)
    if status == _UNAUTHORIZED and outer == "errorresponse":
        # A known command answers under its own name, whoever asks (ApiServer.getSerializedApiError).
        return Outcome(sent_utc, UnknownCommand(command, "this version of CloudStack has no such call", status=status))
    if is_integration_port(status, outer, answer.endpoint):
        return Outcome(sent_utc, integration_port(command, status))
    if not isinstance(inner, dict):
        error: CloudStackError = Malformed(command, "the answer is not the documented envelope", status=status)
        return Outcome(sent_utc, error, wait_s=True if status in PASSING else None)
    if status != _OK or "errorcode" in inner:
        return _refused(command, status, inner, sent_utc, hide)
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return Outcome(sent_utc, Reply(inner, status), sha256=hashlib.sha256(canonical).hexdigest())


def _as_utf8(content: bytes) -> bytes:
    """The same text in the encoding in which secrets are looked for: JSON may come in three."""
    encoding = json.detect_encoding(content)
    try:
        return content if encoding == "utf-8" else content.decode(encoding).encode()
    except UnicodeError:
        return content


def _is_too_deep(value: Any) -> bool:
    """Whether values are nested as no reply of CloudStack is: what follows the reply down may then run out of stack."""
    dicts, lists = ([value], []) if isinstance(value, dict) else ([], [value])
    for _ in range(_DEEPEST):
        inner = [*chain.from_iterable(map(dict.values, dicts)), *chain.from_iterable(lists)]
        kinds = list(map(type, inner))  # of a megabyte of JSON, hence no loop over the values
        dicts = list(compress(inner, map(frozenset({dict}).__contains__, kinds)))
        lists = list(compress(inner, map(frozenset({list}).__contains__, kinds)))
        if not dicts and not lists:
            return False
    return True


def _unreadable(
    command: str, answer: HttpAnswer, body: Unreadable, sent_utc: datetime, hide: Callable[[str], str]
) -> Outcome:
    status = answer.status
    if status != _OK or answer.content.lstrip()[:1] == b"<":
        error = foreign_answer(command, status, answer.content, answer.endpoint, hide)
        return Outcome(sent_utc, error, wait_s=True if status in PASSING else None, foreign=True)
    text = f"the reply ({body.size_bytes} bytes) is no JSON, or nested as no reply of CloudStack is"
    unreadable = UnreadableReply(command, text, status=status, first_id=body.first_id)
    return Outcome(sent_utc, unreadable, wait_s=_UNREADABLE_WAIT_S, most_tries=_UNREADABLE_TRIES)


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
