"""The HTTP client of a source trusts what its profile says, and its failures are told with the way out."""

from __future__ import annotations

import asyncio
import ssl
import traceback

import pytest

from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.cloudstack.transport import new_http
from vpnaudit.errors import ConfigError


def test_certificates_that_cannot_be_used_are_a_mistake_of_the_profile(tmp_path):
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    for more in ({"verify": str(wrong)}, {"client_cert": (str(wrong),)}):
        with pytest.raises(ConfigError, match="PEM"):
            new_http(Profile("p", "https://cloud.example.org/client/api", "k", "s", **more), connections=1)


def test_a_proxy_that_cannot_be_used_is_told_without_its_password():
    profile = Profile("p", "https://cloud.example.org/client/api", "k", "s", proxy="gopher://user:canary@proxy:70")
    with pytest.raises(ConfigError, match="NO_PROXY") as caught:
        new_http(profile, connections=1)
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_tls_is_verified_unless_the_profile_says_otherwise(tmp_path):
    async def modes():
        found = []
        for verify in (True, False, str(tmp_path)):
            http = new_http(
                Profile("p", "https://cloud.example.org/client/api", "k", "s", verify=verify), connections=1
            )
            found.append(http._transport._pool._ssl_context.verify_mode)
            await http.aclose()
        return found

    assert asyncio.run(modes()) == [ssl.CERT_REQUIRED, ssl.CERT_NONE, ssl.CERT_REQUIRED]
