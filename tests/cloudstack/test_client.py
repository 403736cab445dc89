"""What a try that failed leads to: another one, signed anew, or a typed error; and what nobody must see."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests import replay
from vpnaudit.cloudstack import client as client_module
from vpnaudit.cloudstack.client import Client, Pace, Retries
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.errors import Malformed, Refused, Unreachable
from vpnaudit.psk import Fingerprinter
from vpnaudit.sandbox.signature import is_signed

CAPABILITIES = COMMANDS["listCapabilities"]
QUICK = Retries(tries=5, wait_initial_s=0.001, wait_max_s=0.002, jitter_s=0.001)
GOOD = httpx.Response(200, json={"listcapabilitiesresponse": {"capability": {"cloudstackversion": "4.22.0.0"}}})


def error(status, text="no", outer="listcapabilitiesresponse"):
    return httpx.Response(status, json={outer: {"uuidList": [], "errorcode": status, "errortext": text}})


def ask(*answers, clock=lambda: datetime.now(UTC), times=1, retries=QUICK):
    """Ask against a server that gives these answers in turn, the last for ever; gives reply, requests, and what was
    sent.
    """
    queue, sent = list(answers), []

    def answer(request):
        sent.append(replay.parameters(request))
        next_answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(next_answer, Exception):
            raise next_answer
        if not isinstance(next_answer, httpx.Response):
            return httpx.Response(200, stream=next_answer())
        return httpx.Response(next_answer.status_code, content=next_answer.content)

    async def go():
        async with Client(
            replay.profile("auditor"),
            Fingerprinter(),
            transport=httpx.MockTransport(answer),
            retries=retries,
            clock=clock,
        ) as client:
            caught = None
            for _ in range(times):
                try:
                    reply = await client.ask(CAPABILITIES, {})
                except (Refused, Unreachable, Malformed) as failure:
                    reply, caught = None, failure
            return reply, client.requests, caught

    return *asyncio.run(go()), sent


@pytest.mark.parametrize(
    "trouble", [error(429), error(503), httpx.Response(502, text="<html>"), httpx.Response(504, json={"a": 1, "b": 2})]
)
def test_what_passes_is_asked_again_and_noted(trouble):
    reply, requests, caught, sent = ask(trouble, trouble, GOOD)
    assert caught is None
    assert reply.body["capability"]["cloudstackversion"] == "4.22.0.0"
    assert len(sent) == 3
    assert [(r["tries"], r["status"], r["rows"]) for r in requests] == [(3, 200, 1)]


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadError("cut"), httpx.RemoteProtocolError("closed"), httpx.ConnectError("no"), httpx.ReadTimeout("")],
)
def test_a_broken_connection_is_tried_again(trouble):
    reply, _, caught, sent = ask(trouble, GOOD)
    assert caught is None
    assert reply is not None
    assert len(sent) == 2


def test_each_try_is_signed_anew():
    start = datetime(2026, 11, 24, 12, tzinfo=UTC)
    ticks = iter(range(10))
    *_, sent = ask(error(503), error(503), GOOD, clock=lambda: start + timedelta(seconds=next(ticks)))
    assert len({query["expires"] for query in sent}) == 3
    assert len({query["signature"] for query in sent}) == 3
    assert all(is_signed(query, "canary-api-secret-auditor") for query in sent)


@pytest.mark.parametrize("status", [400, 401, 431, 432, 530, 531])
def test_a_no_is_a_no_and_is_asked_once(status):
    _, requests, caught, sent = ask(error(status, "words of the server"))
    assert isinstance(caught, Refused)
    assert (caught.status, caught.code) == (status, status)
    assert "words of the server" in caught.text
    assert len(sent) == 1
    assert requests[0]["status"] == status


def test_what_fails_for_ever_ends_with_a_typed_error():
    *_, caught, sent = ask(error(503, "maintenance"))
    assert isinstance(caught, Refused)
    assert len(sent) == 5
    *_, caught, sent = ask(httpx.ReadError("cut"))
    assert isinstance(caught, Unreachable)
    assert caught.status is None
    *_, caught, sent = ask(httpx.ConnectError("[Errno 111] Connection refused"))
    assert len(sent) == 3
    assert "Is the endpoint right" in str(caught)


def test_a_server_that_is_gone_is_not_asked_five_times_for_every_list():
    *_, sent = ask(httpx.ReadError("cut"), times=10)
    assert len(sent) == 3 * 5 + 7


def test_a_certificate_that_is_not_trusted_is_told_with_the_way_out_and_not_tried_again():
    failure = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    *_, caught, sent = ask(failure)
    assert len(sent) == 1
    assert "verify = /path/to/ca.pem" in str(caught)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(200, text="<html>login</html>"), Malformed),
        (httpx.Response(200, json=[1]), Malformed),
        (httpx.Response(200, json={"a": 1}), Malformed),
        (httpx.Response(200, json={"a": {}, "b": {}}), Malformed),
        (httpx.Response(302, text=""), Refused),
        (httpx.Response(404, text="<html>"), Refused),
        (error(200, "an error in a 200"), Refused),
    ],
)
def test_what_is_not_cloudstacks_form_is_typed(answer, kind):
    *_, caught, _ = ask(answer)
    assert type(caught).__mro__[0] is kind or isinstance(caught, kind)


class Trickle(httpx.AsyncByteStream):
    """A body that comes byte by byte, and never ends."""

    async def __aiter__(self):
        while True:
            yield b" "
            await asyncio.sleep(0.01)


class Flood(httpx.AsyncByteStream):
    """A body without an end, as fast as it can be read."""

    async def __aiter__(self):
        while True:
            yield b" " * 2**16


def test_a_body_that_trickles_ends_at_the_bound_of_the_request():
    began = time.monotonic()
    *_, caught, _ = ask(Trickle, retries=Retries(tries=5, wait_initial_s=0, wait_max_s=0, jitter_s=0, total_s=0.3))
    assert isinstance(caught, Unreachable)
    assert "not whole after 1 s. Raise timeout in the profile" in caught.text
    assert time.monotonic() - began < 10


def test_a_reply_of_any_size_ends_at_a_bound(monkeypatch):
    monkeypatch.setattr(client_module, "_LARGEST_REPLY", 2**20)
    *_, caught, sent = ask(Flood)
    assert isinstance(caught, Malformed)
    assert "more than 1048576 bytes" in caught.text
    assert len(sent) == 1


def test_a_source_of_any_size_ends_at_a_bound(monkeypatch):
    monkeypatch.setattr(client_module, "_LARGEST_SOURCE", 300)
    _, requests, caught, _ = ask(GOOD, times=5)
    assert [row["status"] for row in requests] == [200] * 5
    assert isinstance(caught, Malformed)
    assert "this source has sent 300 bytes in all" in caught.text


@pytest.mark.parametrize(
    "silence",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(404, text="<html>"),
        httpx.Response(200, text="<html>starting</html>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout(""),
        error(503, "shutting down"),
    ],
)
def test_a_server_that_restarts_is_waited_for_beyond_the_usual_tries(silence):
    reply, requests, caught, sent = ask(GOOD, *[silence] * 40, GOOD, times=2)
    assert caught is None
    assert reply.status == 200
    assert [row["tries"] for row in requests] == [1, 41]
    assert len(sent) == 42


def test_a_server_that_does_not_come_back_is_waited_for_until_the_bound():
    short = Retries(tries=2, wait_initial_s=0.01, wait_max_s=0.01, jitter_s=0, total_s=0.4)
    began = time.monotonic()
    *_, caught, sent = ask(GOOD, httpx.Response(502, text="<html>"), times=2, retries=short)
    assert 0.3 < time.monotonic() - began < 10
    assert "down or restarting" in caught.text
    assert len(sent) > 4


def test_a_call_that_fails_while_others_are_answered_has_the_usual_tries():
    sent = []

    def answer(request):
        command = replay.parameters(request)["command"]
        sent.append(command)
        return httpx.Response(502, text="<html>") if command == "listApis" else GOOD

    async def go():
        async with Client(
            replay.profile("auditor"), Fingerprinter(), transport=httpx.MockTransport(answer), retries=QUICK
        ) as client:
            await client.ask(CAPABILITIES, {})
            failing = asyncio.create_task(client.ask(COMMANDS["listApis"], {}))
            while not failing.done():
                await asyncio.sleep(0.001)
                await client.ask(CAPABILITIES, {})
            return failing.exception()

    assert isinstance(asyncio.run(go()), Refused)
    assert 5 <= sent.count("listApis") < 12


def test_a_throttle_of_hours_is_met_by_waiting_where_the_server_asks_for_it():
    client = Client(replay.profile("auditor"), Fingerprinter(), transport=httpx.MockTransport(lambda _: GOOD))
    for interval, most, gap in ((3600, 1, 10.0), (1, 20, 0.05), (1, 0, 0.0)):
        client.pace(interval, most)
        assert client._pace._gap_s == gap


def test_the_servers_own_wait_is_kept_by_all():
    began = time.monotonic()
    _, requests, caught, _ = ask(error(429, "please retry after [120] ms."), GOOD)
    assert caught is None
    assert time.monotonic() - began >= 0.12
    assert requests[0]["tries"] == 2


def test_pace_spreads_requests_evenly():
    async def go():
        pace = Pace(0.02)
        began = time.monotonic()
        await asyncio.gather(*(pace.turn() for _ in range(6)))
        return time.monotonic() - began

    assert 0.1 <= asyncio.run(go()) < 5


def test_no_log_line_holds_key_signature_or_body(caplog):
    caplog.set_level(logging.DEBUG)
    *_, sent = ask(error(503, "apikey=auditor secretkey=xyz12345"), httpx.ReadError("cut"), GOOD)
    assert "listCapabilities" in caplog.text
    text = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    for query in sent:
        assert query["signature"] not in text
    assert "canary-api-secret" not in text
    assert "xyz12345" not in text


def test_a_mistake_of_ours_shows_no_secret_in_the_locals_of_its_frames(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("vpnaudit.cloudstack.client.interpret", broken)
    with pytest.raises(ZeroDivisionError) as caught:
        ask(GOOD)
    report = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    client_frames = report[report.index("in _try") :]
    assert "canary-api-secret" not in client_frames
    assert "signature" not in client_frames
