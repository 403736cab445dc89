"""The HTTP client of a source trusts what its profile says, and its failures are told with the way out."""

from __future__ import annotations

import asyncio
import logging
import ssl
import traceback

import httpx
import pytest

from vpnaudit.cloudstack import transport
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.cloudstack.transport import failure_words, new_http
from vpnaudit.errors import ConfigError


def test_certificates_that_cannot_be_used_are_a_mistake_of_the_profile(tmp_path):
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    for files in ({"verify": str(wrong)}, {"client_cert": (str(wrong),)}):
        with pytest.raises(ConfigError, match="PEM"):
            new_http(Profile("p", "https://cloud.example.org/client/api", "k", "s", **files), connections=1)


def test_a_proxy_that_cannot_be_used_is_told_without_its_password():
    profile = Profile("p", "https://cloud.example.org/client/api", "k", "s", proxy="gopher://user:canary@proxy:70")
    with pytest.raises(ConfigError, match="NO_PROXY") as caught:
        new_http(profile, connections=1)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_tls_is_verified_unless_the_profile_says_otherwise(tmp_path):
    async def modes():
        verify_modes = []
        for verify in (True, False, str(tmp_path)):
            http = new_http(
                Profile("p", "https://cloud.example.org/client/api", "k", "s", verify=verify), connections=1
            )
            verify_modes.append(http._transport._pool._ssl_context.verify_mode)
            await http.aclose()
        return verify_modes

    assert asyncio.run(modes()) == [ssl.CERT_REQUIRED, ssl.CERT_NONE, ssl.CERT_REQUIRED]


def profile(**options):
    return Profile("p", "https://cloud.example.org/client/api", "k", "s", **options)


@pytest.mark.parametrize(
    ("failure", "words", "again", "tries"),
    [
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"), "verify = /path/to/ca.pem", False, 1),
        (httpx.ReadTimeout(""), "no answer in time (ReadTimeout). Raise timeout", True, 3),
        (httpx.ConnectTimeout("slow"), "no answer in time (ConnectTimeout)", True, 3),
        (httpx.ConnectError("[Errno 111] Connection refused"), "Is the endpoint right", True, 3),
        (httpx.ProxyError("407 Proxy Authentication Required"), "no connection: 407", False, 1),
        (httpx.UnsupportedProtocol("gopher"), "no connection: gopher", False, 1),
        (httpx.RemoteProtocolError(""), "the connection broke: RemoteProtocolError", True, 1000),
    ],
)
def test_a_failure_says_what_it_means_and_whether_another_try_can_help(failure, words, again, tries):
    text, another_helps, most = failure_words(failure)
    assert words in text
    assert (another_helps, most) == (again, tries)


def test_a_tls_failure_is_one_wherever_in_the_chain_it_stands():
    failure = httpx.ConnectError("EOF occurred")
    failure.__cause__ = ssl.SSLError("EOF occurred")
    assert failure_words(failure)[0].startswith("TLS failed")


@pytest.mark.parametrize(("level", "after"), [(logging.NOTSET, logging.WARNING), (logging.DEBUG, logging.DEBUG)])
def test_a_library_that_logs_requests_is_quiet_unless_the_operator_chose_a_level(level, after):
    logger = logging.getLogger("tests.cloudstack.test_transport")
    logger.setLevel(level)
    transport._keep_quiet(logger.name)
    assert logger.level == after


def test_neither_redirects_nor_the_environment_choose_where_a_key_goes(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")

    async def settings():
        async with new_http(profile(), connections=1) as http:
            return http.follow_redirects, http.trust_env, http._mounts

    assert asyncio.run(settings()) == (False, False, {})
