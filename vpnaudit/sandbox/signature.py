"""The server's half of CloudStack request signing, written from the developer guide and checked against its example.

The text that is signed: all parameters but `signature`, sorted by name as received, values percent-encoded as Java's
`URLEncoder` does with `%20` for a space, joined with `&`, the whole in lower case. HMAC-SHA1 with the secret, in
Base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPIRES = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z")


def sign(params: Mapping[str, str], secret: str) -> str:
    """Give the signature of `params` (names as sent, `signature` itself is left out) in Base64."""
    pairs = sorted((name, value) for name, value in params.items() if name.lower() != "signature")
    text = "&".join(f"{name}={_encode(value)}" for name, value in pairs).lower()
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_signed(params: Mapping[str, str], secret: str) -> bool:
    """Say whether the request's own `signature` is the right one."""
    request_signature = next((value for name, value in params.items() if name.lower() == "signature"), "")
    return hmac.compare_digest(sign(params, secret).encode(), request_signature.encode())


def is_fresh(version: str | None, expires: str | None, now: datetime) -> bool:
    """Say whether the request may still be used: without `signatureversion` 3 there is no expiry, with it there must be
    one.
    """
    if version != "3":
        return True
    for form in _EXPIRES:
        try:
            until = datetime.strptime(expires or "", form)  # noqa: DTZ007 - both forms end in %z
        except ValueError:
            continue
        return until >= now
    return False


def _encode(value: str) -> str:
    return quote(value, safe="*").replace("~", "%7E")
