"""Where notebooks and templates lie: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit.errors import ConfigError, RenderError
from vpnaudit.hostile import one_line
from vpnaudit.private_files import explained, make_folder, write_text
from vpnaudit.regular_files import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping

REPORT = "report.html"
_LARGEST_NOTEBOOK_BYTES = 2**26
"""The report's name in its run folder."""

_PACKAGE = Path(__file__).resolve().parents[1]


def notebook(name: str) -> Path:
    """The notebook of that name, without suffix. Raises `RenderError` naming those there are."""
    folder = _folder("notebooks")
    path = folder / f"{name}.ipynb"
    if not path.is_file():
        names = ", ".join(sorted(file.stem for file in folder.glob("*.ipynb")))
        raise RenderError(f"There is no notebook {name!r}. There are: {names}.")
    return path


def template_folder(name: str) -> Path:
    """A folder of templates, such as `report`."""
    return _folder("templates") / name


def copy_notebooks(folder: Path, values: Mapping[str, str]) -> dict[Path, set[str]]:
    """Copy every notebook to `folder` and set these parameters in it; returns the copies, each with the names that it
    has.

    A notebook that is there already keeps what its owner changed: only the parameters are set.
    """
    make_folder(folder)
    copies = {}
    for source in sorted(_folder("notebooks").glob("*.ipynb")):
        target = folder / source.name
        copies[target] = _set_parameters(target if target.exists() else source, target, values)
    return copies


def _set_parameters(source: Path, target: Path, values: Mapping[str, str]) -> set[str]:
    content = _notebook_content(source)
    names: set[str] = set()
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            lines = "".join(cell["source"]).splitlines(keepends=True)
            names |= {_name(line) for line in lines} & set(values)
            cell["source"] = [_with_value(line, values) for line in lines]
    write_text(target, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return names


def _notebook_content(path: Path) -> dict[str, Any]:
    with explained("read", path):
        data = read_regular(path, _LARGEST_NOTEBOOK_BYTES)
    try:
        content: dict[str, Any] = json.loads(data)
        for cell in content["cells"]:
            cell["metadata"].get("tags"), "".join(cell["source"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigError(
            f"{one_line(str(path))} is no notebook any more. Delete it to get a new copy, or mend it in JupyterLab."
        ) from None
    return content


def _name(line: str) -> str:
    """The name of the parameter that a line declares."""
    return line.partition("=")[0].partition(":")[0].strip()


def _with_value(line: str, values: Mapping[str, str]) -> str:
    """The line of a parameter cell with the value of its parameter; its comment stays."""
    declaration, _, rest = line.partition("=")
    name = _name(line)
    if name not in values:
        return line
    _, hash_, comment = rest.rpartition("  # ")
    return f"{declaration.rstrip()} = {values[name]!r}{hash_ + comment if hash_ else chr(10)}"


def _folder(name: str) -> Path:
    for place in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise RenderError(
        f"The {name} of vpnaudit are missing beside {_PACKAGE}. Install it again: pip install --force-reinstall"
        " vpnaudit."
    )
