"""One end of the tunnel: starter and charon of Debian's packages, in namespaces of their own.

They see a private `/etc/ipsec.conf`, `ipsec.secrets`, `ipsec.d`, `strongswan.conf`, `hosts` and `/run` laid over the
host's; the host's own are neither read nor written.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from vpnaudit.errors import LabError
from vpnaudit.evidence.statusall import Status, read_status
from vpnaudit.lab.configuration import EndFiles, strongswan_conf
from vpnaudit.lab.namespaces import Namespace, bind_mounts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STARTER: Final = "/usr/lib/ipsec/starter"
STROKE: Final = "/usr/lib/ipsec/stroke"
_SUBFOLDERS: Final = ("aacerts", "acerts", "cacerts", "certs", "crls", "ocspcerts", "policies", "private", "reqs")
_POLL_S: Final = 0.05
_START_S: Final = 30.0
_LOAD_S: Final = 5.0


class End:
    """One end. Made, it has its namespaces and files; `start` runs the daemons; closing ends everything.

    Args:
        place: a folder of its own for the files.
        files: what stands under its `/etc`.
        hosts: names that it can resolve, with their addresses; no other name resolves, since there is no network but
            the lab's.

    Raises:
        LabError: no namespace, or no room for the files.
    """

    def __init__(self, place: Path, files: EndFiles, hosts: Mapping[str, str]) -> None:
        self.place, self.files = place, files
        try:
            self._write(hosts)
        except OSError as error:
            raise LabError(
                f"The lab could not write {error.filename or place}: {error.strerror}. Make room there, or set TMPDIR."
            ) from None
        over = ("ipsec.conf", "ipsec.secrets", "ipsec.d", "strongswan.conf", "hosts")
        mounts = bind_mounts({place / name: f"/etc/{name}" for name in over} | {place / "run": "/run"})
        self.namespace = Namespace(mounts)

    def _write(self, hosts: Mapping[str, str]) -> None:
        (self.place / "run").mkdir(parents=True)
        for name in _SUBFOLDERS:
            (self.place / "ipsec.d" / name).mkdir(parents=True)
        lines = "".join(f"{address} {name}\n" for name, address in hosts.items())
        for name, text in {
            **self.files.files,
            "strongswan.conf": strongswan_conf(),
            "hosts": f"127.0.0.1 localhost\n{lines}",
        }.items():
            (self.place / name).write_text(text, encoding="utf-8")

    def close(self) -> None:
        """End the daemons and their namespaces."""
        self.namespace.close()

    def launch(self) -> None:
        """Run starter, which runs charon and loads the connections."""
        self.namespace.must("sh", "-c", f"{STARTER} --nofork >/run/starter.log 2>&1 </dev/null &")

    def ready(self) -> None:
        """Wait until the connections are loaded.

        One that strongSwan refuses is not waited for long; `status().loaded` tells.

        Raises:
            LabError: charon does not come up.
        """
        deadline = time.monotonic() + _START_S
        while self.namespace.run(STROKE, "statusall").returncode:
            if time.monotonic() > deadline:
                raise LabError(
                    f"charon did not start in the lab. Its last lines: {' | '.join(self.log().splitlines()[-3:])}"
                )
            time.sleep(_POLL_S)
        deadline = time.monotonic() + _LOAD_S
        while not self.status().loaded >= set(self.files.connections) and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def stroke(self, *words: str) -> str:
        """Run `stroke`, which is what `ipsec` runs, and return what it printed."""
        result = self.namespace.run(STROKE, *words)
        return result.stdout + result.stderr

    def statusall(self) -> str:
        """What `ipsec statusall` says."""
        return self.stroke("statusall")

    def status(self) -> Status:
        """The same, read."""
        return read_status(self.statusall())

    def log(self) -> str:
        """All that starter and charon have logged so far."""
        texts = []
        for name in ("starter.log", "charon.log"):
            try:
                texts.append((self.place / "run" / name).read_text(encoding="utf-8", errors="replace"))
            except FileNotFoundError:
                continue
        return "".join(texts)
