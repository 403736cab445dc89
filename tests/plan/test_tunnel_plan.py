"""One script for both ends: what a person does first stands before it, and what it does is said in words."""

from __future__ import annotations

import pytest

from tests.estates import estate
from tests.plan.conftest import CIPHER, PAIR, SINGLE, G, on_connection
from vpnaudit.plan.customer_gateway import End
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.tunnel_plan import TunnelPlan, words_of
from vpnaudit.plan.wanted import KEY

INDEX = EstateIndex(estate(SINGLE))
ROW = INDEX.customer_gateways["s1", G]


@pytest.mark.parametrize(
    ("changes", "choose", "only", "words"),
    [
        ({"dpd": "true"}, (), None, "Set dpd to true on customer gateway branch."),
        (
            {KEY: "new"},
            ("cidrlist",),
            None,
            "Set a new random pre-shared key and the right cidrlist on customer gateway branch.",
        ),
        ({"dpd": "true", "ikeversion": "ikev2"}, (), {"dpd"}, "Set dpd to true on customer gateway branch."),
        ({"dpd": "true"}, (), {"state"}, "Set dpd to true on customer gateway branch."),
    ],
)
def test_what_is_done_to_an_end_in_words(changes, choose, only, words):
    assert words_of(End(ROW, changes, choose, "plan", 1), only) == words


def test_what_the_far_side_does_stands_before_the_script_begins(plan):
    command = plan(SINGLE, CIPHER | {"changes": {"ikepolicy": "aes256-sha256;modp2048"}})["weak-encryption"]["command"]
    assert command.index("First, on the far side") < command.index("( set -e")
    assert (
        "First" not in plan(PAIR, on_connection("psk-mismatch", "update-customer-gateway"))["psk-mismatch"]["command"]
    )


def test_both_ends_are_one_plan_and_a_change_of_one_end_is_that_sides():
    end = End(ROW, {"dpd": "true"}, (), "plan", 1)
    assert TunnelPlan(INDEX, "plan", [end]).remedy("what").side == "CloudStack side"
    assert TunnelPlan(INDEX, "plan", [end, End(ROW, {}, (), "plan", 2)]).remedy("what").side == "both ends"
