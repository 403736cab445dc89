"""Who the ends are and how they prove it: what differs is a cause where it keeps them apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.ipsec.negotiate import negotiate

if TYPE_CHECKING:
    from vpnaudit.ipsec.sides import PeerSide

IKEV1 = replace(ROUTER, ikeversion="ikev1")


def verdicts(router=ROUTER, **changes) -> tuple[str, str]:
    peer = equal_peer(router, **changes)
    router_first, peer_first = (negotiate(router, peer, who, psk="equal") for who in ("router", "peer"))
    return router_first.verdict, peer_first.verdict


def causes(who: str, **changes) -> set[str]:
    return {one.field for one in negotiate(ROUTER, equal_peer(ROUTER, **changes), who, psk="equal").causes}


@pytest.mark.parametrize(
    ("changes", "expected", "cause"),
    [
        ({"peer_auth": ("pubkey",)}, ("no_ike", "no_ike"), "authentication"),
        ({"auth": ("eap",)}, ("no_ike", "no_ike"), "authentication"),
        ({"auth": ("psk", "xauth")}, ("no_ike", "no_ike"), "authentication"),
        ({"peer_auth": ("psk", "psk")}, ("no_ike", "no_ike"), "authentication"),
        ({"id": "@203.0.113.2"}, ("no_ike", "no_ike"), "id"),
        ({"peer_id": "@198.51.100.1"}, ("no_ike", "no_ike"), "peer_id"),
        ({"keyless": ("router", "peer")}, ("no_ike", "no_ike"), "ipsecpsk"),
        ({"refused": "it has no auto="}, ("no_ike", "no_ike"), "peer_configuration"),
        ({"mode": "transport"}, ("ike_only", "ike_only"), "mode"),
    ],
)
def test_what_keeps_the_ends_apart_whoever_starts(changes: dict, expected: tuple, cause: str) -> None:
    assert verdicts(**changes) == expected
    for who in ("router", "peer"):
        assert cause in causes(who, **changes)


@pytest.mark.parametrize(
    ("changes", "expected", "starter", "cause"),
    [
        ({"childless": "force"}, ("no_ike", "ok"), "router", "childless"),
        ({"keyless": ("peer",)}, ("ok", "no_ike"), "peer", "ipsecpsk"),
        ({"start_psk": "unequal"}, ("ok", "no_ike"), "peer", "ipsecpsk"),
        ({"virtual_ip": "asks"}, ("ok", "ike_only"), "peer", "virtual_ip"),
        ({"virtual_ip": "gives"}, ("ike_only", "ok"), "router", "virtual_ip"),
        ({"peer_id": "198.51.100.0/24"}, ("ok", "no_ike"), "peer", "peer_id"),
    ],
)
def test_what_keeps_the_ends_apart_where_one_of_them_starts(changes, expected, starter, cause) -> None:
    assert verdicts(**changes) == expected
    assert causes(starter, **changes) == {cause}


@pytest.mark.parametrize(
    "changes",
    [{"peer_auth": ("any",)}, {"auth": ("psk", "psk")}, {"peer_id": "*"}, {"peer_id": "%any"}, {"childless": "never"}],
)
def test_what_makes_no_difference_is_none(changes: dict) -> None:
    assert verdicts(**changes) == ("ok", "ok")


def test_ikev1_is_its_own_world() -> None:
    assert verdicts(IKEV1, auth=("psk", "psk")) == ("no_ike", "no_ike")
    assert verdicts(IKEV1, childless="force") == ("ok", "ok")
    assert verdicts(IKEV1, mode="transport") == ("ike_only", "ike_only")
    assert verdicts(IKEV1, virtual_ip="asks") == ("ok", "ok")
    assert verdicts(IKEV1, virtual_ip="gives") == ("latent_rekey_failure", "ike_only")


def test_childless_makes_the_groups_count_at_once() -> None:
    peer: PeerSide = equal_peer(ROUTER, childless="force", esp_proposals=("aes256-sha256-modp4096",))
    assert negotiate(ROUTER, peer, "peer", psk="equal").verdict == "ike_only"


def test_a_setting_that_was_not_understood_lowers_the_confidence() -> None:
    peer = equal_peer(ROUTER, implementation="strongswan")
    sure, unsure = (
        negotiate(ROUTER, one, "router", psk="equal").confidence for one in (peer, replace(peer, unread=("mark",)))
    )
    assert (sure, unsure) == ("measured here", "depends on the peer's implementation")
