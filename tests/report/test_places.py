"""Where notebooks and templates lie, and copies of notebooks that keep what their owner changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.errors import RenderError
from vpnaudit.report import places
from vpnaudit.report.parameters import declared_in
from vpnaudit.report.places import copy_notebooks, notebook, template_folder

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = ("audit", "connection", "estate")


def cells(name: str) -> list[dict[str, Any]]:
    return json.loads(notebook(name).read_text("utf-8"))["cells"]


def test_copies_take_the_snapshot_and_keep_what_was_changed(tmp_path: Path) -> None:
    first = list(copy_notebooks(tmp_path / "work", {"snapshot": "/snapshots/it's here"}))
    assert [path.stem for path in first] == sorted(NOTEBOOKS)
    content = json.loads(first[0].read_text("utf-8"))
    content["cells"][0]["source"] = ["# mine\n"]
    first[0].write_text(json.dumps(content), "utf-8")
    copy_notebooks(tmp_path / "work", {"snapshot": "/snapshots/second"})
    again = json.loads(first[0].read_text("utf-8"))
    assert again["cells"][0]["source"] == ["# mine\n"]
    parameters = "".join(again["cells"][1]["source"])
    assert "snapshot: str = '/snapshots/second'  # folder that vpnaudit collect wrote\n" in parameters
    assert list(declared_in(parameters)) == list(declared_in("".join(cells("audit")[1]["source"])))


def test_a_notebook_that_does_not_exist_gives_those_that_do() -> None:
    with pytest.raises(RenderError, match="There are: audit, connection, estate"):
        notebook("audti")


def test_a_broken_installation_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "vpnaudit")
    with pytest.raises(RenderError, match="--force-reinstall"):
        template_folder("report")


def test_templates_of_an_installed_package_go_before_those_of_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("vpnaudit/_templates", "templates"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(places, "_PACKAGE", tmp_path / "vpnaudit")
    assert template_folder("report") == tmp_path / "vpnaudit" / "_templates" / "report"


@given(st.text(), st.sampled_from(["", "  # folder"]))
def test_any_value_comes_back_from_its_line(value: str, comment: str) -> None:
    line = places._with_value(f'snapshot: str = "x"{comment}\n', {"snapshot": value})
    names: dict[str, Any] = {}
    exec(line, names)  # our own line
    assert names["snapshot"] == value
    assert line.endswith(f"{comment}\n")


def test_a_line_of_another_parameter_stays() -> None:
    assert places._with_value("policy: str = 'a'\n", {"snapshot": "x"}) == "policy: str = 'a'\n"
