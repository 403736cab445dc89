"""What the far side does is worded for what it is; nothing of a value that nobody chose yet, or that it has already."""

from __future__ import annotations

import pytest

from tests.estates import FULL, PAIR, estate, only
from vpnaudit.estate.ends import all_ends
from vpnaudit.plan.far_side import cells_after, key_step, kind_of, proposals, steps
from vpnaudit.plan.wanted import CHOOSE, KEY

NEW = {"ikepolicy": "aes256-sha512;modp4096"}
OLD = {"ikepolicy": "3des-md5;modp1024"}


def far(**cells):
    return only({**FULL, "implementation": "strongswan", **cells})


UNANSWERED = all_ends(estate({**PAIR, "connections": PAIR["connections"][:1]}))[0]


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
    ("ends", "kind", "line", "key"),
    [
        (far(), "strongSwan", "proposals = aes256-sha512-modp4096,3des-md5-modp1024", "swanctl --load-creds"),
        (
            far(dialect="strongswan-ipsecconf"),
            "strongSwan",
            "ike=aes256-sha512-modp4096,3des-md5-modp1024",
            "ipsec rereadsecrets",
        ),
        (
            far(implementation="CloudStack"),
            "CloudStack",
            "ikepolicy aes256-sha512 with modp4096 on its customer gateway for this router",
            "ipsecpsk",
        ),
        (
            UNANSWERED,
            "CloudStack",
            "ikepolicy aes256-sha512 with modp4096 on its customer gateway for this router",
            "ipsecpsk",
        ),
        (
            far(implementation="fortios"),
            "fortios",
            "IKE, phase 1: encryption aes256, integrity sha512, DH group 16",
            "the new pre-shared key",
        ),
        (
            far(implementation="?"),
            "a device",
            "IKE, phase 1: encryption aes256, integrity sha512, DH group 16",
            "the new",
        ),
        (
            None,
            "a device that no file tells of",
            "IKE, phase 1: encryption aes256, integrity sha512, DH group 16",
            "the new",
        ),
    ],
)
def test_each_kind_of_far_side_has_its_words(ends, kind, line, key):
    assert kind_of(ends) == kind
    assert steps(NEW, OLD, ends)[0] == line
    assert key in key_step(ends)
    others = " ".join(steps(NEW, OLD, ends))
    assert ("swanctl" in others) == (kind == "strongSwan" and line.startswith("proposals"))


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"esppolicy": "aes256-sha256"}, "ESP, phase 2: encryption aes256, integrity sha256, no PFS"),
        ({"ikeversion": "ikev2"}, "IKE version 2"),
        ({"cidrlist": "10.0.0.0/8"}, "its own networks in the tunnel: 10.0.0.0/8"),
        ({"splitconnections": "true"}, "one child SA for each pair of networks"),
        ({"splitconnections": "false"}, "one child SA for all networks"),
    ],
)
def test_each_change_has_its_line(changes, line):
    assert steps(changes, {}, None)[0] == line
    assert steps(changes, {}, None)[-1].startswith("Keep the old values")


@pytest.mark.parametrize(
    "changes", [{"ikepolicy": CHOOSE, "cidrlist": CHOOSE}, {"ikeversion": "ike"}, {"dpd": "true"}, {}]
)
def test_nothing_is_said_of_what_concerns_this_end_alone_or_is_not_chosen(changes):
    assert steps(changes, {}, None) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"ikepolicy": "aes256-sha256;modp2048"},
        {"ikeversion": "ikev2"},
        {"cidrlist": "10.2.0.0/24"},
        {"splitconnections": "false"},
    ],
)
def test_a_far_side_that_is_right_already_has_nothing_to_do(changes):
    assert steps(changes, {}, far()) == []
    assert set(cells_after(far().peer_row, changes)) <= {"one_sa_per_pair"}


def test_what_the_far_side_holds_afterwards_is_what_was_said():
    row = far(ike_versions="ikev1", initiates_with="ikev1", ike_proposals="?").peer_row | {"ike_proposals": None}
    changes = {
        **NEW,
        "esppolicy": "aes256-sha256;modp2048",
        "ikeversion": "ikev2",
        "splitconnections": "true",
        KEY: "k",
    }
    assert cells_after(row, changes) == {
        "ike_proposals": "aes256-sha512-modp4096",
        "esp_proposals": "aes256-sha256-modp2048,aes256-sha256-modp1024",
        "ike_versions": "ikev2,ikev1",
        "initiates_with": "ikev2",
        "one_sa_per_pair": True,
        "psk_fingerprint": "k",
    }
    assert cells_after(row | {"one_sa_per_pair": None, "initiates_with": None}, {"splitconnections": "true"}) == {}
