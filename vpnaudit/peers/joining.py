"""An estate, and the far sides that files tell of, become one estate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate import Estate
from vpnaudit.estate.peer_joining import unjoined
from vpnaudit.estate.scrubbing import scrubbed
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
    is replaced by what is read now. The digest stays that of the snapshot: which one it was is known by it. A key of
    the files that stands in a text of the estate is taken out of it.
    """
    keys = fingerprinter or Fingerprinter()
    routers = {str(address) for address in estate["tunnels"]["public_ip"].dropna()}
    frame, notes = read(paths, keys, router_addresses=routers)
    if fingerprinter is None:
        unknown = pd.Series(pd.NA, index=frame.index, dtype="string")
        frame = frame.assign(psk_fingerprint=unknown, start_fingerprint=unknown)
    both = pd.concat([frame, estate["peers"]], ignore_index=True).drop_duplicates(["book", "name"], ignore_index=True)
    tables = {name: scrubbed(name, table, keys.without_keys) for name, table in estate.tables.items()}
    whole = Estate({**tables, "peers": both}, digest=estate.digest)
    return whole, (*notes, *(_note_of_unjoined(*one) for one in unjoined(whole)))


def _note_of_unjoined(name: str, file: str, line: int | None, why: str) -> Note:
    return Note(file, line, f"tunnel {quoted_name(name)} belongs to no connection: {one_line(why)}")
