"""What the lab runs: a case in which everything is known, and where its ends and hosts are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from itertools import product
from typing import TYPE_CHECKING, Final

from vpnaudit.errors import LabError
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.differences import differences
from vpnaudit.ipsec.router import DECIMAL_HOURS, era, router_config
from vpnaudit.ipsec.selectors import networks
from vpnaudit.ipsec.sides import ANY, Case
from vpnaudit.lab.network import Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.ipsec.sides import Path, PeerSide, RouterSide

_SOMEWHERE: Final = "203.0.113.2"  # a peer whose address nobody knows (TEST-NET-3, RFC 5737)
_HOST: Final = 5
_HOSTS_AT_MOST: Final = 12
_ONE_ROUND_EACH: Final = 2


@dataclass(frozen=True, slots=True)
class LabCase:
    """A case that can be run.

    `assumed` are the fields that were not known and were taken as equal; `limits` say what the lab plays otherwise than
    it is. `names` are host names with their addresses; `probes` the packets that decide whether a tunnel carries what
    either side configures.
    """

    case: Case
    assumed: tuple[str, ...]
    limits: tuple[str, ...]
    router: Place
    peer: Place
    names: dict[str, str]
    probes: tuple[tuple[str, str], ...]


def lab_case(router: RouterSide, peer: PeerSide, psk: str, path: Path) -> LabCase:
    """Fill in what is not known, as a prediction does, and lay out the addresses.

    Raises:
        LabError: an address is none, or both ends have the same.
    """
    case = Case(router, peer, "unequal" if psk == "unequal" else "equal", replace(path, userland_esp=True))
    unknown = [difference for difference in differences(case, router_config(router)) if difference.state == "unknown"]
    for difference in unknown:
        case = difference.repair(case)
    limits = _limits(router, peer)
    case = case.with_peer(exact_selectors=False)
    ours, theirs = _router_place(case.router), _peer_place(case)
    if ours.address == theirs.address or ours.outer_address == theirs.outer_address:
        raise LabError(
            f"Both ends have the address {ours.outer_address}: that is no tunnel. Correct the gateway of the"
            " connection."
        )
    near, far = (
        _hosts((router.vpc_cidr, *(case.peer.remote_subnets or ()))),
        _hosts((*_far(router), *(case.peer.subnets or ()))),
    )
    probes = tuple(
        (near_host, far_host)
        for near_host, far_host in product(near, far)
        if near_host != far_host and near_host not in far and far_host not in near
    )
    if len(near) * len(far) > len(probes):
        limits.append("a pair of subnets that overlap, or one of very many, is not pinged")
    return LabCase(
        case=case,
        assumed=tuple(difference.field for difference in unknown),
        limits=tuple(limits),
        router=replace(ours, hosts=near),
        peer=replace(theirs, hosts=far),
        names={} if _is_address(router.gateway) else {router.gateway: theirs.outer_address},
        probes=probes,
    )


def _limits(router: RouterSide, peer: PeerSide) -> list[str]:
    limits = []
    if peer.implementation not in ("strongswan", "cloudstack"):
        limits.append("the peer is played by strongSwan 5.9.8")
    if peer.exact_selectors:
        limits.append(
            "the peer wants exact selectors and strongSwan narrows them: the real peer may refuse where the lab"
            " does not"
        )
    if peer.childless == "force" or peer.virtual_ip or len(peer.auth) + len(peer.peer_auth) > _ONE_ROUND_EACH:
        limits.append("IKE_SAs without a child, inner addresses and second rounds of authentication are not played")
    if era(router.cloudstackversion).lifetime_unit == "decimal":
        limits.append(DECIMAL_HOURS)
    if not router_config(router).written:
        limits.append("a router of this version fails before it writes the connection: the lab has no file for it")
    return limits


def _far(router: RouterSide) -> tuple[str, ...]:
    return tuple(router.cidrlist.split(","))


def _router_place(router: RouterSide) -> Place:
    return Place(
        _address("router's address", router.local_ip or router.publicip), _address("publicip", router.publicip), ()
    )


def _peer_place(case: Case) -> Place:
    """A peer without an address of its own is where the router looks for it."""
    peer = case.peer
    router_sees = case.router.gateway if _is_address(case.router.gateway) else _SOMEWHERE
    address = router_sees if peer.address == ANY else _address("peer's address", peer.address)
    return Place(address, _address("peer's public address", peer.public_address or address), ())


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True


def _address(what: str, text: str) -> str:
    if not _is_address(text):
        raise LabError(
            f"The {what} is {one_line(text)[:60]!r}, which is no IPv4 address. The lab needs one: correct it, then"
            " prove again."
        )
    return text


def _hosts(cidrs: Iterable[str]) -> tuple[str, ...]:
    """The fifth address of each subnet; 0.0.0.0/0 is no subnet of its own."""
    subnets = [net for net in networks(cidrs) if net.prefixlen]
    hosts = dict.fromkeys(str(net[_HOST] if net.num_addresses > _HOST else net[0]) for net in subnets)
    return tuple(hosts)[:_HOSTS_AT_MOST]
