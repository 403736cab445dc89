"""The progress line: on the terminal's error stream, so that results can be piped."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def progress(first: str, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show a line while something long goes on; call what is yielded with new words."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as bar:
        line = bar.add_task(first, total=None)
        yield lambda text: bar.update(line, description=one_line(text))
