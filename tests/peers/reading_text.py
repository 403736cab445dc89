"""Write a text to a file, and read it as a far side."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings

from vpnaudit.errors import ConfigError
from vpnaudit.peers import read
from vpnaudit.psk import Fingerprinter

DATA = Path(__file__).parent.parent / "data" / "peers"
PRINTS = Fingerprinter()

# The machine's load is not what these tests are about.
modest = settings(max_examples=40, deadline=None)


def rows(text: str, name: str, routers=(), **beside: str):
    """The rows and notes of one file of this name; `beside` are other files, their names with __ for a dot and ___ for
    a slash.
    """
    with tempfile.TemporaryDirectory() as folder:
        for other, content in beside.items():
            place = Path(folder) / other.replace("___", "/").replace("__", ".")
            place.parent.mkdir(exist_ok=True, parents=True)
            place.write_bytes(content.encode("utf-8", "surrogatepass"))
        path = Path(folder) / name
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        frame, notes = read([path], PRINTS, router_addresses=routers)
    return [{key: value for key, value in row.items() if value is not None} for row in records(frame)], [
        str(note) for note in notes
    ]


def records(frame):
    """Rows as plain values, None for missing."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def refusal(call, *args, **named) -> str | None:
    """The message with which something is refused; None: it is not."""
    try:
        call(*args, **named)
    except ConfigError as error:
        return str(error)
    return None


def ipsec(text: str, routers=(), **beside: str):
    return rows(text, "ipsec.conf", routers, **beside)


def swanctl(text: str, routers=(), **beside: str):
    return rows(text, "swanctl.conf", routers, **beside)
