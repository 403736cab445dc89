"""A snapshot becomes a report: the notebook runs, and its outputs become one HTML file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit import errors
from vpnaudit.errors import RenderError
from vpnaudit.explore import at_hand
from vpnaudit.hostile import one_line
from vpnaudit.policy import BUILT_IN
from vpnaudit.private_files import make_folder, write_text
from vpnaudit.report.execution import CellFailure, execute
from vpnaudit.report.html import to_html
from vpnaudit.report.options import ReportOptions
from vpnaudit.report.parameters import PARAMETERS_TAG, accept, declared_in
from vpnaudit.report.places import REPORT, notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.explore import Exploration


def render(
    exploration: Exploration,
    snapshot: Path,
    folder: Path,
    options: ReportOptions = ReportOptions(),  # noqa: B008 - it is frozen
    *,
    on_progress: Callable[[str], None] | None = None,
) -> Path:
    """Run a notebook on `exploration`, which stands in the folder `snapshot` but for the far ends of `options.peers`;
    leave `<notebook>.ipynb` and `report.html` in `folder`, and return the path of the latter.

    Raises `ConfigError` for a parameter that the notebook does not have or cannot take, before it runs, and
    `RenderError` with the notebook as far as it ran and the number of the cell, counted from 1, where one fails.
    """
    tell = on_progress or (lambda _: None)
    parameters, name = checked_parameters(snapshot, options), options.notebook
    make_folder(folder)
    target = folder / f"{name}.ipynb"
    tell(f"running the notebook {name}")
    given = parameters["snapshot"], parameters["policy"], parameters.get("peers", "")
    try:
        with at_hand(exploration, *given):
            executed = execute(notebook(name), target, parameters)
    except CellFailure as failure:
        raise _render_error(failure, name, target) from failure.cause
    tell("writing the report")
    return write_text(folder / REPORT, to_html(executed, options.cache))


def checked_parameters(snapshot: Path, options: ReportOptions) -> dict[str, Any]:
    """The parameters of a report as the notebook's tagged cell declares them; see `parameters.accept`. A policy file is
    named by its absolute path.
    """
    cells = json.loads(notebook(options.notebook).read_text("utf-8"))["cells"]
    tagged = (cell for cell in cells if PARAMETERS_TAG in cell["metadata"].get("tags", []))
    declared = declared_in("".join(next(tagged)["source"]))
    parameters = accept(declared, options.all_parameters(snapshot), options.notebook)
    if options.policy not in BUILT_IN and Path(options.policy).is_file():
        parameters["policy"] = str(Path(options.policy).resolve())
    return parameters


def _render_error(failure: CellFailure, name: str, target: Path) -> RenderError:
    """Our own errors read like advice; what others say may quote an estate, and stands in the notebook alone."""
    kind = type(failure.cause).__name__
    words = f": {one_line(str(failure.cause))}" if hasattr(errors, kind) else ""
    message = (
        f"Notebook {name} failed in cell {failure.cell}: {one_line(kind)}{words}\n"
        f"The notebook as far as it ran, with the whole traceback: {target}"
    )
    return RenderError(message, notebook=str(target), cell=failure.cell)
