"""The wheel carries all it needs: a run from an empty folder; collecting and judging where no Jupyter can be
imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vpnaudit.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent

NO_JUPYTER = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("IPython", "ipykernel", "jupyter", "nbclient", "nbconvert", "nbformat", "papermill")):
            raise ImportError(name + " is not installed here")
sys.meta_path.insert(0, Refuse())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release is."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it depends on is lent by this one, the checkout is not."""
    place = tmp_path_factory.mktemp("installed") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    made = place / "bin" / "python"
    subprocess.run([made, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    packages = next(place.glob("lib/*/site-packages"))
    (packages / "lent.pth").write_text(
        sysconfig.get_paths()["purelib"] + "\n"
    )  # a path added so is searched, its own .pth files are not
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder with nothing but profiles of the example cloud."""
    with Sandbox() as sandbox:
        sandbox.write_profiles(tmp_path / "cloudstack.ini")
        yield tmp_path


def call(python: Path, folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUDSTACK", "PYTHON"))}
    command = [str(python), "-m", "vpnaudit", *words]
    return subprocess.run(command, cwd=folder, env=kept | environment, capture_output=True, text=True, check=False)


def test_notebooks_and_templates_travel_inside(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "vpnaudit/_notebooks/audit.ipynb" in names
    assert any(name.startswith("vpnaudit/_templates/report/") for name in names)
    assert any(name.startswith("vpnaudit/_templates/mail/") for name in names)
    assert any(name.endswith("cloudstack-baseline.toml") for name in names)
    assert not any(".ipynb_checkpoints" in name or "__pycache__" in name for name in names)


def test_the_whole_way_from_an_empty_folder(python: Path, folder: Path) -> None:
    where = call(python, folder, "--version")
    assert where.returncode == 0, where.stderr
    done = call(python, folder, "run", "-p", "prod", "--quiet")
    assert done.returncode == 2, done.stdout + done.stderr
    run = next(folder.glob("reports/prod/*/run.json")).parent
    assert {"report.html", "audit.ipynb", "findings.csv", "coverage.csv", "findings.parquet", "coverage.parquet"} <= {
        p.name for p in run.iterdir()
    }


def test_collect_and_audit_need_no_jupyter(python: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(NO_JUPYTER)
    hook = {"PYTHONPATH": str(tmp_path / "hook")}
    assert (
        "not installed here"
        in subprocess.run(
            [python, "-c", "import papermill"], env=hook, capture_output=True, text=True, check=False
        ).stderr
    )
    collected = call(python, folder, "collect", "-p", "prod", "--quiet", **hook)
    assert collected.returncode == 2, collected.stderr
    snapshot = next(folder.glob("snapshots/prod/*"))
    judged = call(python, folder, "audit", str(snapshot), "--out", "judged", **hook)
    assert judged.returncode == 2, judged.stderr
    assert (folder / "judged" / "findings.csv").is_file()
