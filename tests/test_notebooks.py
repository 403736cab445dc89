"""The notebooks: thin, committed without outputs, and each runs to its end on a small estate, offline, in papermill and
in JupyterLab.
"""

from __future__ import annotations

import ast
import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from tests.estates import estate
from tests.report.chromium import chromium
from vpnaudit.explore import open_snapshot
from vpnaudit.report.execution import execute
from vpnaudit.report.options import ReportOptions
from vpnaudit.report.parameters import declared_in
from vpnaudit.report.places import copy_notebooks, notebook
from vpnaudit.report.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext

NOTEBOOKS = ("audit", "connection", "estate")
TYPES = {"str", "int", "float", "bool"}
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.With, ast.Try, ast.Lambda)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two connections, one of them old-fashioned, and a hostile name."""
    case: dict[str, Any] = {
        "vpcs": [{"id": "p1", "name": "<script>alert(1)</script>"}],
        "vpn_gateways": [{"id": "v1"}],
        "customer_gateways": [{"id": "g1", "dpd": False, "ike_version": "ikev1"}, {"id": "g2"}],
        "connections": [
            {"id": "c1", "ike_version": "ikev1"},
            {"id": "c2", "customer_gateway_id": "g2", "cidr_list": "10.9.0.0/16"},
        ],
    }
    place = tmp_path_factory.mktemp("snapshots") / "small"
    estate(case).save(place)
    return place


def cells(name: str) -> list[dict[str, Any]]:
    return json.loads(notebook(name).read_text("utf-8"))["cells"]


def code(name: str) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(name) if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", NOTEBOOKS)
class TestThin:
    def test_no_cell_is_longer_than_five_lines(self, name: str) -> None:
        assert all(len([line for line in source.splitlines() if line.strip()]) <= 5 for source in code(name))

    def test_nothing_is_defined_looped_or_imported_but_vpnaudit(self, name: str) -> None:
        for source in code(name):
            for node in ast.walk(ast.parse(source)):
                assert not isinstance(node, FORBIDDEN), source
                if isinstance(node, ast.Import):
                    assert {alias.name for alias in node.names} == {"vpnaudit"}
                if isinstance(node, ast.ImportFrom):
                    assert (node.module or "").split(".")[0] == "vpnaudit"

    def test_is_committed_without_outputs(self, name: str) -> None:
        for cell in cells(name):
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None

    def test_parameters_are_tagged_annotated_and_explained(self, name: str) -> None:
        (source,) = [
            "".join(cell["source"]) for cell in cells(name) if "parameters" in cell["metadata"].get("tags", [])
        ]
        declared = declared_in(source)
        assert {"snapshot", "policy"} <= set(declared)
        assert set(declared.values()) <= TYPES
        assert all("  # " in line for line in source.splitlines())

    def test_is_a_valid_notebook(self, name: str) -> None:
        nbformat.validate(nbformat.read(notebook(name), as_version=4))


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_runs_to_its_end(name: str, snapshot: Path, tmp_path: Path) -> None:
    report = render(open_snapshot(snapshot), snapshot, tmp_path / "run", ReportOptions(notebook=name))
    ran = nbformat.read(tmp_path / "run" / f"{name}.ipynb", as_version=4)
    outputs = [output for cell in ran.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type in ("error", "stream")], (
        "nothing failed and nothing was written to its log"
    )
    text = report.read_text("utf-8")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def outputs_by_cell(cells: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """What each code cell shows, by its source: how cells are numbered and when they ran is no part of it."""
    return {
        "".join(cell["source"]): [output.get("data", output) for output in cell["outputs"]]
        for cell in cells
        if cell["cell_type"] == "code"
    }


def run_here(name: str, snapshot: Path, target: Path, **more: str) -> dict[str, list[Any]]:
    execute(notebook(name), target, {"snapshot": str(snapshot), **more})
    return outputs_by_cell(nbformat.read(target, as_version=4).cells)


@pytest.mark.slow
def test_plain_papermill_runs_it_to_the_outputs_of_a_report_and_shows_an_unknown_name(
    snapshot: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.ipynb"
    given = ["-p", "snapshot", str(snapshot), "-p", "snpshot", "x"]
    command = [sys.executable, "-m", "papermill", str(notebook("audit")), str(out), *given, "--no-progress-bar"]
    subprocess.run(command, check=True, capture_output=True, cwd=notebook("audit").parents[1])
    assert "<code>snpshot</code>" in out.read_text("utf-8")
    ours = run_here("audit", snapshot, tmp_path / "ours.ipynb", snpshot="x")
    assert outputs_by_cell(nbformat.read(out, as_version=4).cells) == ours


@contextmanager
def jupyterlab(root: Path) -> Iterator[str]:
    """JupyterLab on a free port of loopback; gives the address with `{}` for a path. It always ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [
        f"--ServerApp.root_dir={root}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
    ]
    options += [
        f"--IdentityProvider.token={token}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.expose_app_in_browser=True",
    ]
    log = root.parent / "lab.log"
    with log.open("w") as file:
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options]
        server = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}{{}}?token={token}"
            deadline = time.monotonic() + 120
            while not answers(address.format("/api/status")):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.3)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(20)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return reply.status == 200
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


@pytest.fixture(scope="module")
def lab(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab over the notebooks as `vpnaudit notebook` lays them out."""
    if shutil.which("jupyter-lab", path=str(Path(sys.executable).parent)) is None:
        pytest.fail("JupyterLab is not installed beside this Python: pip install -e '.[lab,dev]'.")
    work = tmp_path_factory.mktemp("lab") / "work"
    copy_notebooks(work, {"snapshot": str(snapshot)})
    with jupyterlab(work) as address:
        yield address


# What the menu's "Run All Cells" does; its promise is kept once the last cell has ended. The page itself draws only the
# cells in view.
RUN_ALL = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.sessionContext.ready;
  await window.jupyterapp.commands.execute("notebook:run-all-cells");
  return panel.content.model.toJSON().cells.filter(cell => cell.cell_type === "code");
}"""
OPEN = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"


@pytest.fixture(scope="module")
def window(lab: str) -> Iterator[BrowserContext]:
    """A window that keeps JupyterLab's own files, which take longer than a notebook. Only these tests may follow, as
    `chromium` says.
    """
    with chromium() as browser:
        yield browser.new_context(viewport={"width": 1400, "height": 1000})


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_jupyterlab_runs_it_to_the_outputs_of_a_report(
    name: str, lab: str, window: BrowserContext, snapshot: Path, tmp_path: Path
) -> None:
    elsewhere: list[str] = []
    base = lab.partition("{")[0]
    allowed = (base, base.replace("http", "ws"), "data:", "blob:")
    page = window.new_page()
    page.set_default_timeout(300_000)
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(allowed) else None)
    page.goto(lab.format(f"/lab/tree/{name}.ipynb") + "&reset")
    page.wait_for_function(OPEN)
    ran = page.evaluate(RUN_ALL)
    page.locator(".jp-OutputArea-output .vpnaudit").first.wait_for(state="attached")
    page.close()
    assert [cell["source"] for cell in ran if not cell["execution_count"]] == []
    assert [output["ename"] for cell in ran for output in cell["outputs"] if output["output_type"] == "error"] == []
    assert len(ran) == len(code(name))
    ours = run_here(name, snapshot, tmp_path / "ours.ipynb")
    theirs = outputs_by_cell(ran)
    shared = ours.keys() & theirs.keys()
    assert len(shared) == len(ran) - 1, "all but the cell of parameters, which the menu's copy has set"
    assert {source: theirs[source] for source in shared} == {source: ours[source] for source in shared}
    assert elsewhere == []
