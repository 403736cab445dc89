"""What is not CloudStack's API is told for what it is, with the way out."""

from __future__ import annotations

import httpx
import pytest

from tests import replay
from vpnaudit.cloudstack.foreign_answers import DatabaseLost, UnfitEndpoint, foreign_answer
from vpnaudit.errors import Malformed, Refused

API = "https://cloud.example.org/client/api"
JETTY = b"""<html><head><title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404 Not Found</h2><table>
<tr><th>URI:</th><td>/client/api</td></tr><tr><th>STATUS:</th><td>404</td></tr>
<tr><th>CAUSED BY:</th><td>java.lang.IllegalStateException: not started</td></tr>
<tr><th>CAUSED BY:</th><td>com.cloud.utils.exception.CloudRuntimeException: No connection to the&#32;database
</td></tr></table></body></html>"""


def error_of(status, content, endpoint=API):
    return foreign_answer("listApis", status, content, endpoint, lambda text: text.replace("canary", "[x]"))


def test_a_server_without_its_database_is_told_from_its_page():
    error = error_of(404, JETTY)
    assert isinstance(error, DatabaseLost)
    assert "without its database" in error.text
    assert "CloudRuntimeException: No connection to the database" in error.text
    assert isinstance(error_of(503, JETTY), DatabaseLost)
    assert not isinstance(error_of(404, JETTY.replace(b"database", b"moon")), DatabaseLost)


def test_the_cause_is_bounded_and_without_our_keys():
    error = error_of(404, b"CAUSED BY: <b>SQLException canary " + b"x" * 900)
    assert "[x]" in error.text
    assert len(error.text) < 400


@pytest.mark.parametrize("endpoint", ["https://cloud.example.org/client", "http://127.0.0.1:8080/"])
@pytest.mark.parametrize("status", [200, 302, 404])
def test_an_endpoint_without_api_is_told(endpoint, status):
    error = error_of(status, b"<html>", endpoint)
    assert isinstance(error, UnfitEndpoint)
    assert "does not end in /api" in error.text
    assert not isinstance(error_of(status, b"<html>", f"{API}/"), UnfitEndpoint)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_is_down_is_not_called_a_proxy(status):
    error = error_of(status, b"<html>Bad Gateway</html>")
    assert "down or restarting" in error.text
    assert "proxy" not in error.text


def test_a_web_page_is_no_reply_whatever_its_status():
    assert isinstance(error_of(200, b"<html>"), Malformed)
    assert isinstance(error_of(403, b"<html>"), Refused)
    assert "a proxy spoke" in error_of(403, b"<html>").text


def collect_from(endpoint, status, content):
    def spoil(query, real):
        commands.append(query["command"])
        return httpx.Response(status, content=content)

    commands = []
    with pytest.raises(Refused) as caught:
        replay.collected([replay.profile("auditor", endpoint)], spoil)
    return caught.value, commands


@pytest.mark.parametrize(
    ("endpoint", "status", "content", "words"),
    [
        ("http://127.0.0.1:8096/client/api", 432, b'{"errorresponse":{"errorcode":432}}', "integration port"),
        ("http://127.0.0.1:8080/client", 302, b"", "does not end in /api"),
        ("http://127.0.0.1:8080/client/api", 404, JETTY, "without its database"),
    ],
)
def test_where_no_call_can_be_answered_one_is_asked(endpoint, status, content, words):
    error, commands = collect_from(endpoint, status, content)
    assert words in str(error)
    assert commands == ["listApis"]


def test_a_role_without_a_call_is_not_taken_for_the_integration_port():
    error, commands = collect_from("http://127.0.0.1:8080/client/api", 432, b'{"errorresponse":{"errorcode":432}}')
    assert "integration" not in str(error)
    assert len(commands) == 4
