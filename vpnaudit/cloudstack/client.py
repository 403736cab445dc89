"""Asks one management server: one list call in, one reply without secrets out.

A try that failed for a reason that passes (429, 502, 503, 504, a broken connection) is made again, signed anew. Where
the server has answered before and now answers nobody, it may be restarting (36 to 180 s on 4.22): then a request waits
for it as long as `Retries.total_s` allows. Each request is bounded in time, bytes and tries, each source in bytes.

Nothing that leaves this module, be it a reply, a log line or an error, holds a key, a signature or a pre-shared key;
errors of httpx end here, since their frames hold requests.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import httpx
import stamina

from vpnaudit.cloudstack.commands import check
from vpnaudit.cloudstack.foreign_answers import OUTAGE
from vpnaudit.cloudstack.redaction import Redactor, safe_text
from vpnaudit.cloudstack.replies import PASSING, HttpAnswer, Outcome, Reply, interpret
from vpnaudit.cloudstack.signature import signed_form
from vpnaudit.cloudstack.transport import Oversized, body_within, failure_words, new_http
from vpnaudit.errors import CloudStackError, Malformed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vpnaudit.cloudstack.cells import Oddity
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
# However short the waits between them are.
_MOST_TRIES = 500
_TRIES_IF_SLOW = 2
_SHORTEST_TRY_S = 1.0
# listApis, the longest reply of a real server, has 1 MiB; 500 machines with their interfaces have as much again.
_LARGEST_REPLY = 64 * 2**20
_LARGEST_SOURCE = 2**30
# A throttle that allows less than one request in so many seconds is met by waiting when the server says 429.
_LONGEST_GAP_S = 10.0


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
    `source`), `oddities` what `paging` met in the replies.
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
        self.oddities: list[Oddity] = []
        self._clock, self._retries = clock, retries or Retries()
        self._redactor = Redactor(fingerprinter)
        self._http = new_http(profile, connections=CONCURRENT, transport=transport)
        self._places = asyncio.Semaphore(CONCURRENT)
        self._pace = Pace()
        self._unanswered_in_a_row = 0
        self._latest_answered = float("-inf")  # when the latest try that was answered was sent
        self._size_left = _LARGEST_SOURCE

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    def now(self) -> datetime:
        """The time, as requests are signed with it."""
        return self._clock()

    def pace(self, interval_s: float, max_requests: int) -> None:
        """Send at most `max_requests` in `interval_s` seconds from now on, evenly spread: what the server's throttle
        allows.
        """
        self._pace = Pace(min(interval_s / max_requests, _LONGEST_GAP_S) if max_requests > 0 else 0.0)

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
        limits, number, strikes = self._retries, 0, 0
        server_gone = self._unanswered_in_a_row >= _GONE_AFTER
        start, first_failure = time.monotonic(), float("inf")
        try:
            async for attempt in stamina.retry_context(
                on=_wait,
                attempts=1 if server_gone else _MOST_TRIES,
                timeout=limits.total_s,
                wait_initial=limits.wait_initial_s,
                wait_max=limits.wait_max_s,
                wait_jitter=limits.jitter_s,
            ):
                with attempt:
                    number = attempt.num
                    outcome = await self._try_in_turn(command, params, limits.total_s - (time.monotonic() - start))
                    first_failure = min(first_failure, time.monotonic())
                    is_outage = self._is_outage(outcome, first_failure)
                    strikes += 0 if is_outage else 1
                    self._go_on_unless_final(outcome, strikes, is_outage=is_outage)
        except _Again as again:
            outcome = again.outcome
        unanswered = _is_silence(outcome) or (outcome.error is not None and outcome.error.status in PASSING)
        self._unanswered_in_a_row = self._unanswered_in_a_row + 1 if unanswered else 0
        return outcome, number

    def _go_on_unless_final(self, outcome: Outcome, strikes: int, *, is_outage: bool) -> None:
        """Raise `_Again` where another try makes sense; `strikes` are those that failed while others were answered."""
        if is_outage:
            raise _Again(replace(outcome, wait_s=True))
        if outcome.wait_s is not None and strikes < min(outcome.most_tries, self._retries.tries):
            raise _Again(outcome)

    def _is_outage(self, outcome: Outcome, first_failure: float) -> bool:
        """Whether the server, which has answered before, answers nobody any more: no try that was sent after
        `first_failure` was answered.
        """
        return _is_silence(outcome) and float("-inf") < self._latest_answered < first_failure

    async def _try_in_turn(self, command: Command, params: Mapping[str, str], time_left_s: float) -> Outcome:
        await self._pace.turn()
        outcome = await self._try(command, params, time_left_s)
        if outcome.error is not None and outcome.error.status == httpx.codes.TOO_MANY_REQUESTS:
            self._pace.hold(float(outcome.wait_s or 0.0))
        return outcome

    async def _try(self, command: Command, params: Mapping[str, str], time_left_s: float) -> Outcome:
        sent_utc, start, profile = self._clock(), time.monotonic(), self.profile
        request = self._http.build_request(
            "POST",
            profile.endpoint,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            content=signed_form(params, key=profile.key, secret=profile.secret, now=sent_utc),
        )
        # The profile's time-out is for each wait of a connection; an answer that trickles keeps within each.
        bound_s = max(min(2 * profile.timeout_s, time_left_s), _SHORTEST_TRY_S)
        try:
            async with asyncio.timeout(bound_s):
                response = await self._http.send(request, stream=True)
                content = await body_within(response, min(_LARGEST_REPLY, self._size_left))
        except httpx.HTTPError as failure:
            words, passing, most = failure_words(failure)
            text = self._hide(words)
            log.debug("%s: %s: no answer: %s", profile.name, command.name, text)
            return Outcome(sent_utc, Unreachable(command.name, text), wait_s=True if passing else None, most_tries=most)
        except TimeoutError:
            text = f"the answer was not whole after {bound_s:.0f} s. Raise timeout in the profile if the server is slow"
            return Outcome(sent_utc, Unreachable(command.name, text), wait_s=True, most_tries=_TRIES_IF_SLOW)
        except Oversized as oversized:
            error = Malformed(command.name, _too_large(oversized.limit_bytes), status=oversized.status)
            return Outcome(sent_utc, error)
        self._size_left -= len(content)
        answer = HttpAnswer(response.status_code, content, profile.endpoint)
        outcome = interpret(command.name, answer, sent_utc, self._redactor, self._hide)
        if not _is_silence(outcome):
            self._latest_answered = max(self._latest_answered, start)
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


def _is_silence(outcome: Outcome) -> bool:
    """Whether it was not CloudStack that answered, and another try may meet it again."""
    error = outcome.error
    if isinstance(error, Unreachable):
        return outcome.wait_s is not None
    return error is not None and (outcome.foreign or error.status in OUTAGE)


def _too_large(limit_bytes: int) -> str:
    if limit_bytes < _LARGEST_REPLY:
        return f"this source has sent {_LARGEST_SOURCE} bytes in all, more than an estate has; it is not read on"
    return f"the reply has more than {limit_bytes} bytes, which no list of CloudStack needs; it was not read on"


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
