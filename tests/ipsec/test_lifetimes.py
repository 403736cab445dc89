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


@pytest.mark.parametrize(
    ("lifetime_s", "window", "how"),
    [
        (-1, None, "no-limit"),
        (1, None, "never-rekeyed"),
        (539, None, "never-rekeyed"),
        (541, Window(0, 1), "unstable"),
        (1079, Window(0, 539), "unstable"),
        (1081, Window(1, 541), "stable"),
    ],
)
def test_a_second_on_either_side_of_a_bound_is_told_apart(lifetime_s, window, how):
    assert rekey_window(lifetime_s) == window
    assert behaviour(lifetime_s) == how


def test_the_margin_and_its_random_part_may_be_others():
    assert rekey_window(1000, 100, 0.5) == Window(850, 900)
    assert rekey_window(101, 100, 0.0) == Window(1, 1)
    assert rekey_window(100, 100, 0.0) is None


@modest
@given(st.integers(-10, 2000))
def test_the_chance_of_no_rekey_is_the_part_of_the_margins_that_reach_the_start(lifetime_s):
    margins = [540 + extra for extra in range(540)]
    reaching = sum(margin >= lifetime_s for margin in margins) / len(margins) if lifetime_s > 0 else 0.0
    assert chance_of_no_rekey(lifetime_s) == pytest.approx(reaching, abs=0.002)
