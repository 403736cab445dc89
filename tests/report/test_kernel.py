"""The kernel of a report: no key of the caller, no port that others reach."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import pytest

from vpnaudit.report import kernel


def test_no_key_reaches_it_and_it_runs_this_vpnaudit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CLOUDSTACK_SECRET", "VPNAUDIT_SMTP_PASSWORD"):
        monkeypatch.setenv(name, "canary")
    monkeypatch.setenv("PYTHONPATH", "/mine")
    environment = kernel._environment(tmp_path)
    assert "canary" not in environment.values()
    assert environment["PYTHONPATH"].split(":") == [str(Path(kernel.__file__).parents[2]), "/mine"]
    assert environment["IPYTHONDIR"].startswith(str(tmp_path))
    assert "PATH" in environment


@pytest.mark.parametrize(("depth", "transport"), [(0, "ipc"), (90, "tcp")])
def test_it_talks_over_sockets_of_its_folder_where_their_names_fit(depth: int, transport: str) -> None:
    with tempfile.TemporaryDirectory(prefix="vpnaudit-") as name:  # short, unlike pytest's own
        folder = Path(name) / ("x" * depth)
        folder.mkdir(exist_ok=True)
        manager = kernel.manager_in(folder)(transport="tcp")
        assert manager.kernel_spec.argv[0] == sys.executable
        asyncio.run(manager._async_pre_start_kernel())
        assert manager.transport == transport
        assert Path(manager.connection_file).parent == folder
