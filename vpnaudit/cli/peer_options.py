"""The option `--peers`, the same in every verb that takes files for far ends, and what a verb does with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.estate import Estate
    from vpnaudit.psk import Fingerprinter


class _Far(click.Path):
    """A path that is there, alone or as PATH=CONNECTION."""

    name = "path[=connection]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, checked; what it is bound to stays behind it."""
        from vpnaudit.peers.files import bound

        path, connection_id = bound(value)
        super().convert(str(path), param, ctx)
        return Path(value) if connection_id is not None else path


option = click.option(
    "--peers",
    type=_Far(path_type=Path, exists=True),
    multiple=True,
    metavar="FILE[=CONNECTION]",
    help="A peer book, a device configuration, or a folder of both, for the far sides; FILE=CONNECTION says whose; may"
    " be repeated.",
)


def with_peers(estate: Estate, paths: tuple[Path, ...], fingerprinter: Fingerprinter) -> Estate:
    """The estate with the far ends of these files (`vpnaudit.peers.joining`); what was not read goes to stderr."""
    if not paths:
        return estate
    from vpnaudit.peers.joining import with_peer_tunnels

    joined, notes = with_peer_tunnels(estate, paths, fingerprinter)
    print_notes(notes)
    return joined


def print_notes(notes: Iterable[object]) -> None:
    """What was not read of the files, to stderr, a line each."""
    for note in notes:
        click.echo(f"note: {one_line(str(note))}", err=True)


def check(paths: tuple[Path, ...]) -> None:
    """Read the files and keep nothing: raises `ConfigError` for one that is broken, before a cloud is asked."""
    if not paths:
        return
    from vpnaudit.peers import read
    from vpnaudit.psk import Fingerprinter

    read(paths, Fingerprinter())
