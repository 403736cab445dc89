"""Whether a configuration names a suite, and whether a suite is within the limits: nothing unknown passes."""

from __future__ import annotations

import pytest

from tests.estates import PAIR, estate
from vpnaudit.comparing.unconfigured_suites import is_below_limits, policy_names_suite, unconfigured_suites
from vpnaudit.policy import load


@pytest.mark.parametrize(
    ("policy", "suite", "group", "expected"),
    [
        ("aes256-sha256;modp2048", "aes256-sha256-modp2048", True, True),
        ("aes256-sha256;modp2048", "aes256-sha256", True, False),
        ("aes256-sha256;modp2048", "aes256-sha256", False, True),
        ("aes256-sha256", "aes256-sha256", True, True),
        ("aes128-sha1,aes256-sha256", "aes256-sha256", True, True),
        ("aes256-sha256;modp2048", "not-a-suite", True, False),
        ("foo-sha256", "aes128-sha256", True, False),
    ],
)
def test_named(policy: str, suite: str, *, group: bool, expected: bool) -> None:
    assert policy_names_suite(policy, suite, "esp", group=group) is expected


@pytest.mark.parametrize(
    ("suite", "expected"),
    [
        ("aes256-sha256-modp2048", False),
        ("aes128-sha256-modp2048", True),
        ("aes256-sha256", True),
        ("aes256gcm16-curve25519", False),
        ("camellia256-sha256-modp2048", None),
        ("camellia256-sha1-modp2048", True),
        ("not-a-suite", None),
    ],
)
def test_below(suite: str, expected: bool | None) -> None:
    assert is_below_limits(suite, "esp", load()) is expected


def test_without_a_group_where_none_counts() -> None:
    assert is_below_limits("aes256-sha256", "esp", load(), group=False) is False


def test_a_frame_of_predictions_is_read_by_the_names_of_its_columns() -> None:
    ends = [row | {"ike_policy": ""} for row in PAIR["connections"]]
    rows = estate({**PAIR, "connections": ends})["predictions_by_connection"].set_axis([7, 9])
    suites = unconfigured_suites(rows, load())
    assert list(suites.index) == [7, 9]
    assert suites["ike"].notna().all()
    assert suites["esp"].isna().all()
