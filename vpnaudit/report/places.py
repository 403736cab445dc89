"""Where notebooks and templates lie: beside the package in a checkout, inside it once installed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from vpnaudit.errors import RenderError

REPORT = "report.html"
"""The report's name in its run folder."""

_PACKAGE = Path(__file__).resolve().parents[1]


def notebook(name: str) -> Path:
    """The notebook of that name, without suffix. Raises `RenderError` naming those there are."""
    folder = _folder("notebooks")
    path = folder / f"{name}.ipynb"
    if not path.is_file():
        there = ", ".join(sorted(found.stem for found in folder.glob("*.ipynb")))
        raise RenderError(f"There is no notebook {name!r}. There are: {there}.")
    return path


def template_folder(name: str) -> Path:
    """A folder of templates, such as `report`."""
    return _folder("templates") / name


def copy_notebooks(folder: Path, snapshot: Path) -> list[Path]:
    """Copy every notebook to `folder` and set its `snapshot` parameter; returns the copies.

    A notebook that is there already keeps what its owner changed: only the parameter is set.
    """
    folder.mkdir(parents=True, exist_ok=True)
    copies = []
    for source in sorted(_folder("notebooks").glob("*.ipynb")):
        target = folder / source.name
        if not target.exists():
            shutil.copyfile(source, target)
        _set_snapshot(target, snapshot)
        copies.append(target)
    return copies


def _set_snapshot(path: Path, snapshot: Path) -> None:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            lines = "".join(cell["source"]).splitlines(keepends=True)
            cell["source"] = [
                _with_value(line, str(snapshot)) if line.startswith("snapshot:") else line for line in lines
            ]
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _with_value(line: str, value: str) -> str:
    name, _, rest = line.partition("=")
    _, hash_, comment = rest.rpartition("  # ")
    return f"{name.rstrip()} = {value!r}{hash_}{comment}" if hash_ else f"{name.rstrip()} = {value!r}\n"


def _folder(name: str) -> Path:
    for place in (_PACKAGE / f"_{name}", _PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise RenderError(
        f"The {name} of vpnaudit are missing beside {_PACKAGE}. Install it again: pip install --force-reinstall"
        " vpnaudit."
    )
