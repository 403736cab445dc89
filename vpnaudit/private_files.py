"""Files and folders that only their owner can read, whatever the umask: all that a run writes goes through here.

Snapshots, reports and mails tell of many tenants. A file is written beside its place and moved there whole, so an
interrupted run leaves none that is cut. What the system refuses becomes a `FileError` that names the file and says what
to do.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vpnaudit.errors import FileError
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

FILE_MODE, FOLDER_MODE = 0o600, 0o700

_FULL = "Free space on that disk, or name a place on another one"
_IN_THE_WAY = "A file stands where a folder is needed, or a folder where a file is: name another place, or move it away"
_ADVICE = {
    errno.EACCES: "Name a place that you may use, or let its owner give you the right",
    errno.EPERM: "Name a place that you may use, or let its owner give you the right",
    errno.EROFS: "That file system is mounted read-only: name a place on another one",
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.ENOENT: "Look at how its name is written, and whether the folder that should hold it exists",
    errno.ENAMETOOLONG: "Choose a shorter name, or a place nearer to the root",
    errno.ELOOP: "Its links lead in a circle: name the place itself",
    errno.EINVAL: "Write a file in its place",
    errno.EFBIG: "Look at whether it is the right file",
    errno.EMFILE: "Too many files are open: raise the limit (ulimit -n)",
}


def file_error(error: OSError, doing: str = "used", path: Path | None = None) -> FileError:
    """What the system refused, to which file, and what to do. `doing` is the participle: written, read, used."""
    name = path if path is not None else error.filename
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    subject = one_line(str(name)) if name is not None else "A file"
    advice = _ADVICE.get(error.errno or 0, "Look at this place, and whether it is mounted and healthy")
    return FileError(f"{subject} cannot be {doing}: {one_line(error.strerror or type(error).__name__)}. {advice}.")


@contextmanager
def explained(doing: str, path: Path) -> Iterator[None]:
    """Whatever the system refuses in this block is a `FileError` about `path`."""
    try:
        yield
    except OSError as error:
        raise file_error(error, doing, path) from None


def make_folder(path: Path) -> Path:
    """The folder and those above it that do not exist yet, for their owner alone; folders that exist stay as they
    are.
    """
    with explained("made", path):
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                # Another run may make it at this moment; a file in the way is still an error.
                _make(folder)
    return path


def make_new_folder(path: Path) -> Path:
    """The same for a folder that must not exist: raises `FileExistsError` where it does."""
    make_folder(path.parent)
    try:
        path.mkdir(mode=FOLDER_MODE)
        path.chmod(FOLDER_MODE)
    except FileExistsError:
        raise
    except OSError as error:
        raise file_error(error, "made", path) from None
    return path


def check_place(path: Path) -> None:
    """Raise `FileError` where no folder can be made or filled at `path`, before anything long begins; makes nothing."""
    folder = next(place for place in (path.absolute(), *path.absolute().parents) if os.path.lexists(place))
    code = errno.EEXIST if not folder.is_dir() else 0 if os.access(folder, os.W_OK | os.X_OK) else errno.EACCES
    if code:
        raise file_error(OSError(code, os.strerror(code)), "used", folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=FOLDER_MODE)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        folder.chmod(FOLDER_MODE)  # a umask of 0277 takes rights of the owner too


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write into in pieces: it takes its place when the block ends, and never where it raises."""
    with explained("written", path):
        handle, draft = tempfile.mkstemp(prefix=f".{path.name[:40]}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            Path(draft).chmod(FILE_MODE)
            Path(draft).replace(path)
        except BaseException:  # an interrupt too must leave nothing half-written
            with suppress(OSError):
                Path(draft).unlink()
            raise


def write_bytes(path: Path, data: bytes) -> Path:
    """Write the file; returns its path."""
    with new_file(path) as file:
        file.write(data)
    return path


def write_text(path: Path, text: str) -> Path:
    r"""Write the text as UTF-8; returns its path. Half a surrogate pair, which UTF-8 cannot hold, is written as
    `\udc80`, which JSON reads back.
    """
    return write_bytes(path, text.encode("utf-8", "backslashreplace"))
