"""A mail server's URL: what it means, and what is refused."""

from __future__ import annotations

import pytest

from vpnaudit.deliver.server_url import ServerURL
from vpnaudit.errors import ConfigError

SECRET = "canary-s3cret-8f2b"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("smtp://audit%40x@mail.example.org", ServerURL("smtp", "mail.example.org", 587, "audit@x")),
        ("smtps://mail.example.org", ServerURL("smtps", "mail.example.org", 465)),
        ("smtp+plain://[::1]:2525", ServerURL("smtp+plain", "::1", 2525)),
    ],
)
def test_a_url_is_read(text, read):
    assert ServerURL.parse(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "mail.example.org",
        "http://x",
        "smtp://",
        "smtp://x:y",
        "smtp://x/path",
        "smtp://x?tls=no",
        "smtp://[::1",
        "smtp://" + "x" * 70,
    ],
)
def test_what_is_no_mail_server_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ConfigError, match="smtps://user@host:465"):
        ServerURL.parse(text)


def test_a_password_in_the_url_is_refused_and_not_repeated():
    with pytest.raises(ConfigError) as caught:
        ServerURL.parse(f"smtp://audit:{SECRET}@mail.example.org")
    assert SECRET not in str(caught.value)


def test_this_machine_is_known():
    assert ServerURL.parse("smtp://127.0.0.1").loopback
    assert ServerURL.parse("smtp://localhost").loopback
    assert not ServerURL.parse("smtp://192.0.2.1").loopback
