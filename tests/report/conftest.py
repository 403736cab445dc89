"""A report of the example cloud, made once a session, and a browser that fails loudly where there is none."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from vpnaudit.plan import remedies
from vpnaudit.report.folder import write_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from vpnaudit.audit import Audit

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def example_run(example_audit: Audit, example_snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the example cloud, as `vpnaudit report` writes it."""
    return write_run(example_audit, remedies(example_audit), snapshot=example_snapshot, out=tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = os.environ.get("VPNAUDIT_CHROMIUM", "/usr/bin/chromium")
    if not shutil.which(path):
        pytest.fail(f"There is no browser at {path}. `make test` installs Chromium; VPNAUDIT_CHROMIUM names another one.")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()
