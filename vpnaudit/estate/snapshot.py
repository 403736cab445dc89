"""A snapshot: a folder of Parquet files and `manifest.json`, which holds the SHA-256 of each.

Tables and columns that came after the release which wrote it are gaps; whatever is not as it was written is refused.

The manifest's own SHA-256 is the snapshot's name in reports, run.json and mails. A folder is written beside its place
and moved there when it is whole, so an interrupted run leaves nothing that looks like a snapshot.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from vpnaudit.errors import EstateError
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING
from vpnaudit.estate.gaps import complete
from vpnaudit.estate.tables import TABLES, json_records
from vpnaudit.hostile import one_line
from vpnaudit.private_files import FOLDER_MODE, explained, file_error, make_folder, write_bytes, write_text
from vpnaudit.regular_files import read_regular
from vpnaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FORMAT = 1
MANIFEST = "manifest.json"
_LARGEST_BYTES = 2**32
_ALWAYS = frozenset({"sources", "gaps"})
_ARROW = {STRING: pa.string(), INTEGER: pa.int64(), BOOLEAN: pa.bool_()}


def save(tables: Mapping[str, pd.DataFrame], path: Path | str) -> str:
    """Write the snapshot folder `path`, which must not exist; returns the SHA-256 of its manifest."""
    place = Path(path)
    if os.path.lexists(place):
        raise EstateError(
            f"{place} exists already: a snapshot is never overwritten. Name another folder, or move this one away."
        )
    make_folder(place.parent)
    with explained("written", place):
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=place.parent))
    try:
        files = {name: _write(draft / f"{name}.parquet", name, frame) for name, frame in tables.items()}
        text = json.dumps(_manifest(tables, files), indent=1, sort_keys=True) + "\n"
        write_text(draft / MANIFEST, text)
        with explained("written", place):
            draft.chmod(FOLDER_MODE)
            draft.rename(place)
    except BaseException:  # an interrupt too must leave no half snapshot
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return hashlib.sha256(text.encode()).hexdigest()


def load(path: Path | str) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables of a snapshot and the SHA-256 of its manifest. What an older release did not collect is a gap.

    Raises `EstateError` where anything is not as it was written.
    """
    place = Path(path)
    try:
        data = read_regular(place / MANIFEST, _LARGEST_BYTES)
        manifest = json.loads(data)
    except (FileNotFoundError, NotADirectoryError):
        raise EstateError(
            f"{place} is no snapshot: it has no {MANIFEST}. Give the folder that `vpnaudit collect` wrote."
        ) from None
    except (ValueError, RecursionError):
        raise EstateError(
            f"{place / MANIFEST} is not JSON any more: it was changed or cut after it was written."
        ) from None
    except OSError as error:
        raise file_error(error, "read", place / MANIFEST) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise EstateError(
            f"{place} has another snapshot format; this vpnaudit reads format {FORMAT}. Open it with the version that"
            " wrote it."
        )
    files = _files(place, manifest)
    frames = {name: _read(place, name, entry, _release(manifest)) for name, entry in files.items()}
    return complete(frames), hashlib.sha256(data).hexdigest()


def _release(manifest: dict[str, Any]) -> str:
    return one_line(str(manifest.get("tool", "another release of vpnaudit")))


def _files(place: Path, manifest: dict[str, Any]) -> dict[str, Any]:
    """What the manifest lists: nothing that is not known here, and all that lies in the folder."""
    files = manifest.get("files")
    if not isinstance(files, dict) or not files.keys() >= _ALWAYS:
        raise EstateError(
            f"The manifest of snapshot {place} does not list the tables {' and '.join(sorted(_ALWAYS))}, which every"
            " release writes. It is not whole; collect again, or take it from a backup."
        )
    unknown = sorted(files.keys() - TABLES.keys())
    if unknown:
        raise EstateError(
            f"Snapshot {place} has tables that this vpnaudit does not know: {one_line(', '.join(unknown))}. It was"
            f" written by {_release(manifest)}: open it with that release or a later one."
        )
    with explained("read", place):
        names = {path.name for path in place.iterdir() if path.name[0] != "."}  # file managers leave hidden files
    unlisted = sorted(names - {MANIFEST, *(f"{name}.parquet" for name in files)})
    if unlisted:
        raise EstateError(
            f"Snapshot {place} holds files that its manifest does not list: {one_line(', '.join(unlisted))}. Move them"
            " away if they are yours; if not, do not trust this snapshot."
        )
    return files


def _manifest(tables: Mapping[str, pd.DataFrame], files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "tool": f"vpnaudit {__version__}",
        "sources": json_records(tables["sources"]),
        "gaps": json_records(tables["gaps"]),
        "files": files,
    }


def _schema(name: str) -> pa.Schema:
    return pa.schema(
        [(column, _ARROW.get(dtype, pa.timestamp("us", tz="UTC"))) for column, dtype in TABLES[name].dtypes.items()]
    )


def _write(path: Path, name: str, frame: pd.DataFrame) -> dict[str, Any]:
    TABLES[name].check(frame)
    file = io.BytesIO()
    pq.write_table(
        pa.Table.from_pandas(frame, schema=_schema(name), preserve_index=False).replace_schema_metadata(None), file
    )
    data = file.getvalue()
    write_bytes(path, data)
    return {"rows": len(frame), "sha256": hashlib.sha256(data).hexdigest()}


def _read(place: Path, name: str, entry: object, release: str) -> pd.DataFrame:
    """One table, with the columns that its file has."""
    path = place / f"{name}.parquet"
    if not isinstance(entry, dict) or not path.is_file():
        raise EstateError(
            f"Snapshot {place} lacks the table {name}. It is not whole; collect again, or take it from a backup."
        )
    with explained("read", path):
        data = read_regular(path, _LARGEST_BYTES)
    if hashlib.sha256(data).hexdigest() != entry.get("sha256"):
        raise EstateError(
            f"{path} has changed since it was collected: its SHA-256 is not the one in {MANIFEST}. Do not trust this"
            " snapshot."
        )
    try:
        table = pq.read_table(pa.BufferReader(data))
    except pa.ArrowException:
        raise EstateError(f"{path} cannot be read as Parquet. It was not written by vpnaudit.") from None
    _check_columns(path, name, table.schema, release)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _check_columns(path: Path, name: str, schema: pa.Schema, release: str) -> None:
    """Fewer columns than today are an older release's; more are a newer one's; other types, and rows without a key, are
    nobody's.
    """
    today = _schema(name)
    unknown = [column for column in schema.names if column not in today.names]
    if unknown:
        raise EstateError(
            f"{path} has columns that this vpnaudit does not know: {one_line(', '.join(unknown))}. It was written by"
            f" {release}: open it with that release or a later one."
        )
    if not set(TABLES[name].key) <= set(schema.names):
        raise EstateError(f"{path} lacks its key, {' and '.join(TABLES[name].key)}. It was not written by vpnaudit.")
    for field in schema:
        wanted = today.field(field.name).type
        if field.type != wanted:
            raise EstateError(
                f"{path} holds {field.name} as {field.type}, where {wanted} is written. It was not written by vpnaudit."
            )
