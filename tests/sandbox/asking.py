"""A request to the sandbox, signed here with nothing but the standard library: neither the client's code nor the
sandbox's.
"""

import base64
import hashlib
import hmac
import http.client
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

ALL = {"listall": "true", "isrecursive": "true"}
PLUS = {**ALL, "projectid": "-1"}


def signed(key, secret, command, **params):
    """Give the parameters of a signed request, names in lower case."""
    params = {"command": command, "response": "json", "apikey": key, **params}
    if "signatureversion" not in params:
        params |= {
            "signatureversion": "3",
            "expires": (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
    text = "&".join(f"{name}={quote(value, safe='*')}" for name, value in sorted(params.items())).lower()
    return params | {
        "signature": base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
    }


def send(sandbox, source, params, method="GET"):
    """Send the parameters as they are; give status, headers and text."""
    url = urlsplit(sandbox.endpoints[source])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    try:
        if method == "GET":
            connection.request("GET", f"{url.path}?{urlencode(params)}")
        else:
            connection.request(
                "POST", url.path, urlencode(params), {"Content-Type": "application/x-www-form-urlencoded"}
            )
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def ask(sandbox, source, role, command, **params):
    """Ask as an account of the sandbox; give status and parsed body."""
    status, _, text = send(sandbox, source, signed(*sandbox.credentials[source][role], command, **params))
    return status, json.loads(text)


def rows(sandbox, source, role, command, **params):
    """Ask for a list that must be answered; give its rows."""
    status, body = ask(sandbox, source, role, command, **params)
    assert status == 200, body
    return next((value for value in body[f"{command.lower()}response"].values() if isinstance(value, list)), [])


def names(sandbox, role, command, source="prod", **params):
    """The names in a list that must be answered."""
    return {row["name"] for row in rows(sandbox, source, role, command, **params)}
