"""The kernel that runs a report: this interpreter, this vpnaudit, no listening port, none of the caller's keys."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

_PACKAGE_HOME = str(Path(__file__).resolve().parents[2])
_SECRET_PREFIXES = ("CLOUDSTACK_", "VPNAUDIT_")
_SOCKET_PATH_MAX = 80  # the system's limit is 104 on macOS and 108 on Linux, and a name and a number follow


def manager_in(folder: Path) -> type[AsyncKernelManager]:
    """A kernel manager whose kernels keep their sockets and state in `folder`, which its owner alone can enter and
    removes afterwards.

    Notebook runners look a kernel up by name among those installed, which may be another Python, or none at all where
    vpnaudit came as a wheel. This one starts the interpreter that runs now. It talks over sockets in `folder` rather
    than over TCP ports that every user of the machine can reach; Windows has no such sockets, so there it stays with
    TCP.
    """

    class ReportKernel(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            quiet = ["--HistoryManager.enabled=False", "--log-level=ERROR"]
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", *quiet]
            return KernelSpec(argv=argv, display_name="Python", language="python", interrupt_mode="signal")

        async def _async_pre_start_kernel(self, **options: Any) -> tuple[list[str], dict[str, Any]]:
            name = uuid.uuid4().hex[:8]
            self.connection_file = str(folder / f"{name}.json")
            if sys.platform != "win32" and len(str(folder)) < _SOCKET_PATH_MAX:
                self.transport = "ipc"
                self.ip = str(folder / name)
            options["env"] = _environment(folder)
            return await super()._async_pre_start_kernel(**options)

    return ReportKernel


def _environment(folder: Path) -> dict[str, str]:
    """What the kernel sees: no key of a cloud or a mail server, no start-up scripts of the user's own IPython."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET_PREFIXES)}
    paths = [_PACKAGE_HOME, *filter(None, [variables.get("PYTHONPATH")])]
    return variables | {"PYTHONPATH": os.pathsep.join(paths), "IPYTHONDIR": str(folder / "ipython")}
