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


def ask(*answers, clock=lambda: datetime.now(UTC), times=1):
    """Ask against a server that gives these answers in turn, the last for ever; gives reply, requests, and what was
    sent.
    """
    queue, sent = list(answers), []

    def answer(request):
        sent.append(replay.parameters(request))
        next_answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(next_answer, Exception):
            raise next_answer
        return httpx.Response(next_answer.status_code, content=next_answer.content)

    async def go():
        async with Client(
            replay.profile("auditor"),
            Fingerprinter(),
            transport=httpx.MockTransport(answer),
            retries=QUICK,
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
