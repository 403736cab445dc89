"""Words of both strongSwan languages, and which children are one peer."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import modest
from vpnaudit.peers.interface import PeerTunnel
from vpnaudit.peers.strongswan_words import (
    items,
    key_text,
    method,
    seconds,
    truth,
    unknown_proposals,
    with_children_joined,
)

TUNNEL = PeerTunnel("a", "ipsec.conf", 1, "strongswan-ipsecconf", address="203.0.113.2", peer_address="198.51.100.1")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("90", 90), (" 90s ", 90), ("15m", 900), ("8 h", 28800), ("8H", 28800), ("2d", 172800)],
)
def test_a_time_is_a_number_and_one_unit(text: str, value: int) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "1w", "-1", "1.5h", "1h30m", "1234567890"])
def test_another_text_is_no_time(text: str) -> None:
    assert seconds(text) is None


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), (" TRUE", True), ("1", True), ("no", False), ("disabled", False), ("on", None)]
)
def test_truth_has_the_spellings_that_strongswan_takes(text: str, value) -> None:
    assert truth(text) is value


def test_a_list_has_no_empty_members_and_only_unknown_proposals_are_named() -> None:
    assert items(" a, ,b,") == ("a", "b")
    assert unknown_proposals(("default", "aes256-sha256-modp2048", "aes512"), "ike") == ("aes512",)


@modest
@given(st.binary(max_size=20), st.text(max_size=20))
def test_a_key_is_the_same_whichever_way_it_is_written(data: bytes, text: str) -> None:
    ways = {
        key_text(f"0x{data.hex()}"),
        key_text(f"0s{base64.b64encode(data).decode()}"),
        key_text(f"0X{data.hex(':')}"),
    }
    assert ways == {data.decode("utf-8", "surrogateescape")}
    assert key_text(f"k{text}") == f"k{text}"


@pytest.mark.parametrize("text", ["0xf", "0xzz", "0sa", "0s!!!!"])
def test_a_key_that_cannot_be_decoded_is_not_taken_as_it_stands(text: str) -> None:
    assert key_text(text) is None


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("psk", "psk"),
        ("secret", "psk"),
        ("rsa-sha256", "pubkey"),
        ("ike:pubkey", "pubkey"),
        ("xauth-pam", "xauth"),
        ("eap-md5", "eap"),
        ("any", "any"),
        ("never", "any"),
    ],
)
def test_a_method_has_a_class(word: str, kind: str) -> None:
    assert method(word) == kind


def child(near, far, **values) -> PeerTunnel:
    return replace(TUNNEL, name=f"{near}>{far}", local_subnets=(near,), remote_subnets=(far,), **values)


def test_children_that_are_every_pair_are_one_peer_that_starts_if_one_of_them_does() -> None:
    pairs = [child(near, far, auto="add") for near in ("n1", "n2") for far in ("f1", "f2")]
    (peer,), notes = with_children_joined([*pairs[:3], replace(pairs[3], auto="start")])
    assert (peer.local_subnets, peer.remote_subnets) == (("n1", "n2"), ("f1", "f2"))
    assert (peer.one_sa_per_pair, peer.auto, notes) == (True, "start", [])


def test_a_child_that_stands_twice_is_one() -> None:
    (peer,), notes = with_children_joined([child("n1", "f1"), child("n1", "f1")])
    assert (peer.local_subnets, peer.remote_subnets, notes) == (("n1",), ("f1",), [])


@pytest.mark.parametrize(
    "tunnels",
    [
        [child("n1", "f1"), child("n2", "f2")],
        [child("n1", "f1"), replace(child("n2", "f1"), local_subnets=("n2", "n3"))],
        [child("n1", "f1"), replace(child("n2", "f1"), local_subnets=None)],
    ],
    ids=["not every pair", "two subnets in one child", "a subnet that is not known"],
)
def test_other_children_stay_as_they_are_with_a_note(tunnels: list) -> None:
    peers, (note,) = with_children_joined(tunnels)
    assert peers == tunnels
    assert "2 children share one IKE_SA" in note.text


def test_a_word_that_strongswan_does_not_know_is_no_crash() -> None:
    (peer,), _ = with_children_joined([child("n1", "f1", auto="ondemand"), child("n2", "f1", auto="add")])
    assert peer.auto == "add"


def test_children_of_different_ike_settings_have_nothing_to_do_with_each_other() -> None:
    tunnels = [child("n1", "f1"), child("n2", "f1", ike_lifetime_s=3600)]
    assert with_children_joined(tunnels) == (tunnels, [])
