"""Answers that are not CloudStack's API: what they mean to a person, and whether any other call could fare better.

Seen on CloudStack 4.22: `…/client` without `/api` is the user interface, which redirects; the integration port reads
GET only, and says 432 to every POST; a server that came up without its database lets Jetty answer 404, in an HTML page
whose CAUSED BY names the reason.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vpnaudit.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.errors import CloudStackError

OUTAGE = frozenset({502, 503, 504})
"""HTTP statuses of whatever stands before a management server that is down."""

_OK = 200
_UNSUPPORTED_ACTION = 432
_INTEGRATION_PORT = 8096
_CAUSE = re.compile(rb"CAUSED BY:?(?:\s|<[^>]{0,99}>)*([^<]{1,1000})", re.IGNORECASE)
_DATABASE = re.compile(r"database|\bDB\b|SQL|JDBC|Hikari|DataSource", re.IGNORECASE)
_LONGEST_CAUSE = 160


class UnfitEndpoint(Refused):
    """What listens there is not the API that reads signed requests: no call will be answered."""


class DatabaseLost(Refused):
    """The management server runs without its database: no call will be answered before it is back."""


def foreign_answer(
    command: str, status: int, content: bytes, endpoint: str, hide: Callable[[str], str]
) -> CloudStackError:
    """The error that an answer which is no JSON stands for; `hide` takes the source's own keys out of a text."""
    if cause := _database_trouble(content):
        text = (
            "the management server runs, but without its database. Start the database, then the server, and collect"
            f" again (its page says: {hide(cause)})"
        )
        return DatabaseLost(command, text, status=status)
    if not urlsplit(endpoint).path.rstrip("/").endswith("/api"):
        text = "the endpoint does not end in /api, and what answers there is no API. It looks like https://…/client/api"
        return UnfitEndpoint(command, text, status=status)
    if status in OUTAGE:
        text = "the management server does not answer what stands before it: it is down or restarting. Collect again"
        return Refused(command, f"{text} when it runs", status=status)
    text = "the answer is not CloudStack's: a proxy spoke, or the endpoint is another server's"
    if status == _OK:
        return Malformed(command, text, status=status)
    return Refused(command, text, status=status)


def is_integration_port(status: int, outer: str, endpoint: str) -> bool:
    """Whether a no is what the integration port says to every signed request."""
    return status == _UNSUPPORTED_ACTION and outer == "errorresponse" and _port(endpoint) == _INTEGRATION_PORT


def integration_port(command: str, status: int) -> UnfitEndpoint:
    """The error for that port."""
    text = (
        "port 8096 is the integration port, which reads no signature and takes whoever reaches it for root. Ask at the"
        " API's own port (https://…:8443/client/api or http://…:8080/client/api), and close this one:"
        " integration.api.port = 0"
    )
    return UnfitEndpoint(command, text, status=status)


def _port(endpoint: str) -> int | None:
    return urlsplit(endpoint).port


def _database_trouble(content: bytes) -> str:
    """What an error page of Jetty names as the cause, where that is the database; empty: nothing of the kind."""
    for cause in _CAUSE.finditer(content):
        text = " ".join(html.unescape(cause[1].decode("utf-8", "replace")).split())
        if _DATABASE.search(text):
            return text if len(text) <= _LONGEST_CAUSE else f"{text[:_LONGEST_CAUSE]}…"
    return ""
