"""The system's Chromium, which fails loudly where it is missing."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Its event loop runs as long, so nothing that starts a loop of its own can be called: collect
    and render before.
    """
    from playwright.sync_api import sync_playwright

    path = os.environ.get("VPNAUDIT_CHROMIUM", "/usr/bin/chromium")
    if not shutil.which(path):
        pytest.fail(
            f"There is no browser at {path}. `make test` installs Chromium; VPNAUDIT_CHROMIUM names another one."
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield running
        finally:
            running.close()
