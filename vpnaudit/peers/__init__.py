"""The far side of a tunnel, as its own device or a peer book describes it: files become rows of the table `peers`.

One module a dialect, found by listing this folder (`interface.dialects`). Keys end here: a reader keeps what
`vpnaudit.psk` makes of one. `vpnaudit.estate.peer_sides` makes of such a row the far end that `vpnaudit.ipsec`
negotiates with.
"""

from vpnaudit.peers.files import read

__all__ = ["read"]
