"""The first sheet of an XLSX, read by a process of its own that has an end: a workbook of a few kilobytes can claim a
sheet larger than any memory, and the library that reads it ends the process that asks for it.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from typing import Any, Final

from vpnaudit.errors import ConfigError
from vpnaudit.peers.notes import place

MOST_CELLS: Final = 200_000
_LARGEST_UNPACKED: Final = 64 * 2**20
_MOST_PARTS: Final = 1_000
_LONGEST_S: Final = 20
_BROKEN: Final = 3
_MEMORY_BYTES: Final = 2**30

# The child limits itself before it imports anything that could need much. A value that is no text, number or truth
# value (a date) becomes an object, which no setting is.
_CHILD: Final = f"""
import io, json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY_BYTES}, {_MEMORY_BYTES}))
resource.setrlimit(resource.RLIMIT_CPU, ({_LONGEST_S}, {_LONGEST_S}))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
from python_calamine import CalamineError, CalamineWorkbook
try:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False, nrows={MOST_CELLS + 1})
except (CalamineError, IndexError, OSError, ValueError):
    sys.exit({_BROKEN})
if sum(map(len, rows)) > {MOST_CELLS}:
    sys.exit(1)
json.dump(rows, sys.stdout, default=lambda value: {{"not": "text"}})
"""


def sheet_cells(data: bytes, label: str) -> list[list[Any]]:
    """The cells of the first sheet.

    Raises:
        ConfigError: it is no workbook, or larger than any peer book.
    """
    _check_parts(data, label)
    try:
        child = subprocess.run(  # noqa: S603 - this interpreter, with a program that stands here
            [sys.executable, "-I", "-c", _CHILD],
            input=data,
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise _too_large(label) from None
    if child.returncode == _BROKEN:
        raise _broken(label)
    if child.returncode:
        raise _too_large(label)
    rows: list[list[Any]] = json.loads(child.stdout)
    return rows


def _check_parts(data: bytes, label: str) -> None:
    """What the archive says of itself, before anything is unpacked."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        raise _broken(label) from None
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _LARGEST_UNPACKED:
        raise _too_large(label)


def _broken(label: str) -> ConfigError:
    return ConfigError(
        f"{place(label)}: cannot be read as XLSX. Save it again as an Excel workbook (.xlsx) without a password."
    )


def _too_large(label: str) -> ConfigError:
    return ConfigError(
        f"{place(label)}: its first sheet is larger than any peer book. Copy the rows into a new workbook, or save it"
        " as CSV."
    )
