"""A snapshot becomes a report: papermill runs the notebook, our template makes one HTML file of it."""

from __future__ import annotations

import logging
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit import errors
from vpnaudit.errors import RenderError
from vpnaudit.hostile import one_line
from vpnaudit.policy import BUILT_IN
from vpnaudit.private_files import make_folder, write_bytes, write_text
from vpnaudit.report.options import ReportOptions
from vpnaudit.report.parameters import accept
from vpnaudit.report.places import REPORT, notebook

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def render(
    snapshot: Path,
    folder: Path,
    options: ReportOptions = ReportOptions(),  # noqa: B008 - it is frozen
    *,
    on_progress: Callable[[str], None] | None = None,
) -> Path:
    """Run a notebook on a snapshot; leave `<notebook>.ipynb` and `report.html` in `folder`, and return the path
    of the latter.

    Raises `ConfigError` for a parameter that the notebook does not have or cannot take, before it runs, and
    `RenderError` with the notebook as far as it ran and the number of the cell, counted from 1, where one fails.
    """
    from vpnaudit.report.html import prepare, to_html  # noqa: PLC0415 - nbconvert is slow to import

    tell = on_progress or (lambda _: None)
    parameters, name = checked_parameters(snapshot, options), options.notebook
    make_folder(folder)
    tell(f"running the notebook {name}")
    with ThreadPoolExecutor(1) as beside:
        ready = beside.submit(prepare)
        executed = _execute(notebook(name), folder / f"{name}.ipynb", parameters)
        ready.result()
    tell("writing the report")
    return write_text(folder / REPORT, to_html(executed))


def checked_parameters(snapshot: Path, options: ReportOptions) -> dict[str, Any]:
    """The parameters of a report as the notebook's tagged cell declares them; see `parameters.accept`. A policy file is
    named by its absolute path.
    """
    from papermill.inspection import inspect_notebook  # noqa: PLC0415 - papermill costs seconds to import

    cell = inspect_notebook(str(notebook(options.notebook)))
    declared = {name: parameter["inferred_type_name"] for name, parameter in cell.items()}
    parameters = accept(declared, options.all_parameters(snapshot), options.notebook)
    if options.policy not in BUILT_IN and Path(options.policy).is_file():
        parameters["policy"] = str(Path(options.policy).resolve())
    return parameters


def _execute(source: Path, target: Path, parameters: Mapping[str, Any]) -> Any:
    import papermill  # noqa: PLC0415 - see checked_parameters
    from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415 - see checked_parameters

    from vpnaudit.report.kernel import manager_in  # noqa: PLC0415 - jupyter_client is slow to import

    write_bytes(target, b"")  # papermill writes it again and again, and leaves its mode as it is
    logging.getLogger("papermill").setLevel(logging.ERROR)  # its progress is shown by ours, its failures are raised
    with (
        tempfile.TemporaryDirectory(prefix="vpnaudit-", ignore_cleanup_errors=True) as folder,
        warnings.catch_warnings(),
    ):
        # Kernel clients leave their event loop to the garbage collector; nothing of ours depends on it.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return papermill.execute_notebook(
                str(source),
                str(target),
                parameters=dict(parameters),
                progress_bar=False,
                kernel_name="python3",
                kernel_manager_class=manager_in(Path(folder)),
            )
        except PapermillExecutionError as error:
            cell = int(error.cell_index) + 1
            # Our own errors read like advice; what others say may quote an estate, and stands in the notebook alone.
            words = f": {one_line(error.evalue)}" if hasattr(errors, error.ename) else ""
            message = (
                f"Notebook {source.stem} failed in cell {cell}: {one_line(error.ename)}{words}\n"
                f"The notebook as far as it ran, with the whole traceback: {target}"
            )
            raise RenderError(message, notebook=str(target), cell=cell) from None
        except Exception as error:  # whatever papermill or the kernel raises, the run ends as failed, with its reason
            raise RenderError(
                f"Notebook {source.stem} could not be run: {type(error).__name__}: {error}. Is ipykernel installed in"
                " this Python?",
                notebook=str(target),
            ) from error
