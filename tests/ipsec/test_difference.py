"""Two values of a field are compared once for all fields."""

from __future__ import annotations

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.ipsec.difference import compared, on_peer
from vpnaudit.ipsec.sides import Case


@pytest.mark.parametrize(
    ("ours", "theirs", "states"),
    [("a", "a", []), ("a", "b", ["different"]), ("a", None, ["unknown"]), (None, "b", ["unknown"])],
)
def test_a_value_that_is_not_known_is_no_difference_and_no_agreement(ours, theirs, states) -> None:
    differences = list(compared("dpd", ours, theirs, "either", on_peer(dpd=True)))
    assert [one.state for one in differences] == states
    assert all("unknown" in (one.ours, one.theirs) for one in differences if one.state == "unknown")


def test_a_repair_sets_the_peers_field_and_nothing_else() -> None:
    case = Case(ROUTER, equal_peer(ROUTER, dpd=False))
    assert on_peer(dpd=True)(case) == case.with_peer(dpd=True)
