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


END = "\n left=203.0.113.2\n right=198.51.100.1\n auto=start\n"
"""What makes a tunnel of a `conn`."""


def conn(settings: str = "", child: str = "", after: str = "") -> str:
    """A `swanctl.conf` with one connection `a` and its one child `net`."""
    return (
        f"connections {{\n a {{\n local_addrs=203.0.113.2\n {settings}\n children {{ net {{ {child}\n }} }} }}"
        f" }}\n{after}"
    )


def rows(text: str, name: str, routers=(), **beside: str):
    """The rows and notes of one file of this name; `beside` are other files, their names with __ for a dot and ___ for
    a slash.
    """
    with tempfile.TemporaryDirectory() as folder:
        for label, content in beside.items():
            place = Path(folder) / label.replace("___", "/").replace("__", ".")
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


def refusal(call, *args, **keywords) -> str | None:
    """The message with which something is refused; None: it is not."""
    try:
        call(*args, **keywords)
    except ConfigError as error:
        return str(error)
    return None


def ipsec(text: str, routers=(), **beside: str):
    return rows(text, "ipsec.conf", routers, **beside)


def swanctl(text: str, routers=(), **beside: str):
    return rows(text, "swanctl.conf", routers, **beside)


def ipsec_row(text: str, routers=(), **beside: str):
    """The one tunnel of an `ipsec.conf`."""
    return _only(ipsec(text, routers, **beside))


def swanctl_row(text: str, routers=(), **beside: str):
    """The one tunnel of a `swanctl.conf`."""
    return _only(swanctl(text, routers, **beside))


def _only(tunnels_and_notes):
    tunnels, notes = tunnels_and_notes
    assert len(tunnels) == 1, (tunnels, notes)
    return tunnels[0]
