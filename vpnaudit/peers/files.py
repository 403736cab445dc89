"""Read far sides from files and folders: the one entrance of this room."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vpnaudit.errors import ConfigError
from vpnaudit.estate.tables import TABLES
from vpnaudit.peers.book import SUFFIXES, read_book
from vpnaudit.peers.interface import dialects
from vpnaudit.peers.notes import Note, place
from vpnaudit.peers.source import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from vpnaudit.peers.interface import Dialect, TunnelFile
    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

_MOST_FILES: Final = 10_000
_KEYS: Final = ".secrets"


def read(
    paths: Iterable[Path | str], fingerprinter: Fingerprinter, *, router_addresses: Iterable[str] = ()
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Read the far sides.

    Args:
        paths: peer books (`.toml`, `.csv`, `.xlsx`), device configurations, or folders of both. In a folder, a file
            that another one includes is read as a part of that one, and a file that no dialect reads becomes a note.
            `PATH=CONNECTION` says whose far side the one tunnel of the path is.
        fingerprinter: that of the run, so that keys compare with those of CloudStack.
        router_addresses: public addresses of the estate's VPN gateways; they tell which end is the far one
            where the file does not.

    Returns:
        The table `peers`, one row a tunnel in the order of files, and what was not read or cannot have been meant.

    Raises:
        ConfigError: a path is not there, no dialect reads a file that was named, or a file is broken; no message holds
            a key.
    """
    routers = frozenset(router_addresses)
    rows = []
    notes: list[Note] = []
    for entry in paths:
        path, connection_id = bound(entry)
        tunnel_files, folder_notes = (
            _folder(path, fingerprinter, routers) if path.is_dir() else (_file(path, fingerprinter, routers), [])
        )
        notes += folder_notes
        if connection_id is not None:
            tunnel_files = [_bound_to(connection_id, path, tunnel_files)]
        for book, tunnel_file in tunnel_files:
            notes += tunnel_file.notes
            if not tunnel_file.tunnels:
                notes.append(Note(book, None, "no tunnel stands in it"))
            rows += [tunnel.row(book) for tunnel in tunnel_file.tunnels]
    return _distinct(TABLES["peers"].frame(rows)), tuple(dict.fromkeys(notes))


def bound(entry: Path | str) -> tuple[Path, str | None]:
    """A path, and the connection that it is bound to (`PATH=CONNECTION`); a path that is there is one as it stands."""
    path, sign, connection_id = str(entry).rpartition("=")
    if not sign or not path or not connection_id or os.path.lexists(entry):
        return Path(entry), None
    return Path(path), connection_id


def _bound_to(connection_id: str, path: Path, tunnel_files: list[tuple[str, TunnelFile]]) -> tuple[str, TunnelFile]:
    described = [pair for pair in tunnel_files if pair[1].tunnels]
    count = sum(len(tunnel_file.tunnels) for _, tunnel_file in described)
    if count != 1:
        raise ConfigError(
            f"{place(path.as_posix())}: describes {count} tunnels, and one can be bound to a connection. Name a file"
            " with one, or say connection_id in a peer book."
        )
    book, tunnel_file = described[0]
    tunnels = tuple(replace(tunnel, connection_id=connection_id) for tunnel in tunnel_file.tunnels)
    return book, replace(tunnel_file, tunnels=tunnels)


def _distinct(frame: pd.DataFrame) -> pd.DataFrame:
    """The same file named twice counts once."""
    return frame.drop_duplicates(["book", "name"], ignore_index=True)


def _file(path: Path, fingerprinter: Fingerprinter, routers: frozenset[str]) -> list[tuple[str, TunnelFile]]:
    label = path.as_posix()
    if path.suffix.lower() in SUFFIXES:
        return [(label, read_book(path, label, fingerprinter))]
    source = load(path, label, path.parent)
    dialect = _dialect(source)
    if dialect is None:
        raise ConfigError(f"{place(label)}: no dialect reads this file. Read are: {_readable()}.")
    return [(label, dialect.read(source, fingerprinter, routers))]


def _folder(
    path: Path, fingerprinter: Fingerprinter, routers: frozenset[str]
) -> tuple[list[tuple[str, TunnelFile]], list[Note]]:
    """All files of a folder: first those with a dialect's own file name, so that what they include is known when the
    others come.
    """
    names, outside = _names(path)
    tunnel_files: list[tuple[str, TunnelFile]] = []
    notes = [Note(name.as_posix(), None, "is a link out of the folder given; it is not read") for name in outside]
    sources: list[tuple[Source, Dialect]] = []
    for name in names:
        label = name.as_posix()
        if name.suffix.lower() in SUFFIXES:
            tunnel_files.append((label, read_book(name, label, fingerprinter)))
        elif name.suffix.lower() != _KEYS and (source := _readable_text(name, label, path, notes)):
            dialect = _dialect(source)
            sources += [(source, dialect)] if dialect else []
            notes += [] if dialect else [Note(label, None, "no dialect reads this file; what it says is not known")]
    tunnel_files += _roots(sources, fingerprinter, routers)
    if not tunnel_files:
        raise ConfigError(
            f"{place(path.as_posix())}: no file in this folder describes a far side. Read are: {_readable()}."
        )
    return sorted(tunnel_files, key=lambda pair: pair[0]), notes


def _names(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files of a folder in order, and the links that lead out of it. Links to folders are not followed."""
    inside = folder.resolve()
    names: list[Path] = []
    outside: list[Path] = []
    for count, file in enumerate(folder.rglob("*")):
        if count > _MOST_FILES:
            raise ConfigError(
                f"{place(folder.as_posix())}: holds more than {_MOST_FILES} files. Name the folder of the"
                " configurations alone."
            )
        if not _hidden(file, folder) and file.is_file():
            (names if file.resolve().is_relative_to(inside) else outside).append(file)
    return sorted(names), sorted(outside)


def _roots(
    sources: list[tuple[Source, Dialect]], fingerprinter: Fingerprinter, routers: frozenset[str]
) -> list[tuple[str, TunnelFile]]:
    """What the files say that no other one includes. A part that cannot stand alone is an error only if nothing
    includes it.
    """
    tunnel_files: dict[Path, tuple[str, TunnelFile]] = {}
    broken: dict[Path, ConfigError] = {}
    parts: set[Path] = set()
    for source, dialect in sorted(sources, key=lambda pair: pair[0].name != pair[1].file_name):
        path = source.path.resolve()
        if path in parts:
            continue
        try:
            tunnel_file = dialect.read(source, fingerprinter, routers)
        except ConfigError as error:
            broken[path] = error
            continue
        tunnel_files[path] = (source.label, tunnel_file)
        parts |= {file.resolve() for file in tunnel_file.files} - {path}
    for path, problem in broken.items():
        if path not in parts:
            raise problem
    return [pair for path, pair in tunnel_files.items() if path not in parts]


def _dialect(source: Source) -> Dialect | None:
    """The dialect of a file: by its name, else by its look."""
    by_file_name = [dialect for dialect in dialects() if dialect.file_name == source.name]
    return next(iter(by_file_name or [dialect for dialect in dialects() if dialect.recognises(source)]), None)


def _readable() -> str:
    return ", ".join((*(dialect.title for dialect in dialects()), f"peer books ({', '.join(sorted(SUFFIXES))})"))


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _readable_text(path: Path, label: str, folder: Path, notes: list[Note]) -> Source | None:
    """A file of a folder as text; None, with a note, where it is none: a picture beside a configuration is nobody's
    mistake.
    """
    try:
        return load(path, label, folder)
    except ConfigError as error:
        notes.append(Note(label, None, str(error).removeprefix(f"{place(label)}: ")))
        return None
