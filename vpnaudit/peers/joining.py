"""An estate, and the far sides that files tell of, become one estate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate import Estate
from vpnaudit.estate.peer_joining import unjoined
from vpnaudit.hostile import one_line
from vpnaudit.peers.files import read
from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.psk import Fingerprinter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def with_peer_tunnels(
    estate: Estate, paths: Iterable[Path | str], fingerprinter: Fingerprinter | None = None
) -> tuple[Estate, tuple[Note, ...]]:
    """The estate with the far sides of these files, and what was not read of them.

    `fingerprinter` is that of the collection. Without it the keys in the files cannot be compared with those of the
    snapshot, since fingerprints hold for one run only, and count as not known. A tunnel that the snapshot holds already
    is replaced by what is read now.
    """
    routers = {str(address) for address in estate["tunnels"]["public_ip"].dropna()}
    frame, notes = read(paths, fingerprinter or Fingerprinter(), router_addresses=routers)
    if fingerprinter is None:
        unknown = pd.Series(pd.NA, index=frame.index, dtype="string")
        frame = frame.assign(psk_fingerprint=unknown, start_fingerprint=unknown)
    both = pd.concat([frame, estate["peers"]], ignore_index=True).drop_duplicates(["book", "name"], ignore_index=True)
    joined = Estate({**estate.tables, "peers": both})
    return joined, (*notes, *(_note_of(*one) for one in unjoined(joined)))


def _note_of(name: str, file: str, line: int | None, why: str) -> Note:
    return Note(file, line, f"tunnel {quoted_name(name)} belongs to no connection: {one_line(why)}")
