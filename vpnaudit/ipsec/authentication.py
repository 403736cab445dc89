"""Where the ends differ in who they are and how they prove it: identities, methods, keys, and IKE_SAs without a
child.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.difference import Difference, State, compared, on_peer
from vpnaudit.ipsec.establish import VERSIONS, by_key_alone
from vpnaudit.ipsec.identities import accepts, identity, same_identity
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY, PSK, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.ipsec.router import RouterConfig
    from vpnaudit.ipsec.sides import Initiator

_KEYLESS: Final[dict[tuple[Initiator, ...], str]] = {
    ("router", "peer"): "no key for this router",
    ("router",): "no key for this router where the router starts",
    ("peer",): "no key for this router where it starts itself",
}


def authentication_differences(case: Case, config: RouterConfig) -> Iterator[Difference]:
    """In the order in which a negotiation meets them."""
    peer = case.peer
    if peer.peer_id != ANY:
        yield from compared(
            "peer_id", config.own_id, peer.peer_id, "peer", on_peer(peer_id=config.own_id), same=_expected
        )
    for one in compared(
        "id", case.router.gateway, peer.id, "peer", on_peer(id=case.router.gateway), same=same_identity
    ):
        # What strongSwan expects where the gateway is a name was not measured.
        yield replace(one, state="unknown") if network(case.router.gateway) is None else one
    if not all(by_key_alone(peer, version) for version in VERSIONS[config.keyexchange]):
        words = f"{'+'.join(peer.auth)}, of the router {'+'.join(peer.peer_auth)}"
        yield Difference("authentication", PSK, words, "different", "peer", on_peer(auth=(PSK,), peer_auth=(PSK,)))
    if peer.keyless:
        yield Difference("ipsecpsk", "(not shown)", _KEYLESS[peer.keyless], "different", "peer", _with_equal_keys)
    elif (psks := {case.psk_of("router"), case.psk_of("peer")}) != {"equal"}:
        state: State = "different" if "unequal" in psks else "unknown"
        yield Difference("ipsecpsk", "(not shown)", "(not shown)", state, "either", _with_equal_keys)
    if peer.childless == "force" and config.keyexchange != "ikev1":
        yield Difference("childless", "a child in IKE_AUTH", "force", "different", "peer", on_peer(childless="allow"))


def _expected(own: str, pattern: str) -> bool:
    return same_identity(own, pattern) or (identity(pattern).wild and accepts(pattern, own))


def _with_equal_keys(case: Case) -> Case:
    return replace(case.with_peer(keyless=(), start_psk=None), psk="equal")
