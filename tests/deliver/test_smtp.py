"""Real SMTP servers: the mail arrives whole over TLS, the certificate is verified, and the password is in no
message.
"""

from __future__ import annotations

import email
import socket
import ssl
from email.policy import default

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.deliver.conftest import REPORT
from vpnaudit.deliver.mail import compose
from vpnaudit.deliver.smtp import ServerURL, send
from vpnaudit.errors import ConfigError, DeliveryError

SECRET = "canary-s3cret-8f2b"
TO = ["ops@example.org", "noc@example.net"]


class Inbox:
    """Keeps what arrives; refuses addresses of `refused` and, with `full`, every mail."""

    def __init__(self):
        self.mails, self.refused, self.full, self.encrypted = [], set(), False, []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the server's name for it
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - see above
        if self.full:
            return f"552 full, and I repeat {SECRET}"
        self.mails.append(envelope)
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


def login(server, session, envelope, mechanism, data):
    return AuthResult(success=data.login == b"audit" and data.password == SECRET.encode(), handled=False)


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
    assert attached.get_payload(decode=True) == REPORT
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
    with pytest.raises(DeliveryError, match=r"not for noc@example\.net"):
        send(message, url, SECRET, ca=authority[0])
    assert len(inbox.mails) == 1
    inbox.refused = set(TO)
    with pytest.raises(DeliveryError, match="refused every recipient"):
        send(message, url, SECRET, ca=authority[0])


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
    with pytest.raises(DeliveryError, match="cannot be reached"):
        send(message, ServerURL("smtps", plain.host, plain.port))


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
    "text", ["mail.example.org", "http://x", "smtp://", "smtp://x:y", "smtp://x/path", "smtp://x?tls=no", "smtp://[::1"]
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
