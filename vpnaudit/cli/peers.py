"""The option `--peers` of the verbs that look at far sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
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
    help="A peer book, a device configuration, or a folder of both, for the far sides; FILE=CONNECTION says whose; may"
    " be repeated.",
)


def with_peers(estate: Estate, paths: tuple[Path, ...], fingerprinter: Fingerprinter | None = None) -> Estate:
    """The estate with the far sides of these files (`vpnaudit.peers.joining`); what was not read is told."""
    if not paths:
        return estate
    from vpnaudit.peers.joining import with_peer_tunnels

    both, notes = with_peer_tunnels(estate, paths, fingerprinter)
    for note in notes:
        click.echo(f"note: {note}", err=True)
    return both


def check(paths: tuple[Path, ...]) -> None:
    """Read the files and keep nothing: raises `ConfigError` for one that is broken, before a cloud is asked."""
    if not paths:
        return
    from vpnaudit.peers import read
    from vpnaudit.psk import Fingerprinter

    read(paths, Fingerprinter())
