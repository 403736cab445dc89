"""Answers about many networks and many lists at once: each list is solved once a direction, and of most networks only
the words are new.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from vpnaudit.acl import services
from vpnaudit.acl.address_rows import AddressRows
from vpnaudit.acl.decision import addresses_of, not_modelled
from vpnaudit.acl.ipv4 import BITS, dotted
from vpnaudit.acl.order import order_of
from vpnaudit.acl.packets import EMPTY, EVERY_ADDRESS, PacketSet
from vpnaudit.acl.routed import unsure_when_routed
from vpnaudit.acl.rules import DIRECTIONS
from vpnaudit.acl.table import DEFAULT, allowed_packets
from vpnaudit.errors import ConfigError
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from vpnaudit.acl.address_rows import Treatment
    from vpnaudit.acl.rules import AclRule, Content, Direction
    from vpnaudit.acl.semantics import Semantics
    from vpnaudit.acl.services import Span
    from vpnaudit.estate.access_lists import Listing
    from vpnaudit.estate.list_contents import Ints

DEFAULTS = {"ingress": "no rule: what comes in is dropped", "egress": "no rule: what goes out passes"}
_SIDE = {"ingress": "from", "egress": "to"}
_RULES_IN_WORDS = 3
_UNSAID = "which remote networks the connection has was not said"
_HOST = "\0"
"""Stands for the address in a counter-example: no text of a rule on one line holds it."""


class Answer(NamedTuple):
    """One cell of the matrix: see the columns of `reach`. `rules` are positions in the list."""

    verdict: str
    passes: str | None = None
    decides: str | None = None
    rules: tuple[int, ...] = ()
    counter_example: str | None = None
    reason: str | None = None
    why: str | None = None


def rule_words(rule: AclRule | None, direction: str) -> str:
    """A rule as text on one line; None is the direction's default."""
    return DEFAULTS[direction] if rule is None else one_line(f"rule {rule}")


def unknown(reason: str, why: str) -> Answer:
    """The answer of what cannot be told."""
    return Answer("cannot-tell", reason=reason, why=one_line(why))


class Network(NamedTuple):
    """An IPv4 network, with the words for it and for the address in it that examples take."""

    low: int
    high: int
    words: str
    host: str

    @property
    def span(self) -> Span:
        """First and last address."""
        return self.low, self.high


def network_of(text: str) -> Network | Answer:
    """The network of a text, or the answer to every question about it."""
    if ":" in text:
        return unknown("not-modelled", f"{text} is no IPv4 network")
    try:
        low, high = addresses_of(text)
    except ConfigError as error:
        return unknown("unknown-value", str(error))
    words = "anywhere" if (low, high) == EVERY_ADDRESS else f"{dotted(low)}/{BITS - (high - low).bit_length()}"
    return Network(low, high, words, dotted(min(low + 1, high)))


_Solved = TypeVar("_Solved")


class Questions(NamedTuple):
    """Many questions: places of listings, of `DIRECTIONS` and of remote networks, -1 there: which one was not said."""

    listing: Ints
    direction: Ints
    remote: Ints


def solved_once(
    solve: Callable[[Listing, Direction, list[Network | Answer]], list[_Solved]],
    listings: Sequence[Listing],
    remotes: Sequence[str],
    questions: Questions,
) -> tuple[list[_Solved], Ints]:
    """What `solve` says to all distinct questions, and for each question which of that is its own.

    `solve` gets a list, a direction and the networks in question; one that cannot be read is an `Answer` that says so.
    """
    kinds: dict[Hashable, tuple[int, Listing]] = {}
    kind = np.array([kinds.setdefault(_kind(one), (len(kinds), one))[0] for one in listings], dtype=np.int64)
    networks = [*map(network_of, remotes), unknown("unknown-value", _UNSAID)]
    asked = kind[questions.listing] * len(DIRECTIONS) + questions.direction
    keys = asked * len(networks) + questions.remote % len(networks)
    distinct, own = np.unique(keys, return_inverse=True)
    lists, ends = np.divmod(distinct, len(networks))
    starts = np.flatnonzero(np.diff(lists, prepend=-1, append=-1))
    examples = [listing for _, listing in kinds.values()]
    solved: list[_Solved] = []
    for begin, end in pairwise(starts.tolist()):
        of_kind, way = divmod(int(lists[begin]), len(DIRECTIONS))
        solved += solve(examples[of_kind], DIRECTIONS[way], [networks[at] for at in ends[begin:end].tolist()])
    return solved, own


def _kind(listing: Listing) -> Hashable:
    """Equal for listings of which every question has one answer."""
    if listing.content is None:
        return listing.reason, listing.why
    return listing.content, listing.semantics, listing.routed


def answers(listing: Listing, direction: Direction, networks: list[Network | Answer]) -> list[Answer]:
    """What passes between each of these networks and a tier with the list; what is an answer already stays."""
    if listing.content is None:
        return [unknown(listing.reason, listing.why)] * len(networks)
    why = not_modelled(listing.content, direction, listing.semantics)
    if why:
        doubt = unknown("not-modelled", why)
        return [network if isinstance(network, Answer) else doubt for network in networks]
    passage = Passage(listing.content, direction, listing.semantics, routed=listing.routed)
    return [
        network if isinstance(network, Answer) else passage.answer(network, row)
        for network, row in zip(networks, passage.rows_of(networks), strict=True)
    ]


class Passage:
    """One direction of a list that can be read, and the words for what it lets through.

    `unsure`: packets about which nothing is said, in a VPC of network mode ROUTED, and `why`.
    """

    def __init__(self, content: Content, direction: Direction, semantics: Semantics, *, routed: bool) -> None:
        self._rules, self._direction = content.rules, direction
        self.rows = AddressRows(content, direction, semantics)
        self.unsure, self.why = EMPTY, ""
        if routed:
            passing = allowed_packets(order_of(content, direction, semantics), content.actions)
            self.unsure, self.why = unsure_when_routed(content, direction, semantics, passing, EVERY_ADDRESS)
        self._words: dict[int, str] = {}
        self._templates: dict[int, Answer] = {}

    def rows_of(self, networks: list[Network | Answer]) -> list[int]:
        """For each network the row that holds it; -1 where it takes several, without meaning where it is an answer."""
        lows, highs = (
            np.array([0 if isinstance(network, Answer) else network[end] for network in networks], dtype=np.int64)
            for end in (0, 1)
        )
        rows: list[int] = self.rows.holding(lows, highs).tolist()
        return rows

    def answer(self, network: Network, row: int) -> Answer:
        """What passes between a network and a tier with the list."""
        if self.unsure and self.unsure & PacketSet.box(network.span):
            return unknown("not-modelled", self.why)
        if row < 0:
            return self._of_rows(network)
        treatment = self.rows.treatment(row)
        if id(treatment) not in self._templates:  # the rows hold it
            self._templates[id(treatment)] = self._template(treatment)
        verdict, passes, decides, rules, dropped, *_ = self._templates[id(treatment)]
        return Answer(
            verdict,
            f"{passes} {_SIDE[self._direction]} {network.words}" if passes else "nothing",
            decides,
            rules,
            dropped and dropped.replace(_HOST, network.host, 1),
        )

    def _template(self, treatment: Treatment) -> Answer:
        """The answer for a network inside one row, without the words of the network."""
        allowed, denied = treatment.allowed, treatment.denied
        rules = tuple(position for position, _ in treatment.parts)
        dropped = None
        if denied:
            packet = PacketSet(((0, 0, denied),)).sample()
            service = packet.service if packet else 0
            text = services.words([(service, service)])
            dropped = f"{text} with {_HOST} is dropped: {self.rule(treatment.decider(service))}"
        verdict = ("some" if denied else "all") if allowed else "none"
        return self._decided(verdict, services.words(allowed) if allowed else "", rules, dropped)

    def _of_rows(self, network: Network) -> Answer:
        """The answer for a network that takes several rows."""
        passing, parts = self.rows.passage(*network.span)
        denied = PacketSet.box(network.span) - passing
        packet, dropped = denied.sample(), None
        if packet is not None:
            decider = next(position for position, packets in parts if packet in packets)
            dropped = f"{packet} is dropped: {self.rule(decider)}"
        verdict = ("some" if denied else "all") if passing else "none"
        return self._decided(
            verdict, passing.words(_SIDE[self._direction]), tuple(position for position, _ in parts), dropped
        )

    def _decided(self, verdict: str, passes: str, rules: tuple[int, ...], dropped: str | None) -> Answer:
        named = [self.rule(position) for position in rules[:_RULES_IN_WORDS]]
        more = [f"and {len(rules) - _RULES_IN_WORDS} more"] if len(rules) > _RULES_IN_WORDS else []
        ids = tuple(position for position in rules if position != DEFAULT)
        return Answer(verdict, passes, "; ".join([*named, *more]), ids, dropped)

    def rule(self, position: int) -> str:
        """The rule at a position in words."""
        if position not in self._words:
            rule = None if position == DEFAULT else self._rules[position]
            self._words[position] = rule_words(rule, self._direction)
        return self._words[position]
