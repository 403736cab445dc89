"""The first negotiation: from the first packet to the CHILD_SAs, with all that stands between (addresses, ports,
identities, the key).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Final, Literal

from vpnaudit.ipsec.exchange import IKEV2, Child, Endpoint, children, ike_suite, init_fits
from vpnaudit.ipsec.identities import accepts, identity, same_identity
from vpnaudit.ipsec.proposals import Suite, default_proposals, effective_proposals
from vpnaudit.ipsec.router import RouterConfig, router_config
from vpnaudit.ipsec.selectors import ChildConfig, network, networks
from vpnaudit.ipsec.sides import ANY, ANY_METHOD, PSK, Case, Initiator, PeerSide

Stage = Literal[
    "file",
    "router-configuration",
    "peer-configuration",
    "start",
    "network",
    "address",
    "version",
    "ike-proposal",
    "fragments",
    "mode",
    "identity",
    "peer-identity",
    "authentication",
    "key",
    "childless",
]

VERSIONS: Final = {"ike": frozenset({1, 2}), "ikev1": frozenset({1}), "ikev2": frozenset({2})}
"""The versions of IKE that `keyexchange` accepts."""


@dataclass(frozen=True, slots=True)
class Established:
    """How far it came.

    `stopped_at` is None when an IKE_SA came up. `error` is the notify or the silence that the ends see. `elsewhere`
    means that the peer got an IKE_SA under the router's remote-access connection, of which the API knows nothing.
    """

    version: int | None
    ike: Suite | None = None
    children: tuple[Child, ...] = ()
    stopped_at: Stage | None = None
    error: str | None = None
    child_errors: tuple[str, ...] = ()
    elsewhere: bool = False


@lru_cache(maxsize=4096)
def router_endpoint(config: RouterConfig) -> Endpoint:
    """The router: it accepts both versions where `keyexchange` is `ike`, starts with IKEv2 then, and never pins its
    proposals.
    """
    versions = VERSIONS[config.keyexchange]
    return Endpoint(
        versions,
        max(versions),
        effective_proposals(config.ike, "ike", strict=False),
        effective_proposals(config.esp, "esp", strict=False),
        config.children,
    )


@lru_cache(maxsize=4096)
def peer_endpoint(peer: PeerSide) -> Endpoint:
    """The peer; every field that is used must be known (`negotiate` fills in what is not)."""
    versions = frozenset(peer.ike_versions or ())
    near, far = networks(peer.subnets or ()), networks(peer.remote_subnets or ())
    if peer.one_sa_per_pair:
        pairs = tuple(
            ChildConfig(f"peer-{n}", (local,), (remote,))
            for n, (local, remote) in enumerate(product(near, far), start=1)
        )
    else:
        pairs = (ChildConfig("peer", near, far),)
    return Endpoint(
        versions,
        peer.initiates_with or max(versions, default=2),
        effective_proposals(peer.ike_proposals or (), "ike", strict=peer.strict),
        effective_proposals(peer.esp_proposals or (), "esp", strict=peer.strict),
        pairs,
        exact=bool(peer.exact_selectors),
    )


def establish(case: Case, initiator: Initiator) -> Established:
    """Negotiate once, from nothing."""
    config = router_config(case.router)
    if not config.written:
        return Established(None, stopped_at="file", error="the router fails before it writes the connection")
    if config.refusal:
        return Established(None, stopped_at="router-configuration", error=config.refusal)
    if case.peer.refused:
        return Established(None, stopped_at="peer-configuration", error="the peer has no such connection")
    router, peer = router_endpoint(config), peer_endpoint(case.peer)
    start, respond = (router, peer) if initiator == "router" else (peer, router)
    version = start.initiates
    suite = ike_suite(start, respond, version)
    stop = _network(case, initiator, version) or _address(case, initiator) or _unanswered(case, start, respond, suite)
    stop = stop or _refused(case, config, initiator, version)
    if stop is not None or suite is None:
        stage, error = stop or ("ike-proposal", "NO_PROPOSAL_CHOSEN")
        elsewhere = _elsewhere(case, peer, version, stage, suite) if initiator == "peer" else None
        return elsewhere or Established(version, stopped_at=stage, error=error)
    childless = version == IKEV2 and case.peer.childless == "force"
    attempt = children(start, respond, version, suite.group, childless=childless)
    if failure := _child_failure(case.peer, initiator, version):
        return Established(version, suite, error=failure, child_errors=(failure,))
    up = attempt.up
    if initiator == "peer":
        up = tuple(replace(child, selectors=child.selectors.turned()) for child in up)
    return Established(version, suite, up, error=next(iter(attempt.errors), None), child_errors=attempt.errors)


Stop = tuple[Stage, str]


def _network(case: Case, initiator: Initiator, version: int) -> Stop | None:
    """Whether packets pass at all. A NAT without port forwarding lets none in that was not asked for."""
    path = case.path
    if not path.udp_500 or (not path.udp_4500 and _needs_4500(case, initiator, version)):
        return "network", "no answer"
    if initiator == "router" and path.peer_nat == "masquerade":
        return "network", "no answer"
    return None


def _address(case: Case, initiator: Initiator) -> Stop | None:
    """Whether the packets reach the other end, and it has a connection for the address that they come from."""
    expected, public = case.peer.peer_address, case.router.publicip
    meets = _is_peer(case.router.gateway, case.peer.seen_address)
    if initiator == "router":
        if not meets:
            return "address", "no answer"
        return None if expected in (ANY, public) else ("address", "NO_PROPOSAL_CHOSEN")
    if expected == ANY:
        return "start", "the peer waits for any address, so it cannot start"
    if expected != public:
        return "address", "no answer"
    return None if meets else ("address", "NO_PROPOSAL_CHOSEN")


def _unanswered(case: Case, start: Endpoint, respond: Endpoint, suite: Suite | None) -> Stop | None:
    """Whether the first exchange fails: version, proposals, or messages that would need IP fragments."""
    if start.initiates not in respond.versions:
        return "version", "NO_PROPOSAL_CHOSEN"
    if suite is None:
        return "ike-proposal", "NO_PROPOSAL_CHOSEN"
    if start.initiates == IKEV2 and not case.path.fragments and not init_fits(start, suite, case.path.mtu_bytes):
        return "fragments", "no answer"
    return None


def _needs_4500(case: Case, initiator: Initiator, version: int) -> bool:
    """IKEv2 floats to UDP 4500 when the initiator supports MOBIKE (the router does); else only NAT, real or faked,
    makes it float.
    """
    if version == IKEV2 and (initiator == "router" or case.peer.mobike):
        return True
    nat = case.path.peer_nat != "none" or case.router.local_ip not in (None, case.router.publicip)
    return nat or case.path.userland_esp or case.router.forceencap or bool(case.peer.forceencaps)


def _is_peer(gateway: str, address: str) -> bool:
    """Whether the gateway leads to this address; a name or a peer without a fixed address is taken to."""
    return address in (ANY, gateway) or network(gateway) is None


def _refused(case: Case, config: RouterConfig, initiator: Initiator, version: int) -> Stop | None:
    """Whether authentication fails. Aggressive Mode with a key is refused by strongSwan, and Main Mode by a peer set to
    aggressive.
    """
    peer = case.peer
    if version == 1 and peer.aggressive:
        return "mode", "AUTHENTICATION_FAILED"
    stage: Stage | None = None
    if not _expects(peer.peer_id or ANY, config.own_id, initiator, version):
        stage = "identity"
    elif not same_identity(case.router.gateway, peer.id or ANY):
        stage = "peer-identity"
    elif not by_key_alone(peer, version):
        stage = "authentication"
    if stage:
        return stage, "AUTHENTICATION_FAILED"
    if initiator in peer.keyless:
        return "key", "no shared key found"
    if case.psk_of(initiator) == "unequal":
        return "key", "AUTHENTICATION_FAILED" if version == IKEV2 else "PAYLOAD_MALFORMED"
    if version == IKEV2 and peer.childless == "force" and initiator == "router":
        return "childless", "INVALID_SYNTAX"
    return None


def _expects(expected: str, own: str, initiator: Initiator, version: int) -> bool:
    """Whether the peer takes the router's identity. Where it starts with IKEv2 it sends the one that it expects, so
    that a network of addresses, which the router does not have, fits no more.
    """
    if initiator == "peer" and version == IKEV2 and not identity(expected).wild:
        return identity(expected) == identity(own)
    return accepts(expected, own)


def by_key_alone(peer: PeerSide, version: int) -> bool:
    """Whether the peer authenticates itself by its key and asks for nothing else of the router, which has no other. A
    second round with a key passes in IKEv2, where it adds nothing (measured).
    """
    own = set(peer.auth) == {PSK} and (version == IKEV2 or len(peer.auth) == 1)
    return own and peer.peer_auth in ((PSK,), (ANY_METHOD,))


_ADDRESS_FAILS: Final = frozenset({("asks", "peer"), ("gives", "router")})


def _child_failure(peer: PeerSide, initiator: Initiator, version: int) -> str | None:
    """What hinders every CHILD_SA whatever was proposed: a mode that the router does not have, or an inner address that
    the initiator asks for in vain, or does not ask for (IKEv1: the peer waits for the question before it starts a
    child). All measured.
    """
    if peer.mode != "tunnel":
        return "INVALID_ID_INFORMATION" if version == 1 else "NO_PROPOSAL_CHOSEN"
    if version == 1:
        return "no request for an address" if (peer.virtual_ip, initiator) == ("gives", "peer") else None
    return "INTERNAL_ADDRESS_FAILURE" if (peer.virtual_ip, initiator) in _ADDRESS_FAILS else None


def _elsewhere(case: Case, peer: Endpoint, version: int, stage: Stage, suite: Suite | None) -> Established | None:
    """The remote-access connection (left = public address, right = any) takes a peer with a wrong address or identity.

    Its selectors never fit. The key is found by the router's own address alone, so it must still be the same. With a
    wrong address its own proposals hold, the defaults; with a wrong identity the suite was selected before.
    """
    if not case.router.remote_access or case.psk == "unequal" or stage not in ("address", "peer-identity"):
        return None
    if case.peer.peer_address != case.router.publicip or (version == 1 and case.peer.aggressive):
        return None
    if stage == "address":
        suite = ike_suite(peer, replace(peer, ike=default_proposals("ike")), version)
    error = "INVALID_ID_INFORMATION" if version == 1 else "TS_UNACCEPTABLE"
    return Established(version, suite, error=error, child_errors=(error,), elsewhere=True) if suite else None
