"""Which key a strongSwan takes for a tunnel, by the identities of both ends, as it starts and as it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.peers.reading_text import PRINTS
from vpnaudit.peers.interface import PeerTunnel
from vpnaudit.peers.strongswan_keys import Keyring, Secret, with_key

TUNNEL = PeerTunnel("a", "ipsec.conf", 1, "strongswan-ipsecconf", address="203.0.113.2", peer_address="198.51.100.1")
NEAR, FAR, ANYBODY = ("203.0.113.2",), ("198.51.100.1",), ()
UNKNOWN_ROUTER = replace(TUNNEL, peer_address="%any")
UNKNOWN_SELF = replace(TUNNEL, address="%any")


def ring(*secrets: tuple[str, ...], whole: bool = True) -> Keyring:
    return Keyring(tuple(Secret(ids, PRINTS.facts(key)) for key, *rest in secrets for ids in [tuple(rest)]), whole)


@pytest.mark.parametrize(
    ("tunnel", "secrets", "key"),
    [
        (TUNNEL, [], None),
        (TUNNEL, [("one", *ANYBODY)], "one"),
        (TUNNEL, [("one", *ANYBODY), ("two", *FAR)], "two"),
        (TUNNEL, [("one", *NEAR), ("two", *FAR)], "two"),
        (TUNNEL, [("one", *FAR), ("two", *NEAR, *FAR)], "two"),
        (TUNNEL, [("one", *FAR), ("two", *FAR)], "two"),
        (TUNNEL, [("one", "%any"), ("two", *FAR)], "two"),
        (TUNNEL, [("one", "192.0.2.1")], None),
        (TUNNEL, [("one", "198.51.100.0/24"), ("two", *NEAR)], "one"),
        (replace(TUNNEL, id="@site.example"), [("one", *FAR), ("two", "Site.Example", *FAR)], "two"),
        (UNKNOWN_ROUTER, [("one", "192.0.2.1"), ("one", *NEAR)], "one"),
        (UNKNOWN_SELF, [("one", *FAR), ("two", "192.0.2.1")], "one"),
        (UNKNOWN_SELF, [("one", *ANYBODY)], "one"),
        (replace(UNKNOWN_SELF, peer_address=None), [("one", *ANYBODY)], "one"),
        (replace(UNKNOWN_SELF, peer_address=None), [], None),
    ],
)
def test_a_tunnel_takes_the_key_that_strongswan_would_take(tunnel: PeerTunnel, secrets: list, key) -> None:
    keyed, note = with_key(tunnel, ring(*secrets), frozenset())
    assert keyed.key == (None if key is None else PRINTS.facts(key))
    assert note is None


@pytest.mark.parametrize("tunnel", [UNKNOWN_ROUTER, UNKNOWN_SELF])
def test_a_key_that_depends_on_what_the_file_does_not_say_is_not_guessed(tunnel: PeerTunnel) -> None:
    keyed, note = with_key(tunnel, ring(("one", "192.0.2.1"), ("two", "192.0.2.2")), frozenset())
    assert (keyed.key, keyed.key_roles) == (None, None)
    assert "cannot be told" in note.text


def test_the_estates_only_router_is_the_one_that_is_meant() -> None:
    secrets = ring(("one", *FAR), ("two", "192.0.2.2"))
    keyed, _ = with_key(UNKNOWN_ROUTER, secrets, frozenset(FAR))
    assert (keyed.key, keyed.key_roles) == (PRINTS.facts("one"), ("answer",))


def test_a_key_is_missing_in_one_role_only() -> None:
    """Where it takes any identity, it looks for a key for anybody as it starts."""
    keyed, _ = with_key(TUNNEL, ring(("one", *FAR)), frozenset(), loose=True)
    assert keyed.key_roles == ("answer",)
    keyed, _ = with_key(replace(TUNNEL, address="192.0.2.9"), ring(("one", "%any", "x"), ("one", *FAR)), frozenset())
    assert keyed.key_roles == ("answer", "start")


def test_the_key_with_which_it_starts_can_be_another() -> None:
    keyed, _ = with_key(TUNNEL, ring(("one", *NEAR, *FAR), ("two", *ANYBODY)), frozenset(), loose=True)
    assert keyed.key == PRINTS.facts("one")
    assert keyed.start_fingerprint == PRINTS.facts("two").fingerprint


def test_ikev1_looks_for_the_addresses_where_the_identities_lead_nowhere() -> None:
    keyed, _ = with_key(replace(TUNNEL, initiates_with="ikev1"), ring(("one", *FAR)), frozenset(), loose=True)
    assert keyed.key_roles == ("answer", "start")


def test_a_key_that_is_not_there_is_a_failure_only_where_all_keys_are_known() -> None:
    for whole, roles in ((True, ()), (False, None)):
        keyed, _ = with_key(TUNNEL, ring(("one", "192.0.2.1"), whole=whole), frozenset())
        assert (keyed.key, keyed.key_roles) == (None, roles)
