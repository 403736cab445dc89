"""Traffic selectors: which pairs of subnets a CHILD_SA carries, by IKE version.

IKEv2 narrows: the responder answers with the intersection of both lists (RFC 7296 2.9). IKEv1 knows one pair per SA
(RFC 2409 5.5): strongSwan proposes the first subnet of each list and never mentions the others.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Coverage = Literal["carried", "part", "lost"]


@lru_cache(maxsize=65536)
def network(text: str) -> IPv4Network | None:
    """A subnet as strongSwan takes it: surrounding spaces and host bits do not matter; None: it is none."""
    try:
        return IPv4Network(text.strip(), strict=False)
    except ValueError:
        return None


def networks(texts: Iterable[str]) -> tuple[IPv4Network, ...]:
    """The subnets of a list in order; what is none is left out, as strongSwan leaves it out."""
    return tuple(net for text in texts if (net := network(text)) is not None)


@dataclass(frozen=True, slots=True)
class ChildConfig:
    """One configured connection: its name, and the subnets on its own and on the other side."""

    name: str
    local: tuple[IPv4Network, ...]
    remote: tuple[IPv4Network, ...]


@dataclass(frozen=True, slots=True)
class Selectors:
    """What a CHILD_SA carries, seen from its initiator."""

    local: tuple[IPv4Network, ...]
    remote: tuple[IPv4Network, ...]

    def turned(self) -> Selectors:
        """The same seen from the other side."""
        return Selectors(self.remote, self.local)


def intersect(one: Sequence[IPv4Network], other: Sequence[IPv4Network]) -> tuple[IPv4Network, ...]:
    """The intersection of two lists, in the order of the first, without what another member covers."""
    shared: list[IPv4Network] = []
    for mine in one:
        for theirs in other:
            if mine.overlaps(theirs):
                narrow = mine if mine.prefixlen >= theirs.prefixlen else theirs
                if not any(narrow.subnet_of(have) for have in shared):
                    shared = [have for have in shared if not have.subnet_of(narrow)]
                    shared.append(narrow)
    return tuple(shared)


def proposed(config: ChildConfig, version: int) -> Selectors:
    """What the initiator proposes for one of its connections."""
    if version == 1:
        return Selectors(config.local[:1], config.remote[:1])
    return Selectors(config.local, config.remote)


def answered(configs: Sequence[ChildConfig], offer: Selectors, version: int, *, exact: bool) -> Selectors | None:
    """What the responder answers to `offer` (both as the initiator sees it); None: TS_UNACCEPTABLE or
    INVALID_ID_INFORMATION.

    Args:
        configs: the responder's connections, as it sees them. strongSwan takes the one that fits best, equality before
            containment, earlier offered subnets before later ones, the first of equals.
        offer: the proposed selectors.
        version: of IKE.
        exact: the responder wants exactly what one of its connections says (proxy identities), as many boxes do.
    """
    return _answered(tuple(configs), offer, version, exact=exact)


@lru_cache(maxsize=16384)
def _answered(configs: tuple[ChildConfig, ...], offer: Selectors, version: int, *, exact: bool) -> Selectors | None:
    theirs = offer.turned()
    if exact:
        same = [c for c in configs if set(c.local) == set(theirs.local) and set(c.remote) == set(theirs.remote)]
        return offer if same else None
    config = _best(configs, theirs)
    if config is None:
        return None
    local, remote = intersect(config.local, theirs.local), intersect(config.remote, theirs.remote)
    if version == 1:
        local, remote = local[:1], remote[:1]
    return Selectors(remote, local) if local and remote else None


def _best(configs: Sequence[ChildConfig], theirs: Selectors) -> ChildConfig | None:
    best, best_score = None, 0
    for config in configs:
        local, remote = _score(config.local, theirs.local), _score(config.remote, theirs.remote)
        if local and remote and local + remote > best_score:
            best, best_score = config, local + remote
    return best


def _score(own: Sequence[IPv4Network], supplied: Sequence[IPv4Network]) -> int:
    """Rate as strongSwan does (peer_cfg.c, get_ts_match): 5 for equal, 1 for contained, times the place from the end of
    the offer.
    """
    score = 0
    for place, theirs in zip(range(len(supplied), 0, -1), supplied, strict=True):
        for mine in own:
            if mine == theirs:
                score += 5 * place
            elif mine.overlaps(theirs):
                score += place
    return score


def coverage(local: IPv4Network, remote: IPv4Network, children: Iterable[Selectors]) -> Coverage:
    """Whether the pair of subnets is carried by the CHILD_SAs, wholly, in part or not at all."""
    return _coverage(local, remote, tuple(children))


@lru_cache(maxsize=16384)
def _coverage(local: IPv4Network, remote: IPv4Network, children: tuple[Selectors, ...]) -> Coverage:
    size = local.num_addresses * remote.num_addresses
    pieces = [
        (near, far)
        for child in children
        for near in intersect((local,), child.local)
        for far in intersect((remote,), child.remote)
    ]
    if not pieces:
        return "lost"
    return "carried" if _area(pieces) == size else "part"


def _area(pieces: Sequence[tuple[IPv4Network, IPv4Network]]) -> int:
    """Addresses of the union of rectangles; CIDR intervals nest or are disjoint, so it is enough to cut at every start
    and end.
    """
    edges = sorted(
        {edge for near, _ in pieces for edge in (int(near.network_address), int(near.broadcast_address) + 1)}
    )
    area = 0
    for start, end in itertools.pairwise(edges):
        column = [
            far for near, far in pieces if int(near.network_address) <= start and end <= int(near.broadcast_address) + 1
        ]
        area += (end - start) * sum(net.num_addresses for net in intersect(column, column))
    return area
