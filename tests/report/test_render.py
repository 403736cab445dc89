"""Rendering: a mistake is known before anything runs, a failure leaves the notebook as far as it ran."""

from __future__ import annotations

from pathlib import Path

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from tests.estates import estate
from vpnaudit.errors import ConfigError, RenderError
from vpnaudit.report.options import ReportOptions
from vpnaudit.report.render import checked_parameters, render


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    estate({"vpcs": [{"id": "p1"}]}).save(tmp_path / "snapshot")
    return tmp_path / "snapshot"


@pytest.mark.slow
def test_a_wrong_value_stops_it_and_leaves_the_notebook_and_the_cell(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="is no snapshot") as caught:
        render(tmp_path / "nothing", tmp_path / "run")
    assert caught.value.cell is not None
    ran = nbformat.read(caught.value.notebook, as_version=4)
    failed = [
        number
        for number, cell in enumerate(ran.cells, 1)
        if any(o.output_type == "error" for o in cell.get("outputs", []))
    ]
    assert failed
    assert not (tmp_path / "run" / "report.html").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("ConfigError", r"cell 3: ConfigError: Advice\.\n"), ("ValueError", r"cell 3: ValueError\nThe notebook as far")],
)
def test_what_others_raise_is_told_without_its_values(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise PapermillExecutionError(2, 1, "x", name, "Advice.", [])

    monkeypatch.setattr(papermill, "execute_notebook", fail)
    with pytest.raises(RenderError, match=words):
        render(snapshot, tmp_path / "run")


def test_an_unknown_or_mistyped_parameter_is_an_error_before_anything_runs(snapshot: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'least_severity'"):
        render(snapshot, tmp_path / "run", ReportOptions(parameters={"least_sevrity": "high"}))
    with pytest.raises(ConfigError, match="is of type str"):
        render(snapshot, tmp_path / "run", ReportOptions(parameters={"least_severity": 3}))
    assert not (tmp_path / "run").exists()


def test_a_policy_file_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").touch()
    assert checked_parameters(tmp_path, ReportOptions("mine.toml"))["policy"] == str(tmp_path / "mine.toml")
    assert checked_parameters(tmp_path, ReportOptions())["policy"] == "cloudstack-baseline"


def test_whatever_papermill_raises_the_run_ends_with_its_reason(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no kernel")

    monkeypatch.setattr(papermill, "execute_notebook", fail)
    steps: list[str] = []
    with pytest.raises(RenderError, match=r"OSError: no kernel\. Is ipykernel installed") as caught:
        render(snapshot, tmp_path / "run", on_progress=steps.append)
    assert caught.value.notebook == str(tmp_path / "run" / "audit.ipynb")
    assert steps == ["running the notebook audit"]
