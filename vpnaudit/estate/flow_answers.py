"""Whether access lists block a flow, for many networks and lists at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vpnaudit.acl import services
from vpnaudit.acl.decision import not_modelled
from vpnaudit.acl.packets import PacketSet
from vpnaudit.acl.table import DEFAULT
from vpnaudit.estate.reach_answers import Answer, Passage
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from vpnaudit.acl.address_rows import Treatment
    from vpnaudit.acl.packets import Spans
    from vpnaudit.acl.rules import Direction
    from vpnaudit.estate.access_lists import Listing
    from vpnaudit.estate.reach_answers import Network


class Judgement(NamedTuple):
    """Whether a flow is blocked: see the columns of `needed_flows`. `place` is that of the rule in its list."""

    blocked: bool | None = None
    decides: str | None = None
    place: int | None = None
    counter_example: str | None = None
    reason: str | None = None
    why: str | None = None


def judgements(
    wanted: Spans, listing: Listing, direction: Direction, networks: list[Network | Answer]
) -> list[Judgement]:
    """Whether a list blocks some of these services, from or to each of these networks."""
    if listing.content is None:
        return [Judgement(reason=listing.reason, why=one_line(listing.why))] * len(networks)
    why = not_modelled(listing.content, direction, listing.semantics)
    if why:
        doubt = Judgement(reason="not-modelled", why=one_line(why)) if wanted else Judgement(blocked=False)
        return [_unread(network) if isinstance(network, Answer) else doubt for network in networks]
    passage = Passage(listing.content, direction, listing.semantics, routed=listing.routed)
    judge = _Judge(passage, wanted)
    return [
        _unread(network) if isinstance(network, Answer) else judge.judgement(network, row)
        for network, row in zip(networks, passage.rows_of(networks), strict=True)
    ]


def _unread(answer: Answer) -> Judgement:
    return Judgement(reason=answer.reason, why=answer.why)


class _Judge:
    """Services held against one direction of a list."""

    def __init__(self, passage: Passage, wanted: Spans) -> None:
        self._passage, self._wanted = passage, wanted
        self._dropped: dict[int, tuple[str, int] | None] = {}

    def judgement(self, network: Network, row: int) -> Judgement:
        """Whether the services are blocked from or to a network."""
        if row < 0 or self._passage.unsure:
            return self._of_rows(network)
        treatment = self._passage.rows.treatment(row)
        if id(treatment) not in self._dropped:  # the rows hold it
            self._dropped[id(treatment)] = self._first_dropped(treatment)
        dropped = self._dropped[id(treatment)]
        if dropped is None:
            return Judgement(blocked=False)
        service, position = dropped
        return self._blocked(position, f"{service} with {network.host}")

    def _first_dropped(self, treatment: Treatment) -> tuple[str, int] | None:
        """A service that is dropped in a row, in words, and the position of the rule that drops it."""
        packet = (PacketSet(((0, 0, self._wanted),)) & PacketSet(((0, 0, treatment.denied),))).sample()
        if packet is None:
            return None
        return services.words([(packet.service, packet.service)]), treatment.decider(packet.service)

    def _of_rows(self, network: Network) -> Judgement:
        """The same for a network that takes several rows, or of which a part is not modelled."""
        whole, wanted = PacketSet.box(network.span), PacketSet.from_bands([(*network.span, self._wanted)])
        passing, parts = self._passage.rows.passage(*network.span)
        unsure = self._passage.unsure & whole
        packet = (wanted & (whole - passing - unsure)).sample()
        if packet is not None:
            deciders = (position for position, packets in parts if packet in packets and not unsure)
            return self._blocked(next(deciders, DEFAULT), str(packet))
        if wanted & unsure:
            return Judgement(reason="not-modelled", why=one_line(self._passage.why))
        return Judgement(blocked=False)

    def _blocked(self, position: int, example: str) -> Judgement:
        place = None if position == DEFAULT else position
        return Judgement(blocked=True, decides=self._passage.rule(position), place=place, counter_example=example)
