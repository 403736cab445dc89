"""`vpnaudit report`: the same judgement as `audit`, as a run folder; nothing is written for a mistake."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest

from vpnaudit.cli import report
from vpnaudit.cli.main import run
from vpnaudit.errors import ConfigError
from vpnaudit.explore import open_snapshot
from vpnaudit.report.causes import causes
from vpnaudit.report.options import ReportOptions


def test_a_mistyped_parameter_is_an_error_before_anything_is_written(snapshot: Path, work: Path) -> None:
    assert run(["report", str(snapshot), "--quiet", "-r", "least_sevrity=high"]) == 3
    assert not (work / "reports").exists()


@pytest.mark.parametrize("name", ["snapshot", "policy", "peers"])
def test_a_parameter_that_would_make_the_notebook_judge_something_else_is_refused(
    name: str, snapshot: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", str(snapshot), "--quiet", "-r", f"{name}=x"]) == 3
    assert f"give --{name} instead" in capsys.readouterr().err
    assert not (work / "reports").exists()


def test_a_parameter_is_a_name_and_a_value() -> None:
    assert report.parse_parameters(("a=1=2", "b=")) == {"a": "1=2", "b": ""}
    with pytest.raises(ConfigError, match="'c' has no '='"):
        report.parse_parameters(("a=1", "c"))


def test_the_verb_takes_its_defaults_from_the_options_of_a_report() -> None:
    defaults = {parameter.name: parameter.default for parameter in report.command.params}
    assert (defaults["policy"], defaults["out"]) == (ReportOptions().policy, ReportOptions().out)


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, Path("/c/vpnaudit")),
        ({"XDG_CACHE_HOME": "c", "HOME": "/h"}, Path("/h/.cache/vpnaudit")),
        ({"HOME": "/h"}, Path("/h/.cache/vpnaudit")),
        ({}, None),
    ],
)
def test_what_is_kept_between_reports_lies_in_the_users_cache(environ: dict[str, str], folder: Path | None) -> None:
    assert report._cache_folder(environ) == folder


@pytest.mark.slow
def test_report_and_audit_agree_about_far_ends_from_a_file(
    snapshot: Path, book: Path, work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far_ends = ["--peers", "peers.toml"]
    audit_code = run(["audit", str(snapshot), "--json", *far_ends])
    audit = json.loads(capsys.readouterr().out)
    report_code = run(["report", "--json", "--quiet", *far_ends])
    data = json.loads(capsys.readouterr().out)
    folder = Path(data["report"]).parent
    assert audit_code == report_code == 1
    assert {**data, "report": None, "snapshot": audit["snapshot"]} == audit
    facts = json.loads((folder / "run.json").read_text("utf-8"))
    assert facts["parameters"]["peers"] == "peers.toml"
    assert facts["manifest_sha256"] == audit["manifest_sha256"]
    notebook = nbformat.read(folder / "audit.ipynb", as_version=4)
    assert not [o for cell in notebook.cells for o in cell.get("outputs", []) if o.output_type in ("error", "stream")]
    page = (folder / "report.html").read_text("utf-8")
    assert f"<h1>{facts['verdict']}</h1>" in page
    wanted = causes(open_snapshot(snapshot, peers=[Path("peers.toml")]).audit)
    assert re.findall(r'<details class="cause"[^>]* id="c-(\w*)"', page) == list(wanted.index)
    assert "pfs-mismatch" in set(wanted["rule"]) | {finding["rule"] for finding in audit["findings"]}
    assert "vpnaudit report SNAPSHOT --policy cloudstack-baseline --peers peers.toml" in page
    assert "canary" not in page
