"""Send a message over SMTP: with TLS and a verified certificate unless the operator says otherwise, and without ever
showing the secret.
"""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit

from vpnaudit.errors import ConfigError, DeliveryError
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

TIMEOUT_S = 60.0
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_ADVICE = "Write it as smtp://user@host:587 (STARTTLS), smtps://user@host:465, or smtp+plain://localhost:25 (no TLS)."


@dataclass(frozen=True)
class ServerURL:
    """A mail server: `smtp` asks for STARTTLS, `smtps` speaks TLS from the first byte, `smtp+plain` has no TLS."""

    scheme: str
    host: str
    port: int
    user: str | None = None

    @classmethod
    def parse(cls, text: str) -> ServerURL:
        """Read the URL. Raises `ConfigError`, also for a password in it: it would stand in process lists, units and
        shell histories.
        """
        try:
            parts = urlsplit(text)
            port, host = parts.port, parts.hostname
        except ValueError:
            raise ConfigError(f"The mail server's URL cannot be read. {_ADVICE}") from None
        if parts.password is not None:
            raise ConfigError(
                "The mail server's URL holds a password. Take it out, and give it by environment variable or file."
            )
        if (
            parts.scheme not in _PORTS
            or not host
            or one_line(host) != host
            or parts.path.strip("/")
            or parts.query
            or parts.fragment
        ):
            raise ConfigError(f"The mail server's URL is not of a kind that can be used. {_ADVICE}")
        return cls(
            parts.scheme, host, port or _PORTS[parts.scheme], unquote(parts.username) if parts.username else None
        )

    @property
    def loopback(self) -> bool:
        """It is this machine, so nobody listens in between."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def send(
    message: EmailMessage,
    server: ServerURL,
    secret: str | None = None,
    *,
    require_tls: bool = True,
    ca: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Hand the message to the server for all its recipients.

    The certificate is verified against `ca`, a file of certificates, or the system's. With `require_tls=False` a server
    without STARTTLS is accepted, and `smtp+plain` on other machines than this one. A secret goes over a line without
    TLS only to this machine.

    Raises `DeliveryError`: what happened and what to do, without the secret.
    """
    if server.scheme == "smtp+plain" and require_tls and not server.loopback:
        raise DeliveryError(
            f"{server} is not this machine, and smtp+plain has no TLS. Use smtp:// or smtps://, or say --no-tls."
        )
    if server.user and secret is None:
        raise DeliveryError(
            f"The URL of {server} names a user, and there is no password. Give it by environment variable or file."
        )
    context = _context(ca)
    try:
        with _connected(server, context, timeout_s) as link:
            secured = _secured(link, server, context, require_tls=require_tls)
            if server.user and secret is not None:
                if not (secured or server.loopback):
                    raise DeliveryError(
                        f"{server} offers no TLS, so the password is not sent. Use a server with TLS, or a URL without"
                        " user."
                    )
                link.login(server.user, secret)
            refused = link.send_message(message)
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(
            f"The certificate of {server} is not trusted: {error.verify_message}. Give its CA by file."
        ) from None
    except smtplib.SMTPException as error:
        _explain(error, server, secret)
    except OSError as error:
        why = "time-out" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
        raise DeliveryError(
            f"{server} cannot be reached: {why}. Check host, port and firewall; smtps:// is port 465, smtp:// is 587."
        ) from None
    if refused:
        raise DeliveryError(f"{server} took the mail, but not for {', '.join(sorted(refused))}. Check these addresses.")


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError):
        raise ConfigError(f"{ca} holds no certificates that can be read. Give a PEM file.") from None


def _connected(server: ServerURL, context: ssl.SSLContext, timeout_s: float) -> smtplib.SMTP:
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, context=context, timeout=timeout_s)
    return smtplib.SMTP(server.host, server.port, timeout=timeout_s)


def _secured(link: smtplib.SMTP, server: ServerURL, context: ssl.SSLContext, *, require_tls: bool) -> bool:
    """Ask for STARTTLS; whether the line is encrypted."""
    link.ehlo_or_helo_if_needed()
    if server.scheme == "smtps":
        return True
    if server.scheme == "smtp+plain":
        return False
    if link.has_extn("starttls"):
        link.starttls(context=context)
        link.ehlo()
        return True
    if require_tls:
        raise DeliveryError(
            f"{server} offers no STARTTLS, so nothing was sent. Use smtps://, another port, or say --no-tls."
        )
    return False


def _explain(error: smtplib.SMTPException, server: ServerURL, secret: str | None) -> NoReturn:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        names = ", ".join(sorted(error.recipients))
        raise DeliveryError(
            f"{server} refused every recipient: {one_line(names)}. Check the addresses, and whether it relays for you."
        ) from None
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # The server's words are left out: some repeat what they were given.
        raise DeliveryError(
            f"{server} refused the login of {server.user}: code {error.smtp_code}. Check user and password."
        ) from None
    words = error.smtp_error if isinstance(error, smtplib.SMTPResponseException) else str(error)
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    if secret:
        text = text.replace(secret, "[secret]")
    code = f"code {error.smtp_code}: " if isinstance(error, smtplib.SMTPResponseException) else ""
    raise DeliveryError(
        f"{server} did not take the mail: {code}{one_line(text)[:200] or type(error).__name__}."
    ) from None
