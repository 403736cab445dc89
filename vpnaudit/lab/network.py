"""The network of a run: the router's end and the peer's, with the internet as a third between them.

    router end  eth0 ───── near ┐ middle ┌ far ───── eth0  peer end

The middle routes between the two outer addresses and knows no other: inner addresses reach the far end through the
tunnel or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.ipsec.sides import Path as NetworkPath
    from vpnaudit.lab.namespaces import Namespace

_HOP: Final = "169.254.254.1"  # the middle's address on both of its links: an address of the link only (RFC 3927)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an end is: its own address, the one it is reached under (another only behind a NAT), and the hosts of its
    subnets.
    """

    address: str
    outer_address: str
    hosts: tuple[str, ...]


def connect(
    middle: Namespace, router: tuple[Namespace, Place], peer: tuple[Namespace, Place], path: NetworkPath
) -> None:
    """Lay the links between three namespaces, and let the middle do what `path` says.

    Raises:
        LabError: a command failed.
    """
    ends = (("near", *router), ("far", *peer))
    links = []
    for link, namespace, place in ends:
        links += [
            f"link add name {link} type veth peer name eth0 netns {namespace.pid}",
            f"addr add {_HOP}/32 dev {link}",
            f"link set {link} mtu {path.mtu_bytes} up",
            f"route add {place.address}/32 dev {link}",
        ]
    middle.must("ip", "-batch", "-", stdin="\n".join(links), mounts=False)
    middle.must("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
    for _, namespace, place in ends:
        _inside(namespace, place, path.mtu_bytes)
    rules = [*_nat(router[1], peer[1], path), *_filter(path)]
    if rules:
        middle.must("sh", "-ec", "\n".join(f"iptables -w {rule}" for rule in rules))


def _inside(namespace: Namespace, place: Place, mtu_bytes: int) -> None:
    commands = [f"addr add {place.address}/32 dev eth0", f"link set eth0 mtu {mtu_bytes} up"]
    commands += [f"addr add {host}/32 dev lo" for host in place.hosts if host != place.address]
    commands.append(f"route add default via {_HOP} dev eth0 onlink src {place.address}")
    namespace.must("ip", "-batch", "-", stdin="\n".join(commands), mounts=False)
    # decrypted packets arrive on another interface than the one that leads back before the tunnel is up
    namespace.must(
        "sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter"
    )


def _nat(router: Place, peer: Place, path: NetworkPath) -> Iterable[str]:
    for link, place in (("near", router), ("far", peer)):
        if place.outer_address == place.address:
            continue
        opposite = "far" if link == "near" else "near"
        yield f"-t nat -A POSTROUTING -o {opposite} -s {place.address} -j SNAT --to-source {place.outer_address}"
        if link == "near" or path.peer_nat != "masquerade":
            outer = place.outer_address
            yield f"-t nat -A PREROUTING -i {opposite} -d {outer} -j DNAT --to-destination {place.address}"


def _filter(path: NetworkPath) -> Iterable[str]:
    for port, passes in ((500, path.udp_500), (4500, path.udp_4500)):
        if not passes:
            yield f"-A FORWARD -p udp --dport {port} -j DROP"
    if not path.fragments:
        yield "-t raw -A PREROUTING -f -j DROP"
