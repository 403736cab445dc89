"""Sets of packets, exactly: rectangles over remote address and service (`services`), in one canonical form.

A set is a sorted tuple of bands of addresses; inside a band the same services are in the set. Bands are disjoint,
services of a band are sorted and disjoint, and equal neighbours are joined, so two sets are the same packets if and
only if they are `==`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, summarize_address_range
from typing import TYPE_CHECKING, NamedTuple

from vpnaudit.acl import services
from vpnaudit.acl.services import Span
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Spans = tuple[Span, ...]
Band = tuple[int, int, Spans]

EVERY_ADDRESS: Span = (0, 2**32 - 1)
_CIDRS_IN_WORDS = 4
_GROUPS_IN_WORDS = 5
_USUAL = ((services.TCP, 443), (services.TCP, 22), (services.TCP, 80), (services.UDP, 53), (services.ICMP, 8 * 256))


class Box(NamedTuple):
    """A rectangle as firewall people see it: three intervals, first and last both in it.

    `details` are ports of TCP and UDP, 256 * type + code of ICMP, and 0-65535 for protocols that have neither.
    """

    addresses: Span
    protocols: Span
    details: Span


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a flow, seen from an ACL: `remote` is the far side's IPv4 address, `service` the point on the
    service axis.
    """

    remote: int
    service: int

    @classmethod
    def of(
        cls, remote: str, proto: str | int, *, port: int | None = None, icmp_type: int = 8, icmp_code: int = 0
    ) -> Packet:
        """A packet from words: `Packet.of("192.168.10.7", "tcp", port=443)`.

        Raises:
            ConfigError: no IPv4 address, no protocol, TCP or UDP without a port, or a number out of range.
        """
        number = services.protocol_number(proto)
        if number is None:
            raise ConfigError(
                f"{proto!r} is no protocol: give tcp, udp, icmp, another name such as gre, or a number from 0 to 255"
            )
        try:
            address = int(IPv4Address(remote))
        except ValueError as error:
            raise ConfigError(f"{remote!r} is no IPv4 address: give one such as 192.168.10.7") from error
        detail = icmp_type * 256 + icmp_code if number == services.ICMP else port
        if number not in (services.ICMP, services.TCP, services.UDP):
            detail = 0
        if detail is None:
            raise ConfigError(f"A {proto} packet has a destination port: give one, such as port=443")
        if not 0 <= detail < services.DETAILS:
            raise ConfigError(
                f"{proto} {detail} is out of range: ports go from 0 to 65535, ICMP types and codes from 0 to 255"
            )
        return cls(address, services.span(number, detail)[0])

    def __str__(self) -> str:
        return f"{services.words([(self.service, self.service)])} with {IPv4Address(self.remote)}"


@dataclass(frozen=True, slots=True)
class PacketSet:
    """An immutable set of packets; see the module for the form. Use `|`, `&`, `-`, `in`, `bool()` and `==`."""

    bands: tuple[Band, ...] = ()

    @classmethod
    def box(cls, addresses: Span = EVERY_ADDRESS, service: Span = services.EVERY) -> PacketSet:
        """All packets with a remote address and a service in these intervals; empty when an interval is (last <
        first).
        """
        if addresses[0] > addresses[1] or service[0] > service[1]:
            return EMPTY
        return cls(((*addresses, (service,)),))

    @classmethod
    def from_bands(cls, bands: Iterable[Band]) -> PacketSet:
        """Bands that are sorted and disjoint, made canonical: bands without services go, equal neighbours are
        joined.
        """
        joined: list[Band] = []
        for low, high, spans in bands:
            if not spans:
                continue
            if joined and joined[-1][1] + 1 == low and joined[-1][2] == spans:
                joined[-1] = (joined[-1][0], high, spans)
            else:
                joined.append((low, high, spans))
        return cls(tuple(joined))

    def __or__(self, other: PacketSet) -> PacketSet:
        return self._combine(other, lambda a, b: a or b)

    def __and__(self, other: PacketSet) -> PacketSet:
        return self._combine(other, lambda a, b: a and b)

    def __sub__(self, other: PacketSet) -> PacketSet:
        return self._combine(other, lambda a, b: a and not b)

    def __bool__(self) -> bool:
        return bool(self.bands)

    def __contains__(self, packet: Packet) -> bool:
        return any(
            low <= packet.remote <= high and any(first <= packet.service <= last for first, last in spans)
            for low, high, spans in self.bands
        )

    def __str__(self) -> str:
        return self.words()

    @property
    def size(self) -> int:
        """How many different packets (remote address, protocol, port or type and code) are in the set."""
        return sum((high - low + 1) * sum(last - first + 1 for first, last in spans) for low, high, spans in self.bands)

    def boxes(self) -> Iterator[Box]:
        """The set as disjoint boxes, by address, then protocol, then detail."""
        for low, high, spans in self.bands:
            for protocols, details in services.disjoint_pieces(spans):
                yield Box((low, high), protocols, details)

    def sample(self) -> Packet | None:
        """One packet of the set, a usual one where there is one (TCP 443, a host rather than a network address); None
        when empty.
        """
        if not self.bands:
            return None
        for protocol, detail in _USUAL:
            service = services.span(protocol, detail)[0]
            for low, high, spans in self.bands:
                if any(first <= service <= last for first, last in spans):
                    return Packet(min(low + 1, high), service)
        low, high, spans = self.bands[0]
        return Packet(min(low + 1, high), spans[0][0])

    def words(self, side: str = "from") -> str:
        """The set in words, `tcp 22, 443 from 192.168.10.0/24`; `side` is `to` for packets that leave a tier."""
        groups: dict[Spans, list[Span]] = {}
        for low, high, spans in self.bands:
            groups.setdefault(spans, []).append((low, high))
        texts = [f"{services.words(spans)} {side} {_addresses(where)}" for spans, where in groups.items()]
        more = len(texts) - _GROUPS_IN_WORDS
        return "; ".join([*texts[:_GROUPS_IN_WORDS], *([f"and {more} more"] if more > 0 else [])]) or "nothing"

    def _combine(self, other: PacketSet, keep: Callable[[bool, bool], bool]) -> PacketSet:
        """Sweep over the addresses of both; services of each pair of bands are combined once and remembered."""
        combined: dict[tuple[Spans, Spans], Spans] = {}
        bands = []
        for low, high, mine, theirs in _both(self.bands, other.bands):
            pair = (mine, theirs)
            if pair not in combined:
                combined[pair] = _combine_spans(mine, theirs, keep)
            bands.append((low, high, combined[pair]))
        return PacketSet.from_bands(bands)


EMPTY = PacketSet()
EVERYTHING = PacketSet.box()


def _both(mine: tuple[Band, ...], theirs: tuple[Band, ...]) -> Iterator[tuple[int, int, Spans, Spans]]:
    """The address axis cut at every edge of either, with the services that each has there."""
    events = sorted(
        (at, side, spans)
        for side, bands in enumerate((mine, theirs))
        for low, high, band_spans in bands
        for at, spans in ((low, band_spans), (high + 1, ()))
    )
    now: list[Spans] = [(), ()]
    for index, (at, side, spans) in enumerate(events):
        # An end sorts before the start that follows at the same address, since () is the smallest tuple.
        now[side] = spans
        until = events[index + 1][0] if index + 1 < len(events) else at
        if until > at:
            yield at, until - 1, now[0], now[1]


def _combine_spans(mine: Spans, theirs: Spans, keep: Callable[[bool, bool], bool]) -> Spans:
    events = sorted(
        (at, side, inside)
        for side, spans in enumerate((mine, theirs))
        for a, b in spans
        for at, inside in ((a, True), (b + 1, False))
    )
    now, combined, start = [False, False], [], None
    for index, (at, side, inside) in enumerate(events):
        now[side] = inside
        if index + 1 < len(events) and events[index + 1][0] == at:
            continue
        included = keep(*now)
        if included and start is None:
            start = at
        elif not included and start is not None:
            combined.append((start, at - 1))
            start = None
    return tuple(combined)


def _addresses(spans: list[Span]) -> str:
    if spans == [EVERY_ADDRESS]:
        return "anywhere"
    texts: list[str] = []
    for low, high in spans:
        first, last = IPv4Address(low), IPv4Address(high)
        cidrs = [str(net) for net in summarize_address_range(first, last)]
        texts += cidrs if len(cidrs) <= _CIDRS_IN_WORDS // 2 else [f"{first}-{last}"]
    more = len(texts) - _CIDRS_IN_WORDS
    return ", ".join([*texts[:_CIDRS_IN_WORDS], *([f"{more} more ranges"] if more > 0 else [])])
