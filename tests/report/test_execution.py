"""Running a notebook: the outputs that a kernel leaves, in a file that any Jupyter reads."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from typing import TYPE_CHECKING, Any

import nbformat
import nbformat.v4 as form
import papermill.translators
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.report.execution import CellFailure, execute, injected

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path):
    """Run cells after one that declares x; gives what each of these cells left."""

    def run(*sources: str, **parameters: object) -> list[list[dict[str, Any]]]:
        declaring = form.new_code_cell("x: int = 1", metadata={"tags": ["parameters"]})
        cells = [declaring, *map(form.new_code_cell, sources)]
        (tmp_path / "n.ipynb").write_text(nbformat.writes(form.new_notebook(cells=cells)))
        try:
            executed = execute(tmp_path / "n.ipynb", tmp_path / "out.ipynb", parameters)
        finally:
            written = nbformat.read(tmp_path / "out.ipynb", as_version=4)
            nbformat.validate(written)
        assert [cell["source"] for cell in executed["cells"]] == [cell.source for cell in written.cells]
        return [cell["outputs"] for cell in executed["cells"][2:]]

    return run


def test_parameters_are_set_after_their_declaration_and_names_are_shared(run) -> None:
    assert [[o["data"]["text/plain"] for o in outputs] for outputs in run("y = x + 1", "y", x=5)] == [[], ["6"]]


def test_a_value_is_shown_as_it_shows_itself(run) -> None:
    shown = "class Shown:\n    def _repr_html_(self): return '<b>x</b>'\n    def __repr__(self): return 'x'\nShown()"
    ((output,), nothing) = run(shown, "None")
    assert output["data"] == {"text/html": "<b>x</b>", "text/plain": "x"}
    assert output["execution_count"] == 3
    assert nothing == []


def test_what_a_cell_prints_warns_and_logs_is_kept_and_the_progress_line_is_not(
    run, monkeypatch: pytest.MonkeyPatch
) -> None:
    stderr = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stderr)
    source = (
        "import logging, sys, warnings\nprint('said')\nprint('progress', file=sys.stderr)\n"
        "logging.getLogger('a').warning('logged')\nlogging.getLogger('a').info('hushed')\n"
        "warnings.simplefilter('always')\nwarnings.warn('warned')"
    )
    ((out, err),) = run(source)
    assert (out["name"], out["text"]) == ("stdout", "said\n")
    assert err["name"] == "stderr"
    assert "logged\n" in err["text"]
    assert "UserWarning: warned" in err["text"]
    assert "hushed" not in err["text"]
    assert "progress" in stderr.getvalue()


def test_nothing_of_it_stays_behind(run) -> None:
    before = (sys.stdout, warnings.showwarning, list(logging.getLogger().handlers), sys.modules["__main__"])
    run("import warnings\nwarnings.simplefilter('ignore')")
    assert (sys.stdout, warnings.showwarning, list(logging.getLogger().handlers), sys.modules["__main__"]) == before


@pytest.mark.parametrize(("source", "kind"), [("a = 1\na / 0", "ZeroDivisionError"), ("a b", "SyntaxError")])
def test_a_cell_that_fails_stands_with_its_lines_in_the_notebook(run, tmp_path: Path, source: str, kind: str) -> None:
    with pytest.raises(CellFailure, match=f"cell 4: {kind}") as caught:
        run("1", source, "2")
    assert type(caught.value.cause).__name__ == kind
    cells = json.loads((tmp_path / "out.ipynb").read_text("utf-8"))["cells"]
    (output,) = cells[3]["outputs"]
    assert output["ename"] == kind
    assert any(source.splitlines()[-1] in line for line in output["traceback"])
    assert "execution.py" not in "".join(output["traceback"]) or kind == "SyntaxError"
    assert cells[4]["outputs"] == []


VALUES = (
    st.text("a\"'\\\n\u202e\xe4{") | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
)


@given(st.dictionaries(st.sampled_from("abc"), VALUES))
def test_the_cell_of_parameters_is_the_one_that_papermill_writes(parameters: dict[str, Any]) -> None:
    namespace: dict[str, Any] = {}
    exec(injected(parameters), namespace)
    assert {name: namespace[name] for name in parameters} == parameters
    assert injected(parameters) == papermill.translators.PythonTranslator.codify(parameters)
