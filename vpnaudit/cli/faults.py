"""What nobody foresaw, told without values: neither the sentence nor the traceback holds text of tenants or a secret.

The message of a foreign exception may quote what it stumbled over: a cell of a file that is a key, a password, a name.
So it is left out; the type, the place in the code and its lines say what went wrong.
"""

from __future__ import annotations

import logging
import traceback
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit.errors import VpnAuditError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_PACKAGE = Path(__file__).resolve().parents[1]
_NAMES_CODE_ONLY = (AttributeError, ImportError, NameError, RecursionError, NotImplementedError)
_DEEPEST = 20
_FRAMES = 40


def sentence(error: BaseException) -> str:
    """What ended the run, in one sentence."""
    return (
        f"A fault that nobody foresaw ended this run ({_name(error)}{_place(error.__traceback__)}), so it has no"
        " result: run it again as `vpnaudit --debug …` for the traceback, which holds no values, and report it."
    )


def traceback_of(error: BaseException) -> str:
    """The traceback of an error and of those that led to it, without the messages that may hold values."""
    return "".join(_chain(error, 0))


class Formatter(logging.Formatter):
    """Writes log records, and of an exception in one what `traceback_of` gives; nothing of it unless `traces`."""

    def __init__(self, *, traces: bool) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")
        self.traces = traces

    def format(self, record: logging.LogRecord) -> str:
        """The record; text that another handler made of its exception is not used."""
        bare = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        text = super().format(bare)
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return text
        return (
            f"{text}\n{traceback_of(error)}" if self.traces else f"{text} ({_name(error)}{_place(error.__traceback__)})"
        )


def _chain(error: BaseException, depth: int) -> Iterator[str]:
    before: BaseException | None = error.__cause__
    words = "\nThe above exception was the direct cause of the following exception:\n\n"
    if before is None and not error.__suppress_context__:
        before, words = error.__context__, "\nDuring handling of the above exception, another exception occurred:\n\n"
    if before is not None and depth < _DEEPEST:
        yield from _chain(before, depth + 1)
        yield words
    yield "Traceback (most recent call last):\n"
    stack = traceback.extract_tb(error.__traceback__)  # file, line and source: of the frames' variables nothing is kept
    if len(stack) > _FRAMES:
        half = _FRAMES // 2
        yield from (*traceback.format_list(stack[:half]), f"  … {len(stack) - _FRAMES} frames …\n")
        stack = traceback.StackSummary.from_list(stack[-half:])
    yield from traceback.format_list(stack)
    yield f"{_name(error)}: {_message(error)}\n"
    parts: Any = getattr(error, "exceptions", ()) if isinstance(error, BaseExceptionGroup) else ()
    for number, part in zip(count(1), parts if depth < _DEEPEST else (), strict=False):
        yield f"\nPart {number} of it:\n"
        yield from _chain(part, depth + 1)


def _message(error: BaseException) -> str:
    if isinstance(error, (VpnAuditError, *_NAMES_CODE_ONLY)):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "[its message is left out: it may hold values]"


def _name(error: BaseException) -> str:
    return type(error).__name__


def _place(trace: TracebackType | None) -> str:
    """The deepest line of vpnaudit in it, as ` in cli/main.py, line 12`."""
    place = ""
    for frame in traceback.extract_tb(trace):
        path = Path(frame.filename)
        if path.is_relative_to(_PACKAGE):
            place = f" in {path.relative_to(_PACKAGE).as_posix()}, line {frame.lineno}"
    return place
