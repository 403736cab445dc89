"""Send a message over SMTP: with TLS and a verified certificate unless the operator says otherwise, and without ever
showing the secret.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import smtplib
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpnaudit.deliver.link import Clock, Link, secret_bytes
from vpnaudit.deliver.server_url import ServerURL
from vpnaudit.errors import ConfigError, DeliveryError
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage
    from pathlib import Path

__all__ = ["ServerURL", "send"]
log = logging.getLogger(__name__)

TIMEOUT_S = 60.0
"""For one answer."""
ATTEMPT_S = 180.0
"""For one attempt as a whole: a server that drips is left."""
WAITS_S = (15.0, 60.0, 240.0)
"""Before each further attempt where the server asks to come back later; grey lists let pass after one to five
minutes.
"""
_LATER = range(400, 500)


Answers = dict[str, tuple[int, str]]
"""What a server answered for the addresses that it did not take the mail for: code and text."""


class _ComeBackLater(DeliveryError):  # noqa: N818 - it reads as what the server says
    """A refusal with a code of 4xx: RFC 5321 has the sender try again."""


@dataclass(frozen=True)
class _Way:
    """How a message goes to a server: all that one attempt needs."""

    server: ServerURL
    secret: str | None
    context: ssl.SSLContext
    require_tls: bool
    timeout_s: float
    attempt_s: float


def send(
    message: EmailMessage,
    server: ServerURL,
    secret: str | None = None,
    *,
    require_tls: bool = True,
    ca: Path | None = None,
    timeout_s: float = TIMEOUT_S,
    attempt_s: float = ATTEMPT_S,
    waits_s: Sequence[float] = WAITS_S,
) -> None:
    """Hand the message to the server for all its recipients.

    The certificate is verified against `ca`, a file of certificates, or the system's. With `require_tls=False` a server
    without STARTTLS is accepted, and `smtp+plain` on other machines than this one. A secret goes over a line without
    TLS only to this machine. Where the server asks to come back later, for some addresses or for all, it is tried again
    after each of `waits_s`, for those alone that it did not take.

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
    way = _Way(server, secret, _context(ca), require_tls, timeout_s, attempt_s)
    everyone = [address.addr_spec for address in message["To"].addresses]
    pending, refused, waiting, later = everyone, Answers(), Answers(), None
    for number, wait in enumerate((0.0, *waits_s), 1):
        if wait:
            log.warning("%s asks to come back later: attempt %d of %d in %g s.", server, number, len(waits_s) + 1, wait)
            time.sleep(wait)
        try:
            answers = _attempt(message, pending, way)
        except _ComeBackLater as error:
            later = error
            continue
        later = None
        waiting = {address: answer for address, answer in answers.items() if answer[0] in _LATER}
        refused |= {address: answer for address, answer in answers.items() if address not in waiting}
        pending = list(waiting)
        if not pending:
            return _end(server, refused, everyone)
    if later is not None:
        only = "" if pending == everyone else f" Only {one_line(', '.join(pending))} did not get the mail."
        raise DeliveryError(f"{later} It was tried {len(waits_s) + 1} times.{only}")
    return _end(server, refused | waiting, everyone)


def _end(server: ServerURL, left: Answers, everyone: list[str]) -> None:
    """Raise where addresses are left that the mail was not taken for."""
    if not left:
        return
    answers = "; ".join(
        f"{one_line(address)} (code {code}{': ' if text else ''}{text})"
        for address, (code, text) in sorted(left.items())
    )
    begun = "refused every recipient:" if len(left) == len(everyone) else "took the mail, but not for"
    later = any(code in _LATER for code, _ in left.values())
    advice = " A code of 4xx passes: send the run again later with `vpnaudit mail`." if later else ""
    raise DeliveryError(f"{server} {begun} {answers}. Check the addresses, and whether it relays for you.{advice}")


def _attempt(message: EmailMessage, recipients: list[str], way: _Way) -> Answers:
    """Hand the message over once; returns the answers for those it was not taken for."""
    server = way.server
    with Clock(way.attempt_s) as clock:
        link = Link(server.host, clock, way.timeout_s, way.context if server.scheme == "smtps" else None)
        try:
            refused = _handed_over(link, message, recipients, way)
        except (smtplib.SMTPException, OSError) as error:
            if clock.over:
                raise DeliveryError(
                    f"{server} did not take the mail within {way.attempt_s:g} s, and was left. Try again later, or use"
                    " another server."
                ) from None
            raise _explained(error, link, way) from None
        finally:
            link.close()
    return {address: (code, _words(text, way)) for address, (code, text) in refused.items()}


def _handed_over(link: Link, message: EmailMessage, recipients: list[str], way: _Way) -> dict[str, tuple[int, bytes]]:
    server = way.server
    code, text = link.connect(server.host, server.port)
    if code != 220:  # noqa: PLR2004 - RFC 5321: ready
        raise smtplib.SMTPConnectError(code, text)
    secured = _secured(link, way)
    if server.user and way.secret is not None:
        if not (secured or server.loopback):
            raise DeliveryError(
                f"{server} offers no TLS, so the password is not sent. Use a server with TLS, or a URL without user."
            )
        link.login(server.user, way.secret)
    try:
        refused = link.send_message(message, to_addrs=recipients)
    except smtplib.SMTPRecipientsRefused as error:
        last = list(error.recipients.values())[-1]  # with 421 it leaves before it has heard of all
        refused = dict.fromkeys(recipients, last) | error.recipients
    with contextlib.suppress(smtplib.SMTPException, OSError):  # it has the mail, whatever it says now
        link.quit()
    return refused


def _secured(link: Link, way: _Way) -> bool:
    """Ask for STARTTLS; whether the line is encrypted."""
    server = way.server
    link.ehlo_or_helo_if_needed()
    if server.scheme == "smtps":
        return True
    if server.scheme == "smtp+plain":
        return False
    if link.has_extn("starttls"):
        try:
            link.starttls(context=way.context)
        except smtplib.SMTPResponseException as error:
            kind = _ComeBackLater if error.smtp_code in _LATER else DeliveryError
            raise kind(
                f"{server} offers STARTTLS and refused it: code {error.smtp_code}: {_words(error.smtp_error, way)}."
                " Nothing was sent. Use smtps://, another port, or ask whoever runs it."
            ) from None
        link.ehlo()
        return True
    if way.require_tls:
        raise DeliveryError(
            f"{server} offers no STARTTLS, so nothing was sent. Use smtps://, another port, or say --no-tls."
        )
    return False


def _context(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError):
        raise ConfigError(f"{ca} holds no certificates that can be read. Give a PEM file.") from None


def _explained(  # noqa: PLR0911 - one return for each kind of failure
    error: smtplib.SMTPException | OSError, link: Link, way: _Way
) -> DeliveryError:
    server = way.server
    if isinstance(error, ssl.SSLCertVerificationError):
        return DeliveryError(
            f"The certificate of {server} is not trusted: {error.verify_message}. Give its CA by file."
        )
    if isinstance(error, ssl.SSLError):
        return DeliveryError(
            f"{server} was reached, and TLS could not be set up: {error.reason or 'no reason given'}. Nothing was sent."
            " smtps:// speaks TLS from the first byte, as on port 465; smtp:// asks for it by STARTTLS, as on port 587."
        )
    if isinstance(error, smtplib.SMTPResponseException):
        return _refusal(error, way)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return DeliveryError(
            f"{server} closed the line before it said that it took the mail. Look into its log, or try again."
        )
    if isinstance(error, smtplib.SMTPException):
        return DeliveryError(f"{server} cannot be used as this mail needs it: {_words(str(error), way)}.")
    why = "time-out" if isinstance(error, TimeoutError) else error.strerror or type(error).__name__
    if link.reached:
        return DeliveryError(f"The line to {server} was lost: {why}. Look into its log, or try again.")
    return DeliveryError(
        f"{server} cannot be reached: {why}. Check host, port and firewall; smtps:// is port 465, smtp:// is 587."
    )


def _refusal(error: smtplib.SMTPResponseException, way: _Way) -> DeliveryError:
    kind = _ComeBackLater if error.smtp_code in _LATER else DeliveryError
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # The server's words are left out: some repeat what they were given.
        return kind(
            f"{way.server} refused the login of {way.server.user}: code {error.smtp_code}. Check user and password."
        )
    text = _words(error.smtp_error, way) or type(error).__name__
    return kind(f"{way.server} did not take the mail: code {error.smtp_code}: {text}.")


def _words(text: bytes | str, way: _Way) -> str:
    """What a server said, on one line, cut, and without the secret in any of the forms that it was sent in."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if way.secret:
        secret, user = secret_bytes(way.secret), secret_bytes(way.server.user or "")
        coded = (base64.b64encode(form).decode() for form in (b"\0" + user + b"\0" + secret, secret))
        for form in (way.secret, *coded):
            words = words.replace(form, "[secret]")
    return one_line(words)[:200].rstrip(". ")
