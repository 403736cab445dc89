"""The option `--peers` of the verbs that look at far sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vpnaudit.estate import Estate
    from vpnaudit.psk import Fingerprinter

option = click.option(
    "--peers",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A peer book, a device configuration, or a folder of both, for the far sides; may be repeated.",
)


def added(estate: Estate, paths: tuple[Path, ...], fingerprinter: Fingerprinter | None = None) -> Estate:
    """The estate with the far sides of these files; what was not read is told.

    `fingerprinter` is that of the collection. Without it the keys in the files cannot be compared with those of the snapshot, since
    fingerprints hold for one run only, and count as not known.
    """
    if not paths:
        return estate
    import pandas as pd

    from vpnaudit.estate import Estate
    from vpnaudit.peers import read
    from vpnaudit.psk import Fingerprinter

    frame, notes = read(paths, fingerprinter or Fingerprinter(), router_addresses=estate["tunnels"]["public_ip"].dropna())
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if fingerprinter is None:
        frame = frame.assign(psk_fingerprint=pd.Series(pd.NA, index=frame.index, dtype="string"))
    both = pd.concat([frame, estate["peers"]], ignore_index=True).drop_duplicates(["book", "name"], ignore_index=True)
    return Estate({**estate.tables, "peers": both})
