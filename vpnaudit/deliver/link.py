"""A line to a mail server that ends, in seconds and in bytes, whatever the server does; with logins in any script.

`smtplib` bounds each read alone, so a server that sends one byte a minute holds it for ever, and it takes logins in
ASCII alone.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import smtplib
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

MOST_REPLY_BYTES = 1_000_000
_MOST_CHALLENGES = 5


class Clock:
    """Cuts the sockets it watches when its time is over, so that a read which waits ends at once; `over` says that it
    did.
    """

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def watch(self, line: socket.socket) -> None:
        """Watch a connection: by a handle of its own, as TLS takes the first one over."""
        self._sockets.append(line.dup())
        if self.over:
            self._cut()

    def _cut(self) -> None:
        self.over = True
        for line in self._sockets:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:  # the other end was faster
                continue

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for line in self._sockets:
            line.close()


class Link(smtplib.SMTP):
    """A connection under a clock, not open before `connect`. With `context` it speaks TLS from the first byte."""

    def __init__(self, host: str, clock: Clock, timeout_s: float, context: ssl.SSLContext | None = None) -> None:
        self.reached = False
        self._clock, self._context, self._reply_bytes = clock, context, 0
        super().__init__(timeout=timeout_s)
        self._host = host  # what a certificate is to name

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = socket.create_connection((host, port), timeout)
        self.reached = True
        self._clock.watch(line)
        return self._context.wrap_socket(line, server_hostname=host) if self._context else line

    def getreply(self) -> tuple[int, bytes]:
        """The reply; raises `SMTPServerDisconnected` where a server says more than any server has to say."""
        if self.file is None and self.sock is not None:
            self.file = _Counted(self.sock.makefile("rb"), self)  # a file, as far as smtplib reads
        return super().getreply()

    def count(self, number: int) -> None:
        """Note that so many bytes came; raises `OSError` where it is too much."""
        self._reply_bytes += number
        if self._reply_bytes > MOST_REPLY_BYTES:
            raise OSError("more text than a mail server has to say")

    def auth(
        self, mechanism: str, authobject: Callable[..., str | None], *, initial_response_ok: bool = True
    ) -> tuple[int, bytes]:
        """As the parent's, with UTF-8 where it has ASCII (RFC 4616, RFC 4954)."""
        first = authobject() if initial_response_ok else None
        code, text = self.docmd("AUTH", mechanism if first is None else f"{mechanism} {_encoded(first)}")
        for number in range(_MOST_CHALLENGES):
            if code != 334:  # noqa: PLR2004 - the code of a challenge
                break
            self._auth_challenge_count = number + (
                2 if first is not None else 1
            )  # LOGIN tells user from password by it
            try:
                challenge = base64.b64decode(text)
            except binascii.Error:
                self.docmd("*")  # RFC 4954: this gives the exchange up
                raise smtplib.SMTPAuthenticationError(code, "a challenge that is no base64") from None
            code, text = self.docmd(_encoded(authobject(challenge) or ""))
        if code in (235, 503):
            return code, text
        raise smtplib.SMTPAuthenticationError(code, text)

    def auth_cram_md5(self, challenge: bytes | None = None) -> str | None:  # type: ignore[override]  # typeshed forgets None
        """As the parent's, with a key in UTF-8."""
        if challenge is None:
            return None
        return f"{self.user} {hmac.new(secret_bytes(self.password), challenge, 'md5').hexdigest()}"


class _Counted:
    """The file that replies are read from; its link counts the bytes."""

    def __init__(self, file: Any, link: Link) -> None:
        self._file, self._link = file, link

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(limit)
        self._link.count(len(line))
        return line

    def close(self) -> None:
        self._file.close()


def secret_bytes(text: str) -> bytes:
    """The bytes of a login: UTF-8, and whatever else an environment variable held, as it was."""
    return text.encode("utf-8", "surrogateescape")


def _encoded(text: str) -> str:
    return base64.b64encode(secret_bytes(text)).decode("ascii")
