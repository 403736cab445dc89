"""Rendering: a mistake is known before anything runs, a failure leaves the notebook as far as it ran."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tests.report.explorations import explored
from vpnaudit.errors import ConfigError, RenderError
from vpnaudit.report import views
from vpnaudit.report.options import ReportOptions
from vpnaudit.report.render import checked_parameters, render


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConfigError("Advice."), r"cell 5: ConfigError: Advice\.\n"),
        (ValueError("a tenant's name"), r"cell 5: ValueError\nThe notebook as far"),
    ],
)
def test_a_failing_cell_leaves_the_notebook_and_tells_of_others_errors_no_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(views, "summary", fail)
    steps: list[str] = []
    with pytest.raises(RenderError, match=words) as caught:
        render(explored("empty"), tmp_path, tmp_path / "run", on_progress=steps.append)
    assert caught.value.notebook == str(tmp_path / "run" / "audit.ipynb")
    ran = nbformat.read(caught.value.notebook, as_version=4)
    nbformat.validate(ran)
    outputs = [[output.output_type for output in cell.get("outputs", [])] for cell in ran.cells]
    assert outputs.index(["error"]) + 1 == caught.value.cell
    assert not any(outputs[caught.value.cell :]), "nothing ran after it"
    assert not (tmp_path / "run" / "report.html").exists()
    assert steps == ["running the notebook audit"]


def test_an_unknown_or_mistyped_parameter_is_an_error_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'least_severity'"):
        checked_parameters(tmp_path, ReportOptions(parameters={"least_sevrity": "high"}))
    with pytest.raises(ConfigError, match="is of type str"):
        render(explored("empty"), tmp_path, tmp_path / "run", ReportOptions(parameters={"least_severity": 3}))
    assert not (tmp_path / "run").exists()


def test_a_policy_file_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").touch()
    assert checked_parameters(tmp_path, ReportOptions("mine.toml"))["policy"] == str(tmp_path / "mine.toml")
    assert checked_parameters(tmp_path, ReportOptions())["policy"] == "cloudstack-baseline"
