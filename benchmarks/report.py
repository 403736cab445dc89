"""What a report costs beside stock papermill and nbconvert of the same notebook, and how a large one opens.

    python -m benchmarks.report [--pairs 2] [--vpcs 350] [--snapshot FOLDER] [--no-browser]

CPU seconds, user and system, of a process with all its children, which a busy machine stretches less than the time on
the wall: `vpnaudit report` in a fresh process, which also writes the exports and prints the judgement, and in turn
`papermill` and `jupyter nbconvert`, as anybody would call them. The least of the pairs counts.

The second part renders an estate of about 500 connections and opens it in Chromium beside the example's report: until
its figures are drawn, and until a filter has been applied.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect_estate
from vpnaudit.report.places import notebook
from vpnaudit.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BIN = Path(sys.executable).parent
CHROMIUM = "/usr/bin/chromium"
_MAY_FIND = (0, 1, 2)


def cpu_seconds(*command: str | Path) -> float:
    """Of one command with all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in _MAY_FIND or "Traceback" in done.stderr:
        sys.exit(done.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def collected(folder: Path, vpcs: int | None) -> Path:
    """A snapshot of the example cloud, grown to so many VPCs."""
    with Sandbox(vpcs=vpcs) as sandbox:
        collect_estate([Profile(**given) for given in sandbox.profiles("auditor")]).save(folder)
    return folder


def ours(snapshot: Path, folder: Path) -> float:
    """A run folder by this package."""
    return cpu_seconds(BIN / "vpnaudit", "report", snapshot, "--out", folder, "--quiet")


def stock(snapshot: Path, folder: Path) -> float:
    """The same notebook by papermill and nbconvert."""
    executed = folder / "stock.ipynb"
    options = ["-p", "snapshot", snapshot, "--no-progress-bar"]
    return cpu_seconds(sys.executable, "-m", "papermill", notebook("audit"), executed, *options) + cpu_seconds(
        sys.executable, "-m", "nbconvert", "--to", "html", executed
    )


def seconds_to_use(browser: Browser, report: Path) -> float:
    """Until the figures are drawn and one severity is filtered for."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(300_000)
    start = time.monotonic()
    page.goto(report.as_uri())
    page.wait_for_selector("html[data-drawn]")
    page.locator(".filters input[value=critical]").uncheck()
    page.wait_for_function("!document.querySelector('.cause[data-severity=critical]:not([hidden])')")
    seconds = time.monotonic() - start
    page.close()
    return seconds


def opened(reports: list[Path]) -> list[float]:
    """The least of three for each report, in turn."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is asked for

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        times = [[seconds_to_use(browser, report) for report in reports] for _ in range(3)]
        browser.close()
    return [min(column) for column in zip(*times, strict=True)]


def report_in(folder: Path) -> Path:
    """The one report below a folder, the newest."""
    return max(folder.glob("*/*/report.html"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="A report beside stock papermill and nbconvert.")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--vpcs", type=int, default=350, help="of the large estate (350: about 500 connections)")
    parser.add_argument("--snapshot", type=Path, help="the snapshot to report (default: the example is collected)")
    parser.add_argument("--no-browser", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot = options.snapshot or collected(folder / "example", None)
        ours(snapshot, folder / "small")  # packs plotly.js, once for this version of it
        pairs = [(ours(snapshot, folder / "small"), stock(snapshot, folder)) for _ in range(options.pairs)]
        for mine, theirs in pairs:
            print(f"vpnaudit report: {mine:.2f} CPU seconds; papermill and nbconvert: {theirs:.2f}", flush=True)
        mine, theirs = (min(column) for column in zip(*pairs, strict=True))
        text = f"one report: {mine:.2f} CPU seconds, {mine / theirs:.2f} x papermill and nbconvert ({theirs:.2f})"
        if not options.no_browser:
            large_s = ours(collected(folder / "grown", options.vpcs), folder / "large")
            reports = [report_in(folder / "small"), report_in(folder / "large")]
            small, large = opened(reports)
            connections = connection_count(reports[1])
            text += (
                f"; {connections} connections: {large_s:.1f} CPU seconds, {reports[1].stat().st_size / 1e6:.2f} MB,"
                f" opened and filtered in {large:.2f} s, {large / small:.2f} x the example's {small:.2f} s"
            )
        print(text)


def connection_count(report: Path) -> int:
    """As the run's facts have it."""
    return int(json.loads((report.parent / "run.json").read_text("utf-8"))["connections"])


if __name__ == "__main__":
    main()
