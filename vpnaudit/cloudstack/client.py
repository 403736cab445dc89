"""Asks one management server: one list call in, one reply without secrets out.

A try that failed for a reason that passes (429, 502, 503, 504, a broken connection) is made again, signed anew. Nothing that leaves this module,
be it a reply, a log line or an error, holds a key, a signature or a pre-shared key; errors of httpx end here, since their frames hold requests.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import httpx
import stamina

from vpnaudit.cloudstack.redaction import Redactor, Unreadable, safe_text
from vpnaudit.cloudstack.signing import signed_form
from vpnaudit.cloudstack.transport import new_http, what_broke
from vpnaudit.errors import CloudStackError, Malformed, Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vpnaudit.cloudstack.commands import Command
    from vpnaudit.cloudstack.profiles import Profile
    from vpnaudit.psk import Fingerprinter

log = logging.getLogger(__name__)
# Each retry is a warning of stamina; without a handler Python would print it into the middle of a progress line.
logging.getLogger("stamina").addHandler(logging.NullHandler())

PAGE_SIZE = 500
CONCURRENT = 8
_PASSING = frozenset({429, 502, 503, 504})
_RETRY_AFTER = re.compile(r"retry after \[(\d+)\] ms")
_LONGEST_WAIT_S = 60.0
_TRIES_UNREADABLE = 3
_TRIES_REFUSED_CONNECTION = 3
# So many requests in a row that no try could bring through mean that the server is gone: the rest is tried once each.
_GONE_AFTER = 3


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long to try again. `total_s` bounds all tries of one request together."""

    tries: int = 8
    wait_initial_s: float = 0.2
    wait_max_s: float = 10.0
    jitter_s: float = 0.5
    total_s: float = 300.0


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
class _Outcome:
    """What one try brought: a reply or an error; `wait_s` is None where another try is of no use."""

    sent: datetime
    reply: Reply | None = None
    error: CloudStackError | None = None
    wait_s: float | bool | None = None
    most_tries: int = 1_000
    sha256: str | None = None
    first_id: str | None = None


class _Again(Exception):  # noqa: N818 - a signal to the retry loop, never seen outside
    def __init__(self, outcome: _Outcome) -> None:
        self.outcome = outcome
        super().__init__(str(outcome.error))


class UnreadableReply(Malformed):
    """A reply that is no JSON. `first_id` is the id of the first object in it, where one can be made out."""

    def __init__(self, command: str, text: str, *, status: int | None, first_id: str | None) -> None:
        self.first_id = first_id
        super().__init__(command, text, status=status)


class Client:
    """One source. An async context manager; `requests` gets a row for each question (table `requests`, but for `source`)."""

    def __init__(
        self,
        profile: Profile,
        fingerprinter: Fingerprinter,
        *,
        clock: Callable[[], datetime] = utc_now,
        retries: Retries | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.profile = profile
        self.page_size = PAGE_SIZE
        self.requests: list[dict[str, Any]] = []
        self._clock, self._retries = clock, retries or Retries()
        self._redactor = Redactor(fingerprinter)
        self._http = new_http(profile, connections=CONCURRENT, transport=transport)
        self._places = asyncio.Semaphore(CONCURRENT)
        self._pace = Pace()
        self._lost_in_a_row = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def pace(self, interval_s: float, most: int) -> None:
        """Send at most `most` requests in `interval_s` seconds from now on, evenly spread: what the server's throttle allows."""
        self._pace = Pace(interval_s / most if most > 0 else 0.0)

    async def ask(self, command: Command, params: Mapping[str, str], *, page: int | None = None, size: int | None = None) -> Reply:
        """Send one list call and give its reply. Raises `Unreachable`, `Refused` or `Malformed` when the last try has failed."""
        paging = {} if page is None else {"page": str(page), "pagesize": str(size)}
        sent = {**params, **command.params, **paging, "command": command.name}
        async with self._places:
            outcome, tries = await self._tries(command, sent)
        self._note(command, params, page, outcome, tries)
        if outcome.error is not None:
            raise outcome.error
        if outcome.reply is None:
            raise AssertionError("a try ends with a reply or with an error")
        return outcome.reply

    async def _tries(self, command: Command, params: Mapping[str, str]) -> tuple[_Outcome, int]:
        limits, number = self._retries, 0
        gone = self._lost_in_a_row >= _GONE_AFTER
        try:
            async for attempt in stamina.retry_context(
                on=_wait,
                attempts=1 if gone else limits.tries,
                timeout=limits.total_s,
                wait_initial=limits.wait_initial_s,
                wait_max=limits.wait_max_s,
                wait_jitter=limits.jitter_s,
            ):
                with attempt:
                    number = attempt.num
                    await self._pace.turn()
                    outcome = await self._try(command, params)
                    if outcome.wait_s is not None and number < outcome.most_tries:
                        raise _Again(outcome)
        except _Again as again:
            outcome = again.outcome
        lost = isinstance(outcome.error, Unreachable) or (outcome.error is not None and outcome.error.status in _PASSING)
        self._lost_in_a_row = self._lost_in_a_row + 1 if lost else 0
        return outcome, number

    async def _try(self, command: Command, params: Mapping[str, str]) -> _Outcome:
        sent, began, profile = self._clock(), time.monotonic(), self.profile
        request = self._http.build_request(
            "POST",
            profile.endpoint,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=signed_form(params, key=profile.key, secret=profile.secret, now=sent),
        )
        try:
            response = await self._http.send(request)
        except httpx.HTTPError as failure:
            text, passing, most = what_broke(failure)
            text = safe_text(text, profile.key, profile.secret)
            log.debug("%s: %s: no answer: %s", profile.name, command.name, text)
            return _Outcome(sent, error=Unreachable(command.name, text), wait_s=True if passing else None, most_tries=most)
        outcome = self._read(command, response, sent)
        log.debug("%s: %s: HTTP %s in %.0f ms", profile.name, command.name, response.status_code, 1000 * (time.monotonic() - began))
        return outcome

    def _read(self, command: Command, response: httpx.Response, sent: datetime) -> _Outcome:
        status = response.status_code
        body = self._redactor.read(response.content)
        if isinstance(body, Unreadable):
            if status != httpx.codes.OK:
                text = "the answer is not CloudStack's: a proxy spoke, or the endpoint is another server's"
                return self._refused(command, status, text, None, sent)
            error = UnreadableReply(command.name, f"the reply ({body.size_bytes} bytes) is no JSON", status=status, first_id=body.first_id)
            return _Outcome(sent, error=error, wait_s=0.05, most_tries=_TRIES_UNREADABLE)
        inner = next(iter(body.values())) if len(body) == 1 else None
        if not isinstance(inner, dict):
            if status != httpx.codes.OK:
                return self._refused(command, status, "the answer is not the documented envelope", None, sent)
            return _Outcome(sent, error=Malformed(command.name, "the reply is not the documented envelope", status=status))
        if status != httpx.codes.OK or "errorcode" in inner:
            code = inner.get("errorcode")
            text = str(inner.get("errortext", "no reason given"))
            return self._refused(command, status, text, code if isinstance(code, int) else None, sent)
        canonical = json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
        return _Outcome(sent, reply=Reply(inner, status), sha256=hashlib.sha256(canonical).hexdigest())

    def _refused(self, command: Command, status: int, text: str, code: int | None, sent: datetime) -> _Outcome:
        safe = safe_text(text, self.profile.key, self.profile.secret)
        wait: float | bool | None = True if status in _PASSING else None
        if found := _RETRY_AFTER.search(safe):
            wait = min(int(found[1]) / 1000, _LONGEST_WAIT_S)
        return _Outcome(sent, error=Refused(command.name, safe, status=status, code=code), wait_s=wait)

    def _note(self, command: Command, params: Mapping[str, str], page: int | None, outcome: _Outcome, tries: int) -> None:
        reply, error = outcome.reply, outcome.error
        self.requests.append(
            {
                "number": len(self.requests) + 1,
                "command": command.name,
                "pass": pass_text(params),
                "page": page,
                "sent_utc": outcome.sent,
                "tries": tries,
                "status": reply.status if reply else error.status if error else None,
                "rows": (len(reply.rows(command.key)) or int(command.key in reply.body and not command.paged)) if reply else None,
                "sha256": outcome.sha256,
            }
        )


def pass_text(params: Mapping[str, str]) -> str:
    """The parameters that say what is to be seen, as one text: `isrecursive=true&listall=true`."""
    return "&".join(f"{name}={value}" for name, value in sorted(params.items()))


def _wait(error: Exception) -> bool | float:
    """How long stamina waits before the next try: the server's own word, or the usual back-off."""
    if not isinstance(error, _Again):
        return False
    wait = error.outcome.wait_s
    return False if wait is None else wait


class Pace:
    """Lets one pass every `gap_s` seconds."""

    def __init__(self, gap_s: float = 0.0) -> None:
        self._gap_s, self._next = gap_s, 0.0

    async def turn(self) -> None:
        """Wait for the next turn."""
        if not self._gap_s:
            return
        now = time.monotonic()
        mine = max(now, self._next)
        self._next = mine + self._gap_s
        await asyncio.sleep(mine - now)
