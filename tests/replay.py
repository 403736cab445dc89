"""Answers as a recorded CloudStack server did: over HTTP on loopback, or as the transport of an httpx client.

The API key is the name of the recorded account, the secret is not looked at. A list call finds the reply that was
recorded for the same account, command, `listall`, `isrecursive` and `projectid`; filters, pages and the search in names
of settings are worked out here.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import threading
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from vpnaudit.cloudstack.client import Retries
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vpnaudit.estate import Estate

    Spoil = Callable[[dict[str, str], httpx.Response], httpx.Response]

ESTATE_A = Path(__file__).parent / "data" / "estate_a" / "estate_a.jsonl.gz"
SUBDOMAINS = Path(__file__).parent / "data" / "subdomains" / "domain_admin_subdomains.jsonl.gz"
ACCOUNTS = ("admin", "auditor", "acme-admin", "globex-admin", "alice")
LARGEST_PAGE = 500
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUICK = Retries(tries=12, wait_initial_s=0.001, wait_max_s=0.01, jitter_s=0.005, total_s=60)

_SCOPE = ("listall", "isrecursive", "projectid")
_ENVELOPE = {"command", "response", "apikey", "signature", "signatureversion", "expires", "page", "pagesize"}
_NO_FILTER = _ENVELOPE | set(_SCOPE) | {"forvpc", "issystem", "systemvmtype", "details", "keyword", "startdate", "name"}
# The reply to these does not depend on the scope: the one recorded nearest is as good.
_ANY_SCOPE = {"listzones", "listvpcofferings", "listserviceofferings", "listhosts", "listcapabilities", "listapis"}
_ANY_SCOPE |= {"listdomains", "listaccounts", "listprojects"}

Answer = tuple[int, dict[str, Any]]


class Recording:
    """The replies of one file."""

    def __init__(self, path: Path) -> None:
        self.records: list[dict[str, Any]] = []
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            self.records += [json.loads(line) for line in lines]
        self._replies: dict[tuple[str, ...], Answer] = {}
        self._settings: dict[str, dict[str, dict[str, Any]]] = {}
        self._sent: dict[frozenset[tuple[str, str]], tuple[int, bytes]] = {}
        for record in self.records:
            self._keep(record)

    def _keep(self, record: dict[str, Any]) -> None:
        params, command = record["params"], record["command"].lower()
        unfiltered = int(params.get("pagesize", LARGEST_PAGE)) == LARGEST_PAGE and int(params.get("page", 1)) == 1
        if (
            "what" in record
            or not command.startswith("list")
            or not unfiltered
            or {"id", "account", "zoneid"} & set(params)
        ):
            return
        if command == "listconfigurations" and record["status"] == 200:
            rows = next(iter(record["body"].values())).get("configuration", [])
            self._settings.setdefault(record["as"], {}).update({row["name"]: row for row in rows})
        scope = [params.get(name, "").lower() for name in _SCOPE]
        self._replies.setdefault((record["as"], command, *scope), (record["status"], record["body"]))

    def answer(self, query: dict[str, str]) -> Answer:
        """What the server said to such a request: HTTP status and body."""
        who, command = query.get("apikey", ""), query.get("command", "").lower()
        if command == "listconfigurations" and who in self._settings:
            name_part = query.get("name", "").lower()
            rows = [row for name, row in sorted(self._settings[who].items()) if name_part in name.lower()]
            return _page(query, "listconfigurationsresponse", "configuration", rows)
        recorded = self._replies.get((who, command, *(query.get(name, "").lower() for name in _SCOPE)))
        if recorded is None and command in _ANY_SCOPE:
            recorded = next((reply for key, reply in sorted(self._replies.items()) if key[:2] == (who, command)), None)
        if recorded is None:
            return _refusal(f"{command}response", f"never recorded: {command} of {who!r}")
        ((outer, inner),) = recorded[1].items()
        array = next((name for name, value in inner.items() if isinstance(value, list)), None)
        if recorded[0] != 200 or array is None:
            return recorded
        filters = {name: value.lower() for name, value in query.items() if name not in _NO_FILTER}
        rows = [
            row
            for row in inner[array]
            if all(str(row.get(name, value)).lower() == value for name, value in filters.items())
        ]
        return _page(query, outer, array, rows)

    def sent(self, query: dict[str, str], *, whole: bool = True) -> tuple[int, bytes]:
        """The same as bytes; kept, since listApis alone is a megabyte. `whole`: with the parameters and fields that it
        tells of each call, which fill it and which nobody reads.
        """
        key = frozenset((name, value) for name, value in query.items() if name not in ("signature", "expires")) | {
            ("whole", str(whole))
        }
        if key not in self._sent:
            status, body = self.answer(query)
            if not whole and query.get("command", "").lower() == "listapis" and status == 200:
                body = {outer: {**inner, "api": [_named(api) for api in inner["api"]]} for outer, inner in body.items()}
            self._sent[key] = status, json.dumps(body).encode()
        return self._sent[key]

    @property
    def canaries(self) -> set[str]:
        """Every pre-shared key that stands in a reply."""
        keys: set[str] = set()

        def walk(value: Any) -> None:
            if isinstance(value, dict):
                keys.update(str(inner) for name, inner in value.items() if name in ("ipsecpsk", "presharedkey"))
                for inner in value.values():
                    walk(inner)
            elif isinstance(value, list):
                for inner in value:
                    walk(inner)

        for record in self.records:
            walk(record["body"])
        return keys


def _named(api: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in api.items() if name not in ("params", "response")}


def _refusal(outer: str, words: str) -> Answer:
    return 431, {outer: {"uuidList": [], "errorcode": 431, "cserrorcode": 4350, "errortext": words}}


def _page(query: dict[str, str], outer: str, array: str, rows: list[dict[str, Any]]) -> Answer:
    if ("page" in query) != ("pagesize" in query):
        return _refusal(outer, '"page" and "pagesize" go together')
    page_rows = rows
    if "page" in query:
        size = int(query["pagesize"])
        if size > LARGEST_PAGE:
            return _refusal(outer, f"Page size can't exceed max allowed page size value: {LARGEST_PAGE}")
        start = (int(query["page"]) - 1) * size
        page_rows = rows[start : start + size]
    if not rows:
        return 200, {outer: {}}
    return 200, {outer: {"count": len(rows), **({array: page_rows} if page_rows else {})}}


@cache
def recording(path: Path = ESTATE_A) -> Recording:
    """The recording of that file, read once."""
    return Recording(path)


def parameters(request: httpx.Request) -> dict[str, str]:
    """The parameters of a request, from query and body."""
    text = f"{request.url.query.decode()}&{request.content.decode()}"
    return {name.lower(): value for name, value in parse_qsl(text, keep_blank_values=True)}


def transport(source: Recording, spoil: Spoil | None = None) -> httpx.MockTransport:
    """A transport that answers from a recording without a network, listApis in brief; `spoil` may put another response
    in the place of the right one.
    """

    def handle(request: httpx.Request) -> httpx.Response:
        query = parameters(request)
        status, body = source.sent(query, whole=False)
        response = httpx.Response(status, content=body)
        return response if spoil is None else spoil(query, response)

    return httpx.MockTransport(handle)


@contextlib.contextmanager
def serving(source: Recording) -> Iterator[str]:
    """Serve a recording over HTTP on loopback; gives the endpoint."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply(urlsplit(self.path).query)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            self._reply(f"{urlsplit(self.path).query}&{body}")

        def _reply(self, text: str) -> None:
            status, data = source.sent({name.lower(): value for name, value in parse_qsl(text, keep_blank_values=True)})
            head = (
                f"HTTP/1.1 {status} x\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length:"
                f" {len(data)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/client/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def profile(who: str, endpoint: str = "http://127.0.0.1:1/client/api", **more: Any) -> Profile:
    """The profile of a recorded account; its secret is a canary."""
    return Profile(name=who, endpoint=endpoint, key=who, secret=f"canary-api-secret-{who}", **more)


def estate_of(*accounts: str, spoil: Spoil | None = None, path: Path = ESTATE_A, **options: Any) -> Estate:
    """What a collection as these accounts makes of the recording, with replies spoilt on the way."""
    return collected([profile(who) for who in accounts], spoil, path, **options)


def collected(profiles: list[Profile], spoil: Spoil | None = None, path: Path = ESTATE_A, **options: Any) -> Estate:
    """The same with profiles of one's own."""
    options = {"clock": lambda: NOW, "retries": QUICK, **options}
    return asyncio.run(collect(profiles, transport=transport(recording(path), spoil), **options))


def replacing(command: str, response: Callable[[dict[str, Any]], dict[str, Any]]) -> Spoil:
    """Let `response` put another inner object in the place of that in each good reply to `command`."""

    def spoil(query: dict[str, str], real: httpx.Response) -> httpx.Response:
        if query["command"] != command:
            return real
        ((outer, inner),) = real.json().items()
        return httpx.Response(200, json={outer: response(inner)})

    return spoil


def refusing(*commands: str, status: int = 432, outer: str = "errorresponse", text: str = "") -> Spoil:
    """Let the server say no to these commands, as it does where a role lacks them."""

    def spoil(query: dict[str, str], real: httpx.Response) -> httpx.Response:
        command = query["command"]
        if command not in commands:
            return real
        words = text or f"The API [{command}] no"
        return httpx.Response(status, json={outer: {"uuidList": [], "errorcode": status, "errortext": words}})

    return spoil


def recorded_ids(who: str, command: str) -> set[str]:
    """The ids of every object that any recorded pass of that account shows."""
    ids = set()
    for record in recording().records:
        if record["as"] == who and record["command"] == command and record["status"] == 200 and "what" not in record:
            arrays = [value for value in next(iter(record["body"].values())).values() if isinstance(value, list)]
            ids |= {row["id"] for array in arrays for row in array}
    return ids
