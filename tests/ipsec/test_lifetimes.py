"""Rekeying times follow strongSwan's margin of 9 minutes and fuzz of 100 %."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ipsec.pairs import modest
from vpnaudit.ipsec.lifetimes import STABLE_S, Window, behaviour, chance_of_no_rekey, rekey_window


@pytest.mark.parametrize(
    ("lifetime_s", "window", "how", "chance"),
    [
        (0, None, "no-limit", 0.0),
        (60, None, "never-rekeyed", 1.0),
        (540, None, "never-rekeyed", 1.0),
        (600, Window(0, 60), "unstable", pytest.approx(8 / 9)),
        (900, Window(0, 360), "unstable", pytest.approx(1 / 3)),
        (1080, Window(0, 540), "unstable", 0.0),
        (1200, Window(120, 660), "stable", 0.0),
        (3600, Window(2520, 3060), "stable", 0.0),
        (86400, Window(85320, 85860), "stable", 0.0),
    ],
)
def test_a_lifetime_gives_an_interval(lifetime_s, window, how, chance):
    assert rekey_window(lifetime_s) == window
    assert behaviour(lifetime_s) == how
    assert chance_of_no_rekey(lifetime_s) == chance


@modest
@given(st.integers(STABLE_S + 1, 86400))
def test_a_stable_lifetime_leaves_the_whole_margin(lifetime_s):
    window = rekey_window(lifetime_s)
    assert 0 < window.earliest_s < window.latest_s < lifetime_s
    assert window.latest_s - window.earliest_s == 540
