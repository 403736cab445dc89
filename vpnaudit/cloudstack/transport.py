"""The HTTP client of one source, and what its failures mean to a person."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from vpnaudit.errors import ConfigError
from vpnaudit.version import __version__

if TYPE_CHECKING:
    from vpnaudit.cloudstack.profiles import Profile

ANY = 1_000
_FEW = 3


def new_http(
    profile: Profile, *, connections: int, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client that keeps connections alive, follows no redirect and reads neither environment nor .netrc."""
    try:
        return httpx.AsyncClient(
            verify=_tls(profile),
            transport=transport,
            proxy=profile.proxy if transport is None else None,
            trust_env=False,
            timeout=httpx.Timeout(profile.timeout_s, connect=min(profile.timeout_s, 20.0), pool=None),
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"User-Agent": f"vpnaudit/{__version__}", "Accept": "application/json"},
        )
    except (ImportError, ValueError):
        pass
    # Raised here: the error above quotes the address, which may hold a password.
    raise ConfigError(
        f"Profile {profile.name}: the proxy of the environment cannot be used. Give http://host:port, or set NO_PROXY."
    )


def _tls(profile: Profile) -> ssl.SSLContext | bool:
    if profile.endpoint.startswith("http:"):
        return False  # nothing to verify; loading the authorities costs 20 ms a source
    try:
        context = httpx.create_ssl_context(verify=profile.verify is not False, trust_env=False)
        if isinstance(profile.verify, str):
            folder = Path(profile.verify).is_dir()
            context = ssl.create_default_context(
                cafile=None if folder else profile.verify, capath=profile.verify if folder else None
            )
        if profile.client_cert:
            context.load_cert_chain(*profile.client_cert)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"Profile {profile.name}: the certificate files cannot be used: {reason}. They must be PEM files."
        ) from None
    return context


class Oversized(Exception):  # noqa: N818 - a signal to the client, never seen outside
    """A body that is longer than it may be."""

    def __init__(self, status: int, limit_bytes: int) -> None:
        self.status, self.limit_bytes = status, limit_bytes
        super().__init__(f"more than {limit_bytes} bytes")


async def body_within(response: httpx.Response, limit_bytes: int) -> bytes:
    """The body of a streamed response, which ends in any case. Raises `Oversized` where it is longer than that."""
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > limit_bytes:
                raise Oversized(response.status_code, limit_bytes)
    finally:
        await response.aclose()
    return bytes(body)


def failure_words(failure: httpx.HTTPError) -> tuple[str, bool, int]:
    """A failure in words, whether another try can help, and how many tries in all are worth it."""
    words = str(failure) or type(failure).__name__
    chain = [failure, failure.__cause__, failure.__context__]
    if any(isinstance(link, ssl.SSLError) for link in chain) or "CERTIFICATE" in words.upper():
        return f"TLS failed: {words}. For a CA of your own add verify = /path/to/ca.pem to the profile", False, 1
    if isinstance(failure, httpx.TimeoutException):
        return (
            f"no answer in time ({type(failure).__name__}). Raise timeout in the profile if the server is slow",
            True,
            _FEW,
        )
    if isinstance(failure, httpx.ConnectError):
        return f"no connection: {words}. Is the endpoint right, and is the server reached from here", True, _FEW
    if isinstance(failure, httpx.ProxyError | httpx.UnsupportedProtocol):
        return f"no connection: {words}", False, 1
    return f"the connection broke: {words}", True, ANY


def _keep_quiet(name: str) -> None:
    """Let a library log warnings only, unless somebody chose another level."""
    if logging.getLogger(name).level == logging.NOTSET:
        logging.getLogger(name).setLevel(logging.WARNING)


# httpx tells each request's URL at INFO, httpcore each header at DEBUG. Keys travel in the body, which neither shows;
# they still stay quiet unless asked for, since a log of ours already names each request.
_keep_quiet("httpx")
_keep_quiet("httpcore")
