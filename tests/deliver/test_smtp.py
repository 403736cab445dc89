"""Real SMTP servers: the mail arrives whole over TLS, the certificate is verified, and the password is in no
message.
"""

from __future__ import annotations

import base64
import email
import socket
import ssl
import time
from dataclasses import replace
from email.policy import default

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from vpnaudit.deliver.link import Link
from vpnaudit.deliver.mail import compose
from vpnaudit.deliver.smtp import ServerURL, send
from vpnaudit.errors import ConfigError, DeliveryError

SECRET = "canary-s3cret-8f2b"
TO = ["ops@example.org", "noc@example.net"]
NOT_ASCII = "pässwört-ключ-🔑"
LOGINS = {(b"audit", SECRET.encode()), ("prüfer".encode(), NOT_ASCII.encode())}


class Inbox:
    """Keeps what arrives; refuses addresses of `refused` and, with `full`, every mail. `later` counts down how often it
    asks to come back for an address.
    """

    def __init__(self):
        self.mails, self.refused, self.full, self.encrypted, self.later = [], set(), False, [], {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the server's name for it
        if address in self.refused:
            return "550 no such user"
        if self.later.get(address):
            self.later[address] -= 1
            return "450 4.2.0 Greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - see above
        if self.full:
            return f"552 full, and I repeat {SECRET}"
        self.mails.append(envelope)
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=(data.login, data.password) in LOGINS, handled=False)


class Listening(Controller):
    """On a free port of this machine."""

    def __init__(self, handler, **more):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, authenticator=login, **more)

    def _trigger_server(self):
        # The parent's own knocks with the server's TLS context, which no client may use.
        with socket.create_connection(("127.0.0.1", self.port), 5):
            pass


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    ca = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)
    return path, context


@pytest.fixture
def server(authority):
    """Start servers; gives `(inbox, URL)` for a scheme. `starttls=False` offers none."""
    _, context = authority
    running = []

    def start(scheme: str, *, starttls: bool = True, host: str = "localhost"):
        inbox = Inbox()
        tls = (
            {"ssl_context": context}
            if scheme == "smtps"
            else {"tls_context": context, "require_starttls": True}
            if starttls
            else {}
        )
        made = Listening(inbox, **tls, **({} if starttls and scheme == "smtp" else {"auth_require_tls": False}))
        made.start()
        running.append(made)
        return inbox, ServerURL.parse(f"{scheme}://audit@{host}:{made.port}")

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def message(make_run):
    return compose(make_run(), sender="audit@example.org", to=TO)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_the_mail_arrives_whole_over_tls(server, authority, message, scheme):
    inbox, url = server(scheme)
    send(message, url, SECRET, ca=authority[0])
    (arrived,) = inbox.mails
    assert (arrived.mail_from, arrived.rcpt_tos, inbox.encrypted) == ("audit@example.org", TO, [True])
    read = email.message_from_bytes(arrived.content, policy=default)
    (attached,) = read.iter_attachments()
    (composed,) = message.iter_attachments()
    assert attached.get_payload(decode=True) == composed.get_payload(decode=True)
    assert read["Subject"] == message["Subject"]
    for kind in ("plain", "html"):
        sent, got = (m.get_body((kind,)).get_content().splitlines() for m in (message, read))
        assert got == sent
    assert SECRET.encode() not in arrived.content


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_an_unknown_authority_is_refused(server, message, scheme):
    inbox, url = server(scheme)
    with pytest.raises(DeliveryError, match=r"certificate .* is not trusted"):
        send(message, url, SECRET)
    assert inbox.mails == []


def test_a_certificate_for_another_name_is_refused(server, authority, message):
    inbox, url = server("smtp", host="127.0.0.1")
    with pytest.raises(DeliveryError, match="not trusted"):
        send(message, url, SECRET, ca=authority[0])
    assert inbox.mails == []


def test_no_starttls_means_no_mail_unless_said_otherwise(server, message):
    inbox, url = server("smtp", starttls=False)
    with pytest.raises(DeliveryError, match="offers no STARTTLS"):
        send(message, url, SECRET)
    assert inbox.mails == []
    send(message, url, SECRET, require_tls=False)
    assert inbox.encrypted == [False]


def test_plain_is_for_this_machine(server, message):
    inbox, url = server("smtp+plain", starttls=False)
    send(message, url, SECRET)
    assert len(inbox.mails) == 1
    away = ServerURL.parse("smtp+plain://mail.example.org")
    with pytest.raises(DeliveryError, match="not this machine"):
        send(message, away)


def test_a_password_never_leaves_this_machine_in_clear(server, message, monkeypatch):
    inbox, url = server("smtp+plain", starttls=False)
    monkeypatch.setattr(ServerURL, "loopback", property(lambda self: False))
    with pytest.raises(DeliveryError, match="password is not sent"):
        send(message, url, SECRET, require_tls=False)
    assert inbox.mails == []


def test_a_wrong_password_is_said_without_it(server, authority, message):
    _, url = server("smtp")
    with pytest.raises(DeliveryError, match="refused the login of audit") as caught:
        send(message, url, SECRET + "-wrong", ca=authority[0])
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_server_that_repeats_the_password_does_not_make_us_repeat_it(server, authority, message):
    inbox, url = server("smtp")
    inbox.full = True
    with pytest.raises(DeliveryError, match="552") as caught:
        send(message, url, SECRET, ca=authority[0])
    assert SECRET not in str(caught.value)


def test_a_server_that_wants_no_login_gets_the_mail_and_its_refusal_is_told(server, message):
    inbox, url = server("smtp+plain", starttls=False)
    open_relay = ServerURL(url.scheme, url.host, url.port)
    send(message, open_relay)
    assert len(inbox.mails) == 1
    inbox.full = True
    with pytest.raises(DeliveryError, match="code 552: full"):
        send(message, open_relay)


def test_refused_recipients_are_named(server, authority, message):
    inbox, url = server("smtp")
    inbox.refused = {"noc@example.net"}
    with pytest.raises(DeliveryError, match=r"not for noc@example\.net \(code 550: no such user\)"):
        send(message, url, SECRET, ca=authority[0])
    assert len(inbox.mails) == 1
    inbox.refused = set(TO)
    with pytest.raises(DeliveryError, match="refused every recipient") as caught:
        send(message, url, SECRET, ca=authority[0])
    assert "later" not in str(caught.value)
    assert len(inbox.mails) == 1


class TestAServerThatAsksToComeBackLater:
    def test_gets_the_mail_at_the_next_attempt_once_for_each_recipient(self, server, authority, message):
        inbox, url = server("smtp")
        inbox.later = {TO[0]: 2}
        send(message, url, SECRET, ca=authority[0], waits_s=(0.01, 0.01, 0.01))
        assert [arrived.rcpt_tos for arrived in inbox.mails] == [TO[1:], TO[:1]]

    def test_is_left_after_the_last_attempt_and_its_words_are_told(self, server, authority, message):
        inbox, url = server("smtp")
        inbox.later = dict.fromkeys(TO, 99)
        with pytest.raises(
            DeliveryError, match=r"refused every recipient: .*\(code 450: 4\.2\.0 Greylisted\)"
        ) as caught:
            send(message, url, SECRET, ca=authority[0], waits_s=(0.01,))
        assert "vpnaudit mail" in str(caught.value)
        assert inbox.later == dict.fromkeys(TO, 97)

    def test_is_told_beside_one_that_refuses_for_good(self, server, authority, message):
        inbox, url = server("smtp")
        inbox.later, inbox.refused = {TO[0]: 99}, {TO[1]}
        with pytest.raises(DeliveryError, match=r"code 550: no such user.*code 450"):
            send(message, url, SECRET, ca=authority[0], waits_s=())

    def test_of_the_whole_mail_is_tried_again_too(self, scripted, message):
        url, heard = scripted(
            {
                "RCPT": b"250 ok\r\n",
                "MAIL": [b"451 4.3.0 busy\r\n", b"250 ok\r\n"],
                "DATA": b"354 go\r\n",
                ".": b"250 ok\r\n",
            }
        )
        send(message, url, waits_s=(0.01,))
        assert [line[:4] for line in heard].count("MAIL") == 2

    def test_of_the_whole_mail_for_ever_is_told(self, scripted, message):
        url, _ = scripted({"MAIL": b"451 4.3.0 busy\r\n"})
        with pytest.raises(DeliveryError, match=r"code 451: 4\.3\.0 busy\. It was tried 2 times\.$"):
            send(message, url, waits_s=(0.01,))

    def test_and_then_has_no_time_for_the_rest_is_told_who_did_not_get_it(self, scripted, message):
        url, _ = scripted(
            {
                "MAIL": [b"250 ok\r\n", b"451 busy\r\n"],
                "RCPT": [b"250 ok\r\n", b"450 later\r\n"],
                "DATA": b"354 go\r\n",
                ".": b"250 ok\r\n",
            }
        )
        with pytest.raises(DeliveryError, match=r"Only noc@example\.net did not get the mail"):
            send(message, url, waits_s=(0.01,))

    def test_by_leaving_is_tried_again_for_all(self, scripted, message):
        url, heard = scripted(
            {"RCPT": [b"250 ok\r\n", b"421 leaving\r\n", b"250 ok\r\n"], "DATA": b"354 go\r\n", ".": b"250 ok\r\n"}
        )
        send(message, url, waits_s=(0.01,))
        assert [line[:4] for line in heard].count("RCPT") == 4

    def test_with_its_greeting_is_told(self, scripted, message):
        url, _ = scripted({}, greeting=b"421 too many\r\n")
        with pytest.raises(DeliveryError, match="code 421: too many"):
            send(message, url, waits_s=())


class TestLogin:
    @pytest.mark.parametrize("scheme", ["smtp", "smtps"])
    def test_in_any_script_works(self, server, authority, message, scheme):
        inbox, url = server(scheme)
        send(message, replace(url, user="prüfer"), NOT_ASCII, ca=authority[0])
        assert len(inbox.mails) == 1

    def test_of_a_wrong_password_in_any_script_is_refused_without_it(self, server, authority, message):
        _, url = server("smtp")
        with pytest.raises(DeliveryError, match="refused the login") as caught:
            send(message, url, NOT_ASCII, ca=authority[0])
        assert NOT_ASCII not in str(caught.value)

    def test_that_cannot_be_had_is_told(self, scripted, message):
        url, _ = scripted({})
        with pytest.raises(
            DeliveryError, match="cannot be used as this mail needs it: SMTP AUTH extension not supported"
        ):
            send(message, replace(url, user="audit"), SECRET)

    def test_that_a_server_repeats_coded_is_not_repeated(self, scripted, message):
        coded = base64.b64encode(f"\0audit\0{SECRET}".encode())
        url, _ = scripted(
            {"EHLO": b"250-me\r\n250 AUTH PLAIN\r\n", "AUTH": b"235 ok\r\n", "MAIL": b"550 you said " + coded + b"\r\n"}
        )
        with pytest.raises(DeliveryError, match=r"you said \[secret\]"):
            send(message, replace(url, user="audit"), SECRET)


class TestTLS:
    def test_that_is_refused_is_not_called_unreachable(self, scripted, message):
        url, heard = scripted({"EHLO": b"250-me\r\n250 STARTTLS\r\n", "STARTTLS": b"501 not today\r\n"}, scheme="smtp")
        with pytest.raises(
            DeliveryError, match=r"offers STARTTLS and refused it: code 501: not today\. Nothing was sent"
        ):
            send(message, url)
        assert not any(line.startswith("MAIL") for line in heard)

    def test_that_is_refused_for_now_is_asked_for_again(self, scripted, message):
        url, heard = scripted({"EHLO": b"250-me\r\n250 STARTTLS\r\n", "STARTTLS": b"454 later\r\n"}, scheme="smtp")
        with pytest.raises(DeliveryError, match=r"code 454: later.*It was tried 2 times"):
            send(message, url, waits_s=(0.01,))
        assert heard.count("STARTTLS") == 2

    def test_that_begins_with_something_else_is_not_called_unreachable(self, scripted, message):
        url, _ = scripted(
            {"EHLO": b"250-me\r\n250 STARTTLS\r\n", "STARTTLS": b"220 go\r\nthis is no TLS at all\r\n" * 9},
            scheme="smtp",
        )
        with pytest.raises(DeliveryError, match="was reached, and TLS could not be set up"):
            send(message, url)


class TestAnEnd:
    def test_comes_where_a_server_drips(self, dripping, message):
        began = time.monotonic()
        with pytest.raises(DeliveryError, match=r"did not take the mail within 0\.5 s, and was left"):
            send(message, dripping, attempt_s=0.5)
        assert time.monotonic() - began < 5

    def test_comes_where_a_server_never_stops_talking(self, scripted, message):
        url, _ = scripted({"EHLO": b"250-more\r\n" * 200_000})
        with pytest.raises(DeliveryError, match="closed the line before it said"):
            send(message, url)

    def test_of_the_line_in_the_middle_is_told(self, scripted, message):
        url, _ = scripted({"MAIL": b""})
        with pytest.raises(DeliveryError, match="closed the line before it said that it took the mail"):
            send(message, url)

    def test_after_the_mail_was_taken_is_no_failure(self, scripted, message):
        url, heard = scripted({"DATA": b"354 go\r\n", ".": b"250 ok\r\n", "QUIT": b"500 what?\r\n"})
        send(message, url)
        assert heard[-1] == "QUIT"

    def test_of_the_network_is_told(self, scripted, message, monkeypatch):
        url, _ = scripted({})

        def lose(*_):
            raise ConnectionResetError(104, "Connection reset by peer")

        monkeypatch.setattr(Link, "ehlo_or_helo_if_needed", lose)
        with pytest.raises(DeliveryError, match=r"The line to .* was lost: Connection reset by peer"):
            send(message, url)


def test_a_user_without_a_password_and_a_ca_that_is_none_are_said_before_anything_is_sent(message, tmp_path):
    url = ServerURL.parse("smtp://audit@localhost:1")
    with pytest.raises(DeliveryError, match="no password"):
        send(message, url)
    with pytest.raises(ConfigError, match="PEM"):
        send(message, url, SECRET, ca=tmp_path / "none.pem")


def test_a_server_that_is_not_there_is_said(message):
    with pytest.raises(DeliveryError, match="cannot be reached"):
        send(message, ServerURL.parse("smtp://localhost:1"))


def test_tls_from_the_first_byte_at_a_server_that_speaks_plain_is_said(server, message):
    _, plain = server("smtp", starttls=False)
    with pytest.raises(
        DeliveryError, match=r"was reached, and TLS could not be set up.*smtp:// asks for it by STARTTLS"
    ):
        send(message, ServerURL("smtps", plain.host, plain.port))
