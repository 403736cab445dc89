"""The files of an archive, a folder or a path, opened one after the other where they lie: nothing is ever unpacked to
the disk, so no name in an archive can become a path.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from vpnaudit.errors import EvidenceError
from vpnaudit.evidence import bounds
from vpnaudit.evidence.bounds import MOST_FILES, Bounded
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_TAR_MAGIC_AT: Final = 257
_LARGEST_DIRECTORY_BYTES: Final = 4 * 2**20
_END_OF_DIRECTORY: Final = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file: the archive or folder it is of, its name in that, when it was changed (seconds since 1970), and how to
    open it.
    """

    collection: str
    name: str
    modified: float | None
    open: Callable[[], BinaryIO]
    packed: bool = False
    """It lies in an archive, which keeps the time of the router; a copy in a folder has that of the copying."""

    @property
    def label(self) -> str:
        """How messages and tables call it: on one line, whatever its name holds."""
        return one_line("/".join(part for part in (self.collection, self.name) if part))


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something that is not opened, and why."""

    collection: str
    label: str
    why: str


def evidence_files(path: Path, stack: ExitStack) -> Iterator[EvidenceFile | PassedOver]:
    """The files below a path. Archives stay open until the stack is closed.

    Raises:
        EvidenceError: the path cannot be read, or asks for more than the bounds allow.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            yield from _folder(path, stack)
        elif stat.S_ISREG(mode):
            yield from _file(path, "", path.name, stack)
        else:
            raise EvidenceError(f"{_shown(path)}: is no file and no folder. Save it as a file, and name that.")
    except OSError as error:
        raise EvidenceError(f"{_shown(path)}: cannot be read: {error.strerror or error}.") from None


def _shown(path: Path) -> str:
    return one_line(path.as_posix())


def _folder(folder: Path, stack: ExitStack) -> Iterator[EvidenceFile | PassedOver]:
    """All files below a folder in the order of their names. Links are not followed."""
    names: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders.sort()
        names += [Path(parent) / file for file in sorted(files)]
        if len(names) > MOST_FILES:
            raise EvidenceError(
                f"{_shown(folder)}: holds more than {MOST_FILES} files. Name the folders of the routers alone."
            )
    for name in names:
        if name.is_symlink() or not name.is_file():
            yield PassedOver(folder.name, _shown(name), "is a link or no regular file")
        else:
            collection = folder.name or folder.as_posix()
            try:
                yield from _file(name, collection, name.relative_to(folder).as_posix(), stack)
            except EvidenceError as error:  # one damaged file of a folder takes nothing from the others
                yield PassedOver(collection, _shown(name), str(error))


def _file(path: Path, collection: str, name: str, stack: ExitStack) -> Iterator[EvidenceFile | PassedOver]:
    """A file as it lies, or the files of the archive that it is."""
    size = path.stat().st_size
    with path.open("rb") as head_of:
        head = head_of.read(512)
    archive = f"{collection}/{name}" if collection else name
    if head.startswith(_ZIP):
        yield from _zip(path, archive, stack)
    elif head.startswith(_GZIP):

        def unpacked() -> BinaryIO:
            return _buffered(Bounded(cast("BinaryIO", gzip.open(path, "rb")), size, one_line(archive)))

        with unpacked() as stream:
            inner = stream.read(512)
        if _is_tar(inner):
            yield from _tar(unpacked(), archive, stack)
        else:
            yield EvidenceFile(collection, name, path.stat().st_mtime, unpacked)
    elif _is_tar(head):
        yield from _tar(_buffered(Bounded(path.open("rb"), size, one_line(archive))), archive, stack)
    else:
        yield EvidenceFile(collection, name, path.stat().st_mtime, lambda: path.open("rb"))


def _is_tar(head: bytes) -> bool:
    return head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar"


class _Buffered(io.BufferedReader):
    """An archive's header may claim any size, and its reader asks for all of it at once."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > bounds.LARGEST_READ_BYTES:
            raise EvidenceError(f"A header in an archive claims {size} bytes; no name is so long. It is not read.")
        return super().read(size)


def _buffered(stream: Bounded) -> BinaryIO:
    return cast("BinaryIO", _Buffered(stream, 2**18))


def _tar(stream: BinaryIO, archive: str, stack: ExitStack) -> Iterator[EvidenceFile | PassedOver]:
    label = one_line(archive)
    try:
        tar = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115 - it stays open until the stack is closed
        stack.callback(tar.close)
        for count, member in enumerate(tar):
            if count >= MOST_FILES:
                raise EvidenceError(f"{label}: holds more than {MOST_FILES} files. No router has so many; not read.")
            place = one_line(f"{archive}/{member.name}")
            if member.isdir():
                continue
            if not member.isreg():
                yield PassedOver(archive, place, "is a link or a device")
            elif _climbs(member.name):
                yield PassedOver(archive, place, "has a name that leads out of the archive")
            else:
                yield EvidenceFile(
                    archive, member.name, float(member.mtime), _member_opener(tar, member, place), packed=True
                )
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise EvidenceError(f"{label}: is a damaged archive: {one_line(str(error))}. Fetch it again.") from None


def _member_opener(tar: tarfile.TarFile, member: tarfile.TarInfo, place: str) -> Callable[[], BinaryIO]:
    size = member.size

    def opened() -> BinaryIO:
        stream = cast("BinaryIO", tar.extractfile(member))
        head = stream.read(2)
        stream.seek(0)
        if head != _GZIP:
            return stream
        return _buffered(Bounded(cast("BinaryIO", gzip.GzipFile(fileobj=stream)), size, place))

    return opened


def _zip(path: Path, archive: str, stack: ExitStack) -> Iterator[EvidenceFile | PassedOver]:
    label = one_line(archive)
    if _directory_bytes(path) > _LARGEST_DIRECTORY_BYTES:
        raise EvidenceError(f"{label}: its list of files is larger than any router's; not read.")
    try:
        packed = stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise EvidenceError(f"{label}: is a damaged archive: {one_line(str(error))}. Fetch it again.") from None
    if len(packed.infolist()) > MOST_FILES:
        raise EvidenceError(f"{label}: holds more than {MOST_FILES} files. No router has so many; not read.")
    for info in packed.infolist():
        place = one_line(f"{archive}/{info.filename}")
        if info.is_dir():
            continue
        if info.flag_bits & 1:
            yield PassedOver(archive, place, "is encrypted")
        elif stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            yield PassedOver(archive, place, "is a link or a device")
        elif _climbs(info.filename):
            yield PassedOver(archive, place, "has a name that leads out of the archive")
        else:
            yield EvidenceFile(archive, info.filename, None, _zipped_opener(packed, info, place))


def _zipped_opener(packed: zipfile.ZipFile, info: zipfile.ZipInfo, place: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        try:
            stream = cast("BinaryIO", packed.open(info))
            head = stream.read(2)
            stream = cast("BinaryIO", packed.open(info))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
            raise EvidenceError(f"{place}: cannot be unpacked: {one_line(str(error))}. Fetch it again.") from None
        inner = Bounded(stream, info.compress_size, place)
        if head != _GZIP:
            return _buffered(inner)
        return _buffered(Bounded(cast("BinaryIO", gzip.GzipFile(fileobj=_buffered(inner))), info.compress_size, place))

    return opened


def _directory_bytes(path: Path) -> int:
    """The size of a ZIP file's list of files, as its end says; the reader takes that many bytes into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 65_557))
        tail = file.read()
    at = tail.rfind(_END_OF_DIRECTORY)
    return int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0


def _climbs(name: str) -> bool:
    return name.startswith("/") or "\0" in name or ".." in PurePosixPath(name.replace("\\", "/")).parts
