"""Runs the sandbox on loopback: in a thread for tests and notebooks, or until interrupted for the command line."""

from __future__ import annotations

import configparser
import io
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

import uvicorn

from vpnaudit.errors import ConfigError
from vpnaudit.private_files import write_text
from vpnaudit.sandbox.app import application
from vpnaudit.sandbox.example import build
from vpnaudit.sandbox.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from vpnaudit.sandbox.specimens import HostileName, Specimen

LOOPBACK = "127.0.0.1"
START_LIMIT_S = 20.0


class Sandbox:
    """An embedded CloudStack API with the example estate: one HTTP server on loopback, one path for each source.

    A context manager: the server runs in a thread between enter and exit. `vpcs` grows the estate to that many VPCs,
    `seed` decides ids and keys, `port` 0 takes a free one, `page_size` is the server's `default.page.size`, `base` the
    moment to which all times are relative (default: now), `unreadable=False` leaves out the one object whose name makes
    a page invalid JSON, so that a collection can be complete. Raises ConfigError for a number of VPCs that cannot be
    built or a port that is taken.
    """

    def __init__(
        self,
        vpcs: int | None = None,
        seed: int = 0,
        *,
        faults: Faults | None = None,
        port: int = 0,
        page_size: int = 500,
        base: datetime | None = None,
        unreadable: bool = True,
    ) -> None:
        self.base = base or datetime.now(UTC).replace(microsecond=0)
        self.faults = faults or Faults()
        self._estate = build(self.base, seed=seed, vpcs=vpcs, page_size=page_size, unreadable=unreadable)
        self._port = port
        self._thread: threading.Thread | None = None
        self._server: uvicorn.Server | None = None

    @property
    def specimens(self) -> list[Specimen]:
        """What is wrong in the example estate; what a grown one has besides is not listed."""
        return self._estate.specimens

    @property
    def hostile_names(self) -> list[HostileName]:
        """The objects whose names mean harm."""
        return self._estate.hostile

    @property
    def port(self) -> int:
        """The port, once the server runs."""
        return self._port

    @property
    def endpoints(self) -> dict[str, str]:
        """The URL of each source's API, once the server runs."""
        return {name: f"http://{LOOPBACK}:{self._port}/{name}/client/api" for name in self._estate.clouds}

    @property
    def credentials(self) -> dict[str, dict[str, tuple[str, str]]]:
        """API key and secret by source and account: `admin` (root), `auditor` (read-only admin), domain admins,
        users.
        """
        return {
            name: {account.name: (account.api_key, account.secret) for account in cloud.accounts}
            for name, cloud in self._estate.clouds.items()
        }

    def profiles(self, role: str = "auditor") -> list[dict[str, str]]:
        """Give name, endpoint, key and secret of `role`'s account on each source that has it.

        The name is the source's for the auditor, `source-role` for others. Raises ConfigError if no source knows the
        role.
        """
        profiles = [
            {
                "name": _section(source, role),
                "endpoint": self.endpoints[source],
                "key": pairs[role][0],
                "secret": pairs[role][1],
            }
            for source, pairs in self.credentials.items()
            if role in pairs
        ]
        if not profiles:
            account_names = sorted({name for pairs in self.credentials.values() for name in pairs})
            raise ConfigError(f"the sandbox has no account {role!r}; it has {', '.join(account_names)}")
        return profiles

    def write_profiles(self, path: str | Path) -> Path:
        """Write a `cloudstack.ini` of the `cs` client with a section for each account: `[prod]` and `[dr]` are the
        auditor's.
        """
        parser = configparser.ConfigParser(interpolation=None)
        for role in dict.fromkeys(["auditor", *(name for pairs in self.credentials.values() for name in pairs)]):
            for profile in self.profiles(role):
                parser[profile["name"]] = {key: profile[key] for key in ("endpoint", "key", "secret")}
        text = io.StringIO()
        parser.write(text)
        return write_text(Path(path), text.getvalue())

    def __enter__(self) -> Self:
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        self._server = self._new_server()
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="sandbox", daemon=True
        )
        self._thread.start()
        limit = time.monotonic() + START_LIMIT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > limit:
                listener.close()
                raise ConfigError(f"the sandbox did not start on port {self._port}; try another port")
            time.sleep(0.01)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()

    def run(self, ready: Callable[[Sandbox], None] | None = None) -> None:
        """Serve in this thread until interrupted; `ready` is called once the port is known. Raises ConfigError if it is
        taken.
        """
        listener = _listen(self._port)
        self._port = listener.getsockname()[1]
        if ready is not None:
            ready(self)
        self._new_server().run(sockets=[listener])

    def _new_server(self) -> uvicorn.Server:
        # Silent: uvicorn would log the cut connections of `Faults.cut` as mistakes, and query strings with signatures.
        return uvicorn.Server(
            uvicorn.Config(
                application(self._estate.clouds.values(), self.faults),
                lifespan="off",
                loop="asyncio",
                http="h11",
                ws="none",
                log_config=None,
                access_log=False,
                log_level="critical",
                timeout_graceful_shutdown=2,
            )
        )


def serve(
    port: int,
    *,
    vpcs: int | None = None,
    seed: int = 0,
    faults: Faults | None = None,
    profiles: str | Path | None = None,
    ready: Callable[[Sandbox], None] | None = None,
) -> None:
    """Serve the sandbox on `port` (0: a free one) until interrupted.

    Before the first answer the `cloudstack.ini` is written to `profiles` and `ready` is called with the sandbox, whose
    endpoints are then known. Raises ConfigError as Sandbox does.
    """

    def started(sandbox: Sandbox) -> None:
        if profiles is not None:
            sandbox.write_profiles(profiles)
        if ready is not None:
            ready(sandbox)

    Sandbox(vpcs, seed, faults=faults, port=port).run(started)


def _section(source: str, role: str) -> str:
    return source if role == "auditor" else f"{source}-{role}"


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"the sandbox cannot listen on {LOOPBACK}:{port}: {error.strerror}; choose another port, or 0 for a"
            " free one"
        ) from error
    listener.listen(128)
    return listener
