"""Asks one management server: one list call in, one reply without secrets out.

A try that failed for a reason that passes (429, 502, 503, 504, a broken connection) is made again, signed anew. Nothing
that leaves this module, be it a reply, a log line or an error, holds a key, a signature or a pre-shared key; errors of
httpx end here, since their frames hold requests.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import httpx
import stamina

from vpnaudit.cloudstack.commands import check
from vpnaudit.cloudstack.redaction import Redactor, safe_text
from vpnaudit.cloudstack.replies import PASSING, Outcome, Reply, interpret
from vpnaudit.cloudstack.signature import signed_form
from vpnaudit.cloudstack.transport import failure_words, new_http
from vpnaudit.errors import CloudStackError, Unreachable

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


class _Again(Exception):  # noqa: N818 - a signal to the retry loop, never seen outside
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(str(outcome.error))


class Client:
    """One source. An async context manager; `requests` gets a row for each question (table `requests`, but for
    `source`).
    """

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
        self._unanswered_in_a_row = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def pace(self, interval_s: float, max_requests: int) -> None:
        """Send at most `most` requests in `interval_s` seconds from now on, evenly spread: what the server's throttle
        allows.
        """
        self._pace = Pace(interval_s / max_requests if max_requests > 0 else 0.0)

    async def ask(
        self, command: Command, params: Mapping[str, str], *, page: int | None = None, size: int | None = None
    ) -> Reply:
        """Send one list call and give its reply. Raises `Unreachable`, `Refused` or `Malformed` when the last try has
        failed.
        """
        check(command, params)
        paging = {} if page is None else {"page": str(page), "pagesize": str(size)}
        form = {**params, **command.params, **paging, "command": command.name}
        async with self._places:
            outcome, tries = await self._tries(command, form)
        self._note(command, params, page, outcome, tries)
        if isinstance(outcome.result, CloudStackError):
            raise outcome.result
        return outcome.result

    async def _tries(self, command: Command, params: Mapping[str, str]) -> tuple[Outcome, int]:
        limits, number = self._retries, 0
        server_gone = self._unanswered_in_a_row >= _GONE_AFTER
        try:
            async for attempt in stamina.retry_context(
                on=_wait,
                attempts=1 if server_gone else limits.tries,
                timeout=limits.total_s,
                wait_initial=limits.wait_initial_s,
                wait_max=limits.wait_max_s,
                wait_jitter=limits.jitter_s,
            ):
                with attempt:
                    number = attempt.num
                    outcome = await self._numbered_try(number, command, params)
        except _Again as again:
            outcome = again.outcome
        unanswered = isinstance(outcome.error, Unreachable) or (
            outcome.error is not None and outcome.error.status in PASSING
        )
        self._unanswered_in_a_row = self._unanswered_in_a_row + 1 if unanswered else 0
        return outcome, number

    async def _numbered_try(self, number: int, command: Command, params: Mapping[str, str]) -> Outcome:
        """One try; raises `_Again` where another one makes sense."""
        await self._pace.turn()
        outcome = await self._try(command, params)
        if outcome.error is not None and outcome.error.status == httpx.codes.TOO_MANY_REQUESTS:
            self._pace.hold(float(outcome.wait_s or 0.0))
        if outcome.wait_s is not None and number < outcome.most_tries:
            raise _Again(outcome)
        return outcome

    async def _try(self, command: Command, params: Mapping[str, str]) -> Outcome:
        sent_utc, start, profile = self._clock(), time.monotonic(), self.profile
        request = self._http.build_request(
            "POST",
            profile.endpoint,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=signed_form(params, key=profile.key, secret=profile.secret, now=sent_utc),
        )
        try:
            response = await self._http.send(request)
        except httpx.HTTPError as failure:
            words, passing, most = failure_words(failure)
            text = self._hide(words)
            log.debug("%s: %s: no answer: %s", profile.name, command.name, text)
            return Outcome(sent_utc, Unreachable(command.name, text), wait_s=True if passing else None, most_tries=most)
        outcome = interpret(command.name, response, sent_utc, self._redactor, self._hide)
        log.debug(
            "%s: %s: HTTP %s in %.0f ms",
            profile.name,
            command.name,
            response.status_code,
            1000 * (time.monotonic() - start),
        )
        return outcome

    def _hide(self, text: str) -> str:
        return safe_text(self._redactor.without_keys(text), self.profile.key, self.profile.secret)

    def _note(
        self, command: Command, params: Mapping[str, str], page: int | None, outcome: Outcome, tries: int
    ) -> None:
        result = outcome.result
        reply = result if isinstance(result, Reply) else None
        self.requests.append(
            {
                "number": len(self.requests) + 1,
                "command": command.name,
                "pass": pass_text(params),
                "page": page,
                "sent_utc": outcome.sent_utc,
                "tries": tries,
                "status": result.status,
                "rows": (len(reply.rows(command.key)) or int(command.key in reply.body and not command.paged))
                if reply
                else None,
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
        now = time.monotonic()
        if not self._gap_s and self._next <= now:
            return
        turn_at = max(now, self._next)
        self._next = turn_at + self._gap_s
        await asyncio.sleep(turn_at - now)

    def hold(self, wait_s: float) -> None:
        """Let nobody pass for so long: the server throttles the account, not the one request."""
        self._next = max(self._next, time.monotonic() + wait_s)
