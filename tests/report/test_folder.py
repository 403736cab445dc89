"""The run folder: complete, findable by hostile names, visible when it failed."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.report.explorations import judged
from vpnaudit.audit import audit
from vpnaudit.errors import ConfigError, RenderError
from vpnaudit.estate import TABLES, Estate
from vpnaudit.policy import load
from vpnaudit.report import folder
from vpnaudit.report.folder import write_run
from vpnaudit.report.options import ReportOptions
from vpnaudit.rules import get

if TYPE_CHECKING:
    from pathlib import Path

    from vpnaudit.audit import Audit


def small(source: str = "s1") -> Audit:
    row = {"source": source, "cloudstack_version": "4.22.0.0", "collected_utc": "2026-11-24T08:00:00+0000"}
    return audit(Estate({"sources": TABLES["sources"].frame([row])}), load(), rules=[get("version-unsupported")])


def written(judgement: Audit, *, out: Path, **options: Any) -> Path:
    """The run folder of this judgement; nothing is read from the snapshot."""
    return write_run(judged(judgement), out, ReportOptions(out=out, **options)).folder


@pytest.mark.slow
class TestARun:
    def test_holds_what_it_lists(self, example_run: Path) -> None:
        facts = json.loads((example_run / "run.json").read_text("utf-8"))
        files = {path.name for path in example_run.iterdir()} - {"run.json"}
        assert set(facts["files"]) == files
        assert {
            "report.html",
            "audit.ipynb",
            "findings.csv",
            "findings.parquet",
            "coverage.csv",
            "coverage.parquet",
        } == files
        for name, file in facts["files"].items():
            data = (example_run / name).read_bytes()
            assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())

    def test_says_what_the_report_says(self, example_run: Path, example_audit: Audit, example_estate: Estate) -> None:
        facts = json.loads((example_run / "run.json").read_text("utf-8"))
        page = (example_run / "report.html").read_text("utf-8")
        assert facts["status"] == "complete"
        assert facts["manifest_sha256"] == example_estate.digest
        assert facts["manifest_sha256"] in page
        assert f"<h1>{facts['verdict']}</h1>" in page
        assert facts["verdicts"] == example_audit.counts
        assert facts["severities"] == example_audit.by_severity
        assert facts["exit_code"] == example_audit.exit_code
        assert [facts["connections_clear"], facts["connections"]] == list(example_audit.clear_connections)
        assert len(facts["gaps"]) == len(example_estate["gaps"])

    def test_is_named_by_sources_and_time(self, example_run: Path) -> None:
        assert example_run.parent.name == "dr-prod"
        pd.to_datetime(example_run.name, format="%Y%m%dT%H%M%SZ")


@pytest.fixture
def no_render(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs without a notebook: it and the report are two small files."""

    def write(exploration, snapshot, run, options, **_):
        (run / f"{options.notebook}.ipynb").write_text("{}")
        (run / "report.html").write_text("<title></title>")
        return run / "report.html"

    monkeypatch.setattr(folder, "render", write)


@pytest.mark.parametrize("source", ["../../etc", "/", "..", "a/b\\c", "x" * 300, "\u202eevil\n", "<script>"])
def test_no_source_name_leaves_the_folder(no_render, tmp_path: Path, source: str) -> None:
    run = written(small(source), out=tmp_path / "reports")
    assert run.parent.parent == tmp_path / "reports"
    assert run.resolve().is_relative_to((tmp_path / "reports").resolve())
    assert len(run.parent.name) <= 60


def test_runs_of_one_second_are_folders_of_their_own(tmp_path: Path) -> None:
    at = datetime(2026, 11, 24, 8, tzinfo=UTC)
    names = [folder._make(tmp_path, at).name for _ in range(3)]
    assert names == ["20261124T080000Z", "20261124T080000Z-2", "20261124T080000Z-3"]
    for number in range(4, 1000):
        (tmp_path / f"20261124T080000Z-{number}").mkdir()
    with pytest.raises(RenderError, match="in a loop"):
        folder._make(tmp_path, at)


def test_a_scope_names_the_folder(no_render, tmp_path: Path) -> None:
    assert written(small(), out=tmp_path, scope="acme/emea").parent.name == "acme-emea"


def test_a_failed_notebook_leaves_a_run_that_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(exploration, snapshot, run, options, **_):
        (run / f"{options.notebook}.ipynb").write_text("{}")
        raise RenderError("Notebook audit failed in cell 4: KeyError: 'x'", notebook=str(run), cell=4)

    monkeypatch.setattr(folder, "render", fail)
    with pytest.raises(RenderError, match="cell 4"):
        written(small(), out=tmp_path / "reports")
    (run,) = (tmp_path / "reports" / "s1").iterdir()
    facts = json.loads((run / "run.json").read_text("utf-8"))
    assert (facts["status"], facts["cell"]) == ("failed", 4)
    assert "audit.ipynb" in facts["files"]
    assert "findings.csv" in facts["files"]


def test_a_wrong_parameter_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no parameter 'leastseverity'; did you mean 'least_severity'\?"):
        written(small(), out=tmp_path / "reports", parameters={"leastseverity": "high"})
    assert not (tmp_path / "reports").exists()
