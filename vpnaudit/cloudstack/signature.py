"""Request signing: HMAC-SHA1 over the sorted, encoded, lower-cased parameters (CloudStack developer guide;
ApiServer.verifyRequest).

`signatureversion=3` is always sent: without it the server ignores `expires`, and a request that leaked could be used
for ever.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# With `enforce.post.requests.and.timestamps` the server takes at most 15 minutes; a clock may be off by a few.
LIFETIME = timedelta(minutes=10)


def encode(value: str) -> str:
    """Percent-encode as Java's URLEncoder does, with %20 for a space: `*` stays as it is, `~` does not."""
    return quote(value, safe="*", errors="surrogatepass").replace("~", "%7E")


def signature(params: Mapping[str, str], secret: str) -> str:
    """The signature of `params` in Base64. Names must be lower case: the server sorts them as received, before it
    lowers them.

    >>> signature({"command": "listUsers", "response": "json", "apikey": "k"}, "s")
    '2b2Nozb8u6apBDykbp7b4jKAGGs='
    """
    text = "&".join(f"{name}={encode(value)}" for name, value in sorted(params.items())).lower()
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def signed_form(params: Mapping[str, str], *, key: str, secret: str, now: datetime) -> bytes:
    """The body of a POST: `params`, key, expiry and signature, as `application/x-www-form-urlencoded`. Made anew for
    each try.
    """
    expires = (now + LIFETIME).strftime("%Y-%m-%dT%H:%M:%S%z")
    full = {**params, "response": "json", "apikey": key, "signatureversion": "3", "expires": expires}
    full["signature"] = signature(full, secret)
    return "&".join(f"{name}={encode(value)}" for name, value in full.items()).encode()
