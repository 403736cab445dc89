"""The one thing of a run that lies on a disk: a folder for configurations and logs.

It is locked while its run lives. A run that was killed cannot remove its folder, but its lock is gone with it, so that
the next run does.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import tempfile
import threading
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vpnaudit.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

PREFIX: Final = "vpnaudit-lab-"
_LOCK: Final = "lock"


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one run, removed at the end whatever happens; folders that dead runs left are removed first.

    Raises:
        LabError: no folder can be made, such as on a full disk.
    """
    remove_dead_folders()
    try:
        place = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        lock = (place / "lock.new").open("w", encoding="utf-8")
    except OSError as error:
        raise LabError(
            f"No folder for the lab under {tempfile.gettempdir()}: {error.strerror}. Make room there, or set TMPDIR."
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (place / "lock.new").rename(place / _LOCK)  # from now on reapers look at it, and find it locked
        remove = partial(shutil.rmtree, place, ignore_errors=True)
        atexit.register(remove)
        try:
            yield place
        finally:
            remove()
            atexit.unregister(remove)


def remove_dead_folders() -> list[Path]:
    """Remove the folders of runs that are dead, and say which. A folder without a lock yet belongs to a run that is
    just starting.
    """
    removed = []
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if place.is_symlink() or place.stat().st_uid != os.getuid():
                continue
            with (place / _LOCK).open(encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
                removed.append(place)
        except OSError:
            continue
    return removed


@contextmanager
def orderly_end() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into an exception for the time of a run, so that it cleans up; SIGINT is one already.

    Only Python's main thread receives signals: in others this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
