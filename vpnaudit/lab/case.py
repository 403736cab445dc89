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
    known = Case(router, peer, "unequal" if psk == "unequal" else "equal", replace(path, userland_esp=True))
    unknown = [one for one in differences(known, router_config(router)) if one.state == "unknown"]
    for one in unknown:
        known = one.repair(known)
    limits = (
        ["the peer is played by strongSwan 5.9.8"] if peer.implementation not in ("strongswan", "cloudstack") else []
    )
    if peer.exact_selectors:
        limits.append(
            "the peer wants exact selectors and strongSwan narrows them: the real peer may refuse where the lab"
            " does not"
        )
    if era(router.cloudstackversion).lifetime_unit == "decimal":
        limits.append(DECIMAL_HOURS)
    if not router_config(router).written:
        limits.append("a router of this version fails before it writes the connection: the lab has no file for it")
    known = known.with_peer(exact_selectors=False)
    ours, theirs = _router_place(known.router), _peer_place(known)
    if ours.address == theirs.address or ours.seen == theirs.seen:
        raise LabError(
            f"Both ends have the address {ours.seen}: that is no tunnel. Correct the gateway of the connection."
        )
    near, far = (
        _hosts((router.vpc_cidr, *(known.peer.remote_subnets or ()))),
        _hosts((*_far(router), *(known.peer.subnets or ()))),
    )
    probes = tuple(
        (one, other) for one, other in product(near, far) if one != other and one not in far and other not in near
    )
    if len(near) * len(far) > len(probes):
        limits.append("a pair of subnets that overlap, or one of very many, is not pinged")
    return LabCase(
        case=known,
        assumed=tuple(one.field for one in unknown),
        limits=tuple(limits),
        router=replace(ours, hosts=near),
        peer=replace(theirs, hosts=far),
        names={} if _is_address(router.gateway) else {router.gateway: theirs.seen},
        probes=probes,
    )


def _far(router: RouterSide) -> tuple[str, ...]:
    return tuple(router.cidrlist.split(","))


def _router_place(router: RouterSide) -> Place:
    return Place(
        _address("router's address", router.local_ip or router.publicip), _address("publicip", router.publicip), ()
    )


def _peer_place(case: Case) -> Place:
    """A peer without an address of its own is where the router looks for it."""
    peer = case.peer
    there = case.router.gateway if _is_address(case.router.gateway) else _SOMEWHERE
    address = there if peer.address == ANY else _address("peer's address", peer.address)
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
    wanted = [net for net in networks(cidrs) if net.prefixlen]
    hosts = dict.fromkeys(str(net[_HOST] if net.num_addresses > _HOST else net[0]) for net in wanted)
    return tuple(hosts)[:_HOSTS_AT_MOST]
