"""The sandbox as an ASGI application: every source at `/<source>/client/api`, by GET and by POST form."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from vpnaudit.sandbox.answering import ManagementServer, Reply
from vpnaudit.sandbox.faults import Dice, Faults

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from vpnaudit.sandbox.cloud import Cloud

JSON_TYPE = "application/json;charset=UTF-8"
_PROXY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
_PROXY_STATUS = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable", 504: "504 Gateway Time-out"}


class CutResponse(Response):
    """Announces the whole body and ends the connection in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send half of the body and no end: uvicorn then closes the connection."""
        _ = scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})


def application(clouds: Iterable[Cloud], faults: Faults) -> Starlette:
    """Build the application that answers for all `clouds`."""
    dice = Dice(faults)
    routes = [
        Route(f"/{cloud.name}/client/api", _endpoint(ManagementServer(cloud, faults), dice), methods=["GET", "POST"])
        for cloud in clouds
    ]
    return Starlette(routes=routes)


def _endpoint(server: ManagementServer, dice: Dice) -> Any:
    async def endpoint(request: Request) -> Response:
        params = await _parameters(request)
        fault, chance = dice.draw(server.cloud.name, params)
        if server.faults.latency_s:
            await asyncio.sleep(server.faults.latency_s)
        if fault == "throttled":
            return _response(_throttled(params, server.faults.retry_after_ms), params, server.cloud.version)
        if fault == "failing":
            status = chance.choice(sorted(_PROXY_STATUS))
            return Response(_PROXY_PAGE.format(_PROXY_STATUS[status]), status, media_type="text/html")
        response = _response(server.answer(params), params, server.cloud.version)
        if fault == "cut":
            return CutResponse(response.body, response.status_code, dict(response.headers))
        if fault == "garbled":
            return Response(bytes(response.body)[:-2] + b'\\A"', response.status_code, media_type=JSON_TYPE)
        return response

    return endpoint


async def _parameters(request: Request) -> dict[str, str]:
    """Read query and form alike; of a parameter that comes twice the last one counts."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if request.method == "POST":
        pairs += parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    return dict(pairs)


def _throttled(params: dict[str, str], wait_ms: int) -> Reply:
    command = next((value for name, value in params.items() if name.lower() == "command"), "")
    text = f"The given user has reached his/her account api limit, please retry after [{wait_ms}] ms."
    body = {f"{command.lower()}response": {"uuidList": [], "errorcode": 429, "cserrorcode": 9999, "errortext": text}}
    return Reply(429, body, text)


def _response(reply: Reply, params: dict[str, str], version: str) -> Response:
    headers = (
        {"X-Description": " ".join(reply.description.encode("ascii", "replace").decode().split())}
        if reply.description
        else {}
    )
    form = next((value for name, value in params.items() if name.lower() == "response"), "xml")
    if form.lower() == "json":
        return Response(reply.text, reply.status, headers, JSON_TYPE)
    ((outer, inner),) = reply.body.items()
    text = f'<?xml version="1.0" encoding="UTF-8"?><{outer} cloud-stack-version="{version}">{_xml(inner)}</{outer}>'
    return Response(text, reply.status, headers, "text/xml;charset=UTF-8")


def _xml(value: Any, name: str = "") -> str:
    """Write JSON as the server's XML: a list is its elements side by side."""
    if isinstance(value, dict):
        text = "".join(_xml(inner, key) for key, inner in value.items())
    elif isinstance(value, list):
        return "".join(_xml(inner, name) for inner in value)
    else:
        text = escape(json.dumps(value) if isinstance(value, bool) else str(value))
    return f"<{name}>{text}</{name}>" if name else text
