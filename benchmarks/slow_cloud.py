"""A cloud of the sandbox that takes its time: every call is answered after the same delay, from memory.

    python -m benchmarks.slow_cloud --vpcs 1500 --delay-ms 50

The first line that it prints is JSON: endpoint, key and secret. It listens on loopback alone and ends with its input.
What the sandbox answers to a question is worked out once; later the same bytes are sent, so that hardly any of the
machine's time is the server's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from urllib.parse import parse_qsl

from vpnaudit.sandbox.answering import ManagementServer
from vpnaudit.sandbox.faults import Faults
from vpnaudit.sandbox.running import Sandbox

SOURCE = "prod"
ROLE = "auditor"
_CHANGES_EACH_TIME = {"signature", "expires", "signatureversion", "apikey", "response"}


class SlowCloud:
    """Answers HTTP requests on kept connections."""

    def __init__(self, server: ManagementServer, delay_s: float) -> None:
        self._server, self._delay_s = server, delay_s
        self._answers: dict[frozenset[tuple[str, str]], bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                sizes = [line.split(":")[1] for line in lines if line.lower().startswith("content-length:")]
                form = (await reader.readexactly(int(sizes[0]) if sizes else 0)).decode()
                await asyncio.sleep(self._delay_s)
                query = lines[0].split(" ")[1].partition("?")[2]
                writer.write(self._answer(dict(parse_qsl(f"{query}&{form}", keep_blank_values=True))))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, params: dict[str, str]) -> bytes:
        question = frozenset(
            (name.lower(), value) for name, value in params.items() if name.lower() not in _CHANGES_EACH_TIME
        )
        if question not in self._answers:
            reply = self._server.answer(params)
            body = reply.text.encode()
            head = f"HTTP/1.1 {reply.status} x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self._answers[question] = head.encode() + body
        return self._answers[question]


async def run(vpcs: int, delay_s: float) -> None:
    """Serve until the input ends."""
    sandbox = Sandbox(vpcs=vpcs, seed=1, unreadable=False)
    cloud = sandbox._estate.clouds[SOURCE]  # noqa: SLF001 - the sandbox itself serves HTTP, which is what is replaced here
    slow = SlowCloud(ManagementServer(cloud, Faults()), delay_s)
    listener = await asyncio.start_server(slow.serve, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    key, secret = sandbox.credentials[SOURCE][ROLE]
    print(json.dumps({"endpoint": f"http://127.0.0.1:{port}/client/api", "key": key, "secret": secret}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    listener.close()


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="A cloud of the sandbox that answers each call after the same delay.")
    parser.add_argument("--vpcs", type=int, default=1500)
    parser.add_argument("--delay-ms", type=float, default=50)
    options = parser.parse_args()
    asyncio.run(run(options.vpcs, options.delay_ms / 1000))


if __name__ == "__main__":
    main()
