"""The mail server as an operator names it."""

from __future__ import annotations

import contextlib
import ipaddress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from vpnaudit.errors import ConfigError
from vpnaudit.hostile import one_line

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
            (host or "").encode("idna")  # what no resolver can be asked
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
