"""One axis for "what kind of packet": protocol and port, or protocol and ICMP type and code, as one integer.

TCP and UDP packets differ by destination port, ICMP packets by type and code, all others by protocol alone. Laid end to
end in protocol order these kinds fill 0 … `COUNT` - 1, and every rule of an ACL names one interval of them, *all*
included. A packet is then a point of a plane (remote address, service), and a rule a rectangle.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Span = tuple[int, int]
"""First and last integer of an interval, both in it."""

ICMP, TCP, UDP = 1, 6, 17
DETAILS = 65_536
"""Ports of TCP and UDP; for ICMP 256 * type + code."""
PROTOCOL_NAMES = {
    1: "icmp",
    2: "igmp",
    4: "ipip",
    6: "tcp",
    17: "udp",
    41: "ipv6",
    47: "gre",
    50: "esp",
    51: "ah",
    89: "ospf",
    132: "sctp",
}
"""The words for protocol numbers (IANA protocol numbers, lower case) in messages; others are shown as numbers."""
_NUMBERS = {name: number for number, name in PROTOCOL_NAMES.items()}

_STARTS = tuple(accumulate((DETAILS if p in (ICMP, TCP, UDP) else 1 for p in range(256)), initial=0))
COUNT = _STARTS[256]
EVERY: Span = (0, COUNT - 1)
_WORDS_LIMIT = 12


@lru_cache(maxsize=1024)
def protocol_number(text: str | int) -> int | None:
    """The protocol number for a word (`tcp`, `gre`) or a number as text, any case; None when it names no protocol."""
    word = str(text).strip().lower()
    number = _NUMBERS.get(word, int(word) if word.isascii() and word.isdigit() else -1)
    return number if 0 <= number < len(_STARTS) - 1 else None


def span(protocol: int, first: int = 0, last: int | None = None) -> Span:
    """The services of one protocol; for TCP, UDP and ICMP from detail `first` to `last` (default: its end)."""
    start = _STARTS[protocol]
    if protocol not in (ICMP, TCP, UDP):
        return start, start
    return start + first, start + (DETAILS - 1 if last is None else last)


def split(service: int) -> tuple[int, int]:
    """Protocol number and detail (port; for ICMP 256 * type + code; 0 for the others) of one service."""
    protocol = bisect_right(_STARTS, service) - 1
    return protocol, service - _STARTS[protocol]


def disjoint_pieces(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Services as (protocol interval, detail interval): a detail interval that is not whole belongs to one protocol.

    Neighbours are joined where both are whole protocols; for protocols without detail the detail interval is whole by
    convention.
    """
    pieces: list[tuple[Span, Span]] = []
    whole = (0, DETAILS - 1)
    for low, high in spans:
        first, from_detail = split(low)
        last, to_detail = split(high)
        for protocol in range(first, last + 1):
            a, b = span(protocol)
            detail = (
                from_detail if protocol == first else 0,
                to_detail if protocol == last and a != b else DETAILS - 1,
            )
            if detail == whole and pieces and pieces[-1] == ((pieces[-1][0][0], protocol - 1), whole):
                pieces[-1] = ((pieces[-1][0][0], protocol), whole)
            else:
                pieces.append(((protocol, protocol), detail))
    return pieces


def complement(spans: Sequence[Span]) -> tuple[Span, ...]:
    """All services that are in none of these sorted, disjoint intervals."""
    edges = [-1, *(e for low, high in spans for e in (low - 1, high)), COUNT - 1]
    return tuple((a + 1, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)


def words(spans: Sequence[Span]) -> str:
    """Sorted, disjoint service intervals as people say them: `tcp 22, 443; icmp type 8`, `everything`, `everything but
    udp 53`.
    """
    if tuple(spans) == (EVERY,):
        return "everything"
    inverse = complement(spans)
    if len(inverse) < len(spans):
        return f"everything but {_spans_in_words(inverse)}"
    return _spans_in_words(spans)


def _spans_in_words(spans: Sequence[Span]) -> str:
    groups: dict[str, list[str]] = {}
    for index, ((first, last), (low, high)) in enumerate(disjoint_pieces(spans)):
        if index == _WORDS_LIMIT:
            groups["and more"] = []
            break
        if first != last:
            groups[f"protocols {first}-{last}"] = []
            continue
        name = PROTOCOL_NAMES.get(first, f"protocol {first}")
        details = groups.setdefault(name, [])
        if (low, high) != (0, DETAILS - 1):
            details.append(_icmp(low, high) if first == ICMP else str(low) if low == high else f"{low}-{high}")
    return "; ".join(f"{name} {', '.join(details)}".rstrip() for name, details in groups.items()) or "nothing"


def _icmp(low: int, high: int) -> str:
    (first, code), (last, last_code) = divmod(low, 256), divmod(high, 256)
    if (code, last_code) == (0, 255):
        return f"type {first}" if first == last else f"types {first}-{last}"
    return f"type {first}/{code}" if low == high else f"type {first}/{code} to {last}/{last_code}"
