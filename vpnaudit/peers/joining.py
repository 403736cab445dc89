"""An estate, and the far sides that files tell of, become one estate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.errors import ConfigError
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
    the files that stands in a text of the estate, of the files or of a message is taken out of it.
    """
    keys = fingerprinter or Fingerprinter()
    routers = {str(address) for address in estate["tunnels"]["public_ip"].dropna()}
    try:
        frame, notes = read(paths, keys, router_addresses=routers)
    except ConfigError as error:
        text = keys.without_keys(str(error))
        raise ConfigError(text) from None
    if fingerprinter is None:
        unknown = pd.Series(pd.NA, index=frame.index, dtype="string")
        frame = frame.assign(psk_fingerprint=unknown, start_fingerprint=unknown)
    frame = _with_distinct_names(scrubbed("peers", frame, keys.without_keys))
    both = pd.concat([frame, estate["peers"]], ignore_index=True).drop_duplicates(["book", "name"], ignore_index=True)
    tables = {**estate.tables, "peers": both}
    clean = {name: scrubbed(name, table, keys.without_keys) for name, table in tables.items()}
    whole = Estate({**clean, "peers": _with_distinct_names(clean["peers"])}, digest=estate.digest)
    all_notes = (*notes, *(_note_of_unjoined(*one) for one in unjoined(whole)))
    return whole, tuple(replace(note, text=keys.without_keys(note.text)) for note in all_notes)


def _with_distinct_names(peers: pd.DataFrame) -> pd.DataFrame:
    """The tunnels of a file, each with a name of its own: two that were named by keys would have one without them."""
    number = peers.groupby(["book", "name"]).cumcount()
    numbered = peers["name"] + " (" + (number + 1).astype("string") + ")"
    return peers.assign(name=peers["name"].where(number == 0, numbered))


def _note_of_unjoined(name: str, file: str, line: int | None, why: str) -> Note:
    return Note(file, line, f"tunnel {quoted_name(name)} belongs to no connection: {one_line(why)}")
