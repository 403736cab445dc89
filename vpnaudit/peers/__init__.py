"""The far side of a tunnel, as its own device or a peer book describes it: files become rows of the table `peers`.

One module a dialect, found by listing this folder (`interface.dialects`). Keys end here: a reader keeps what `vpnaudit.psk` makes of one.
"""

from vpnaudit.peers.reading import read
from vpnaudit.peers.side import peer_side

__all__ = ["peer_side", "read"]
