"""Hints for a far side that runs strongSwan: old and new together, and nothing for a value that nobody chose yet."""

from __future__ import annotations

import pytest

from vpnaudit.plan.far_side import hints, proposals
from vpnaudit.plan.wanted import CHOOSE


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("aes256-sha256;modp2048", "aes256-sha256-modp2048"),
        ("aes256-sha256;", "aes256-sha256"),
        ("aes256-sha256, aes128-sha1;modp1024,", "aes256-sha256,aes128-sha1-modp1024"),
        ("", ""),
    ],
)
def test_a_policy_reads_as_proposals(policy, expected):
    assert proposals(policy) == expected


@pytest.mark.parametrize(
    ("changes", "present", "lines"),
    [
        (
            {"ikepolicy": "aes256-sha256;modp2048"},
            {"ikepolicy": "3des-md5;modp1024"},
            ["proposals = aes256-sha256-modp2048,3des-md5-modp1024"],
        ),
        ({"esppolicy": "aes256-sha256"}, {"esppolicy": None}, ["children.*.esp_proposals = aes256-sha256"]),
        ({"ikeversion": "ikev2"}, {}, ["version = 2"]),
        ({"ikeversion": "ike"}, {}, []),
        ({"cidrlist": "10.0.0.0/8"}, {}, ["children.*.local_ts = 10.0.0.0/8"]),
        ({"splitconnections": "true"}, {}, ["one child for each network of local_ts"]),
        ({"splitconnections": "false"}, {}, ["one child for all networks of local_ts"]),
        ({"ikepolicy": CHOOSE, "cidrlist": CHOOSE}, {}, []),
    ],
)
def test_each_change_has_its_line(changes, present, lines):
    assert hints(changes, present) == lines
