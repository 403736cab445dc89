"""Which connection a far side of the table `peers` belongs to, and why some belong to none.

A row that names its connection belongs to that. Else the tunnel's addresses decide; then the identity that the far side
shows; then, for one whose own address says nothing (unknown, any, or behind a NAT), the router that it names, where
only one connection of that router is without a far side, or its networks tell which.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from vpnaudit.estate.tables import records
from vpnaudit.ipsec.identities import identity
from vpnaudit.ipsec.selectors import networks
from vpnaudit.ipsec.sides import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from ipaddress import IPv4Network

    from vpnaudit.estate.tables import Tables

    Row = dict[str, Any]
    Key = tuple[str, str]

_NAMED: Final = 5


@dataclass(slots=True)
class JoinedPeers:
    """The rows of each connection, by source and id, and those of none with the reason."""

    rows: dict[Key, list[Row]] = field(default_factory=dict)
    without_connection: list[tuple[Row, str]] = field(default_factory=list)

    def add(self, connection: Row, row: Row) -> None:
        """A row belongs to a connection."""
        self.rows.setdefault((connection["source"], connection["id"]), []).append(row)


def joined_peers(tables: Tables) -> JoinedPeers:
    """The rows of `peers` joined with those of `tunnels`. Of each row the columns that decide, and its `position`."""
    tunnels = records(tables["tunnels"][list(_TUNNEL)])
    peers = records(tables["peers"][list(_PEER)].assign(position=np.arange(len(tables["peers"]))))
    joined = JoinedPeers()
    remaining = _by_fields(tunnels, peers, joined)
    known = {*joined.rows, *_answered_connections(tables)}
    free = _Free([one for one in tunnels if (one["source"], one["id"]) not in known] if remaining else [])
    for row in remaining:
        matches, why = _by_router(free, row)
        if len(matches) == 1:
            joined.add(matches[0], row)
        else:
            joined.without_connection.append((row, why))
    return joined


_TUNNEL: Final = ("source", "id", "gateway", "public_ip", "cidr_list", "vpc_cidr")
_PEER: Final = (
    *("name", "file", "book", "line", "connection_id", "id", "address", "public_address", "peer_address"),
    *("local_subnets", "remote_subnets"),
)


class _Free:
    """The connections that have no far side yet, by their router and by their remote networks."""

    def __init__(self, tunnels: list[Row]) -> None:
        self.all = tunnels
        self._at: dict[str | None, list[Row]] = {}
        for one in tunnels:
            self._at.setdefault(one["public_ip"], []).append(one)
        self._meeting: dict[tuple[str, str], list[Row]] = {}

    def at(self, router: str) -> list[Row]:
        """Those of the router with this address."""
        return self._at.get(router, [])

    def meeting(self, row: Row) -> list[Row]:
        """Those whose networks on both sides meet those of a row of `peers`: see `_narrowed`."""
        key = (row["local_subnets"], row["remote_subnets"])
        if key not in self._meeting:
            nets = [net for net in networks(key[0].split(",")) if net.prefixlen]
            places = sorted({place for net in nets for place in self._overlapping(net)})
            self._meeting[key] = _narrowed([self.all[place] for place in places], row)
        return self._meeting[key]

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """First address of each remote network and the place of its connection, in order."""
        return sorted((int(net.network_address), place) for net, place in self._networks)

    @cached_property
    def _holders(self) -> dict[tuple[int, int], list[int]]:
        """The places of connections by first address and prefix of their remote networks."""
        places: dict[tuple[int, int], list[int]] = {}
        for net, place in self._networks:
            places.setdefault((int(net.network_address), net.prefixlen), []).append(place)
        return places

    @cached_property
    def _networks(self) -> list[tuple[IPv4Network, int]]:
        return [
            (net, place) for place, one in enumerate(self.all) for net in networks((one["cidr_list"] or "").split(","))
        ]

    def _overlapping(self, net: IPv4Network) -> Iterator[int]:
        """Of two networks that overlap one holds the other."""
        first, last = int(net.network_address), int(net.broadcast_address)
        for prefix in range(1, net.prefixlen + 1):
            size = 1 << net.max_prefixlen - prefix
            yield from self._holders.get((first // size * size, prefix), ())
        low, high = bisect_left(self._places, (first, 0)), bisect_left(self._places, (last + 1, 0))
        yield from (place for _, place in self._places[low:high])


def _answered_connections(tables: Tables) -> set[Key]:
    """The connections whose far side is another VPC's connection back."""
    pairs = tables["pairs"]
    answered = pairs[pairs["id_far"].notna()]
    return set(zip(answered["source"], answered["id"], strict=True))


def unjoined(tables: Tables) -> list[tuple[str, str, int | None, str]]:
    """The far sides that belong to no connection: name, file, line and reason, in the order of `peers`."""
    joined = joined_peers(tables)
    return [(row["name"], row["file"] or row["book"], row["line"], why) for row, why in joined.without_connection]


def _by_fields(tunnels: list[Row], peers: list[Row], joined: JoinedPeers) -> list[Row]:
    """Join by what names the connection: its id, both addresses, or identity and router; returns the others."""
    by_id: dict[str, list[Row]] = {}
    by_gateway: dict[str, list[Row]] = {}
    for one in tunnels:
        by_id.setdefault(one["id"], []).append(one)
        if one["gateway"]:
            by_gateway.setdefault(one["gateway"], []).append(one)
    taken = {row["connection_id"] for row in peers if row["connection_id"] in by_id}
    remaining = []
    for row in peers:
        if row["connection_id"]:
            matches = by_id.get(row["connection_id"], [])
            if not matches:
                joined.without_connection.append((row, f"there is no connection {row['connection_id']} in this estate"))
        else:
            address = row["public_address"] or row["address"]
            matches = _at_router(by_gateway.get(address or "", ()), row) or _at_router(
                by_gateway.get(_shown_address(row) or "", ()), row
            )
            remaining += [] if matches else [row]
        for one in matches:
            if row["connection_id"] or one["id"] not in taken:
                joined.add(one, row)
    return remaining


def _at_router(tunnels: Iterable[Row], row: Row) -> list[Row]:
    """Those of the connections whose router the row names; all of them where it names none."""
    router = row["peer_address"]
    return [one for one in tunnels if router in (None, ANY, one["public_ip"])]


def _shown_address(row: Row) -> str | None:
    """The identity of the far side as an address, where somebody wrote one, with or without `@`."""
    shown = row["id"]
    return None if shown is None else shown.lstrip("@") if identity(shown.lstrip("@")).kind == "address" else shown


def _by_router(free: _Free, row: Row) -> tuple[list[Row], str]:
    """The connections without a far side that the row can mean, or why it means none."""
    router = row["peer_address"]
    if router in (None, ANY):
        matches = free.meeting(row) if row["local_subnets"] and row["remote_subnets"] else []
        return matches, _several(matches, "it names no router and no address of a customer gateway")
    near = free.at(router)
    if not near:
        return [], f"it names {router}, which is no router of this estate with a connection that has no far side yet"
    address = row["public_address"] or row["address"]
    own = identity(address or ANY)
    if own.kind == "address" and not _hidden(own.value):
        return [], _several([], f"it names the router, and its own address {address} is no customer gateway's")
    if len(near) > 1:
        near = _narrowed(near, row)
    return near, _several(near, "it names the router, which has several connections without a far side")


def _hidden(address: str) -> bool:
    """Whether the router sees another address, since this one is of a private network."""
    return any(net.overlaps(other) for net in networks((address,)) for other in _PRIVATE)


_PRIVATE: Final = networks(("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16"))


def _narrowed(tunnels: list[Row], row: Row) -> list[Row]:
    """Those whose networks on both sides meet those of the row."""
    return [
        one
        for one in tunnels
        if _meets(one["cidr_list"], row["local_subnets"]) and _meets(one["vpc_cidr"], row["remote_subnets"])
    ]


def _meets(ours: str | None, theirs: str | None) -> bool:
    near, far = networks((ours or "").split(",")), networks((theirs or "").split(","))
    return any(net.prefixlen and other.prefixlen and net.overlaps(other) for net in near for other in far)


def _several(matches: list[Row], otherwise: str) -> str:
    bind: Callable[[str], str] = "{}: name it with --peers FILE=CONNECTION or connection_id".format
    if len(matches) < 2:  # noqa: PLR2004 - one is not several
        return bind(otherwise)
    names = ", ".join(one["id"] for one in matches[:_NAMED])
    return bind(f"{len(matches)} connections fit it ({names})")
