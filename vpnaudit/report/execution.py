"""Runs the cells of a notebook in this process, and leaves the outputs that a kernel would leave.

A kernel costs what it imports, pandas first of all, and judges what this process has judged already. The executed
notebook is a notebook like any other; papermill and JupyterLab run the same file to the same outputs.
"""

from __future__ import annotations

import ast
import io
import json
import linecache
import logging
import traceback
import warnings
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vpnaudit.private_files import write_text
from vpnaudit.report.parameters import INJECTED, PARAMETERS_TAG

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

INJECTED_TAG = "injected-parameters"


class CellFailure(Exception):  # noqa: N818 - it is what happened in a notebook, and becomes a RenderError
    """A cell raised `cause`; cells are counted from 1."""

    def __init__(self, cell: int, cause: Exception) -> None:
        self.cell, self.cause = cell, cause
        super().__init__(f"cell {cell}: {type(cause).__name__}")


def execute(source: Path, target: Path, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Run the notebook with these parameters; returns it with its outputs, and leaves it at `target`, as far as it ran
    where a cell fails. Raises `CellFailure`.
    """
    notebook = _with_parameters(_joined(json.loads(source.read_text("utf-8"))), parameters)
    began = datetime.now(UTC)
    failure = _run(notebook["cells"])
    # As papermill notes a run, so that what reads its notebooks reads these.
    notebook["metadata"]["papermill"] = {
        "parameters": dict(parameters),
        "start_time": began.isoformat(),
        "end_time": datetime.now(UTC).isoformat(),
        "exception": failure is not None,
    }
    write_text(target, json.dumps(_split(notebook), indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    if failure is not None:
        raise failure
    return notebook


def _run(cells: list[dict[str, Any]]) -> CellFailure | None:
    """Run the cells in order until one fails."""
    runner = _Runner()
    for number, cell in enumerate(cells, 1):
        if cell["cell_type"] == "code" and cell["source"].strip():
            cause = runner.run(cell)
            if cause is not None:
                return CellFailure(number, cause)
    return None


def injected(parameters: Mapping[str, Any]) -> str:
    """The cell that sets parameters, as papermill writes it."""
    return f"{INJECTED}\n" + "".join(f"{name} = {_literal(value)}\n" for name, value in parameters.items())


def _literal(value: Any) -> str:
    if not isinstance(value, str):
        return repr(value)
    escaped = value.encode("unicode_escape").decode("ascii").replace('"', r"\"")
    return f'"{escaped}"'


class _Runner:
    """The cells that ran share a namespace; IPython keeps their sources in it as `In`, which a notebook may read."""

    def __init__(self) -> None:
        from IPython.core.formatters import DisplayFormatter  # noqa: PLC0415 - an audit needs no IPython

        self._formatter: Any = DisplayFormatter()
        self._sources = [""]
        self._namespace: dict[str, Any] = {"__name__": "__main__", "In": self._sources}

    def run(self, cell: dict[str, Any]) -> Exception | None:
        """Run a cell and put its outputs into it; gives what it raised."""
        self._sources.append(cell["source"])
        count = cell["execution_count"] = len(self._sources) - 1
        outputs: list[dict[str, Any]] = []
        cell["outputs"] = outputs
        failure, result = None, None
        with _streams(outputs):
            try:
                result = self._evaluated(cell["source"], f"<cell {count}>")
            except Exception as error:  # noqa: BLE001 - whatever a cell raises ends the notebook, and stands in it
                failure = error
        if failure is not None:
            outputs.append(_error(failure))
        elif result is not None:
            data, metadata = self._formatter.format(result)
            outputs.append(
                {"output_type": "execute_result", "execution_count": count, "data": data, "metadata": metadata}
            )
        return failure

    def _evaluated(self, source: str, name: str) -> Any:
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for tracebacks
        body = ast.parse(source, name).body
        last = body[-1] if body else None
        expression = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
        statements = ast.Module(body[:-1] if expression else body, [])
        exec(compile(statements, name, "exec"), self._namespace)  # noqa: S102 - notebooks are code of this package
        return eval(compile(expression, name, "eval"), self._namespace) if expression else None  # noqa: S307 - the same


@contextmanager
def _streams(outputs: list[dict[str, Any]]) -> Iterator[None]:
    """What is printed in this block, and then what is warned or logged, as outputs of a cell.

    The error stream itself is left alone: the progress line is drawn on it meanwhile.
    """
    printed, noted = io.StringIO(), io.StringIO()

    def note(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any) -> None:
        noted.write(warnings.formatwarning(message, category, filename, lineno))

    handler = logging.StreamHandler(noted)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stdout(printed), warnings.catch_warnings():
            warnings.showwarning = note
            yield
    finally:
        logging.getLogger().removeHandler(handler)
        for name, stream in (("stdout", printed), ("stderr", noted)):
            if stream.getvalue():
                outputs.append({"output_type": "stream", "name": name, "text": stream.getvalue()})


def _error(error: Exception) -> dict[str, Any]:
    own = error.__traceback__.tb_next.tb_next if error.__traceback__ and error.__traceback__.tb_next else None
    lines = traceback.format_exception(type(error), error, own)
    return {
        "output_type": "error",
        "ename": type(error).__name__,
        "evalue": str(error),
        "traceback": [line.rstrip("\n") for line in lines],
    }


def _with_parameters(notebook: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The notebook with a cell that sets the parameters, after the one that declares them."""
    cells = notebook["cells"]
    place = next(i for i, cell in enumerate(cells, 1) if PARAMETERS_TAG in cell["metadata"].get("tags", []))
    cell: dict[str, Any] = {
        "cell_type": "code",
        "execution_count": None,
        "id": INJECTED_TAG,
        "metadata": {"tags": [INJECTED_TAG]},
        "outputs": [],
        "source": injected(parameters),
    }
    return notebook | {"cells": [*cells[:place], cell, *cells[place:]]}


def _joined(notebook: dict[str, Any]) -> dict[str, Any]:
    """Sources as texts; the file has them as lists of lines."""
    return notebook | {"cells": [cell | {"source": "".join(cell["source"])} for cell in notebook["cells"]]}


def _split(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook as its file has it: texts as lists of lines, so that two versions can be compared."""
    return notebook | {"cells": [_split_cell(cell) for cell in notebook["cells"]]}


def _split_cell(cell: dict[str, Any]) -> dict[str, Any]:
    split = cell | {"source": _lines(cell["source"])}
    return split | {"outputs": [_split_output(output) for output in cell["outputs"]]} if "outputs" in cell else split


def _split_output(output: dict[str, Any]) -> dict[str, Any]:
    if "text" in output:
        return output | {"text": _lines(output["text"])}
    data = output.get("data", {})
    texts = {mime: _lines(value) for mime, value in data.items() if isinstance(value, str)}
    return output | {"data": data | texts} if texts else output


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
