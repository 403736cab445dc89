"""A flow held against many lists and networks at once fares as against each alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estate.test_reach_answers import NETWORKS, listings
from vpnaudit.acl import services
from vpnaudit.acl.decision import addresses_of, reach
from vpnaudit.acl.packets import PacketSet
from vpnaudit.acl.rules import DIRECTIONS, AclList
from vpnaudit.acl.semantics import Semantics
from vpnaudit.errors import ConfigError
from vpnaudit.estate.access_lists import Listing
from vpnaudit.estate.flow_answers import Judgement, judgements
from vpnaudit.estate.reach_answers import network_of, rule_words
from vpnaudit.estate.reach_table import decider

if TYPE_CHECKING:
    from vpnaudit.acl.packets import Spans
    from vpnaudit.acl.rules import Direction

FLOWS: list[Spans] = [(), (services.span(6, 1, 2),), (services.span(1, 8 * 256, 8 * 256),), (services.EVERY,)]


def alone(wanted: Spans, listing: Listing, text: str, direction: Direction) -> Judgement:
    """The definition: one network, one list."""
    assert listing.content is not None
    acl = AclList(listing.content.rules)
    try:
        passage = reach(acl, text, direction, listing.semantics, routed=listing.routed)
    except ConfigError as error:
        return Judgement(reason="unknown-value", why=str(error))
    flow = PacketSet.from_bands([(*addresses_of(text), wanted)])
    packet = (flow & passage.denied).sample()
    if packet is None:
        if flow & passage.unsure:
            return Judgement(reason="not-modelled", why=passage.why)
        return Judgement(blocked=False)
    rule = decider(passage, packet)
    place = None if rule is None else acl.rules.index(rule)
    return Judgement(True, rule_words(rule, direction), place, str(packet))


@settings(max_examples=60, deadline=None)
@given(listings, st.sampled_from(DIRECTIONS), st.sampled_from(FLOWS))
def test_many_networks_are_judged_as_each_alone(listing: Listing, direction: Direction, wanted: Spans) -> None:
    texts = [text for text in NETWORKS if ":" not in text]
    together = judgements(wanted, listing, direction, [network_of(text) for text in texts])
    assert together == [alone(wanted, listing, text, direction) for text in texts]


def test_a_list_that_is_not_whole_leaves_every_flow_open() -> None:
    doubt = Listing(None, Semantics.V4_23, "not-collected", "gone\nindeed")
    (judgement,) = judgements(FLOWS[1], doubt, "ingress", [network_of("10.0.0.0/8")])
    assert judgement == Judgement(reason="not-collected", why="gone\N{REPLACEMENT CHARACTER}indeed")
