"""Answers about many networks at once are those about each network alone, in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.acl.small_space import lists
from vpnaudit.acl.decision import reach
from vpnaudit.acl.rules import DIRECTIONS, AclList
from vpnaudit.acl.semantics import Semantics
from vpnaudit.errors import ConfigError
from vpnaudit.estate.access_lists import Listing
from vpnaudit.estate.reach_answers import Answer, Questions, answers, network_of, rule_words, solved_once, unknown
from vpnaudit.estate.reach_table import counter_example

if TYPE_CHECKING:
    from vpnaudit.acl.rules import Direction

NETWORKS = ["10.0.0.0/30", "10.0.0.5", "172.16.0.0/12", "0.0.0.0/0", "10.0.0.6/31", "2001:db8::/32", "office", ""]
listings = st.builds(
    lambda acl, semantics, routed: Listing(acl.content, semantics, routed=routed),
    lists(),
    st.sampled_from(list(Semantics)),
    st.booleans(),
)


def alone(listing: Listing, text: str, direction: Direction) -> Answer:
    """The definition: one network, one list."""
    assert listing.content is not None
    acl = AclList(listing.content.rules)
    if ":" in text:
        answer = unknown("not-modelled", f"{text} is no IPv4 network")
    else:
        try:
            passage = reach(acl, text, direction, listing.semantics, routed=listing.routed)
        except ConfigError as error:
            return unknown("unknown-value", str(error))
        if passage.verdict == "not-modelled":
            return unknown("not-modelled", passage.why)
        deciding = [part.rule for part in passage.parts]
        words = [rule_words(rule, direction) for rule in deciding[:3]]
        more = [f"and {len(deciding) - 3} more"] if len(deciding) > 3 else []
        places = tuple(acl.rules.index(rule) for rule in deciding if rule)
        answer = Answer(passage.verdict, passage.words(), "; ".join([*words, *more]), places, counter_example(passage))
    return answer


@settings(max_examples=60, deadline=None)
@given(listings, st.sampled_from(DIRECTIONS))
def test_many_networks_are_answered_as_each_alone(listing: Listing, direction: Direction) -> None:
    together = answers(listing, direction, [network_of(text) for text in NETWORKS])
    assert together == [alone(listing, text, direction) for text in NETWORKS]


def test_a_list_that_is_not_whole_has_one_answer_for_all() -> None:
    doubt = Listing(None, Semantics.V4_23, "not-collected", "gone")
    assert answers(doubt, "ingress", [network_of("10.0.0.0/8")]) == [unknown("not-collected", "gone")]


def test_equal_questions_are_asked_once_and_each_gets_its_own_answer() -> None:
    asked: list[tuple[str, str, int]] = []

    def solve(listing: Listing, direction: Direction, networks: list[object]) -> list[str]:
        asked.append((listing.why, direction, len(networks)))
        return [f"{listing.why} {direction} {getattr(network, 'words', None)}" for network in networks]

    one, two = (Listing(None, Semantics.V4_23, "not-collected", why) for why in ("one", "two"))
    questions = Questions(np.array([2, 0, 1, 2, 2]), np.array([0, 1, 0, 0, 0]), np.array([0, 0, 1, 0, -1]))
    solved, own = solved_once(solve, [one, two, one], ["10.0.0.0/8", "11.0.0.0/8"], questions)
    assert [solved[at] for at in own] == [
        "one ingress 10.0.0.0/8",
        "one egress 10.0.0.0/8",
        "two ingress 11.0.0.0/8",
        "one ingress 10.0.0.0/8",
        "one ingress None",
    ]
    assert asked == [("one", "ingress", 2), ("one", "egress", 1), ("two", "ingress", 1)]
