"""Both ends side by side: each setting compared as the negotiation compares it."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.estates import BOOK, FULL, PAIR, estate, only
from tests.ipsec.pairs import ROUTER, equal_peer
from vpnaudit.asking.side_by_side import Setting, settings_side_by_side
from vpnaudit.estate.ends import Ends, all_ends
from vpnaudit.ipsec.sides import PeerSide

ORDER = [
    "gateway", "publicip", "ikeversion", "ikepolicy", "own identity", "peer's identity", "ipsecpsk", "esppolicy",
    "vpc_cidr", "cidrlist", "splitconnections", "ikelifetime", "esplifetime", "dpd", "forceencap", "passive",
]  # fmt: skip


def settings_of(*peers: dict, **connection: object) -> dict[str, Setting]:
    return {one.name: one for one in settings_side_by_side(only(*peers, **connection))}


def test_two_routers_of_one_estate_that_agree() -> None:
    near, _ = all_ends(estate(PAIR))
    settings = settings_side_by_side(near)
    assert [one.name for one in settings] == ORDER
    assert {one.state for one in settings if one.name not in ("ipsecpsk", "passive")} == {"equal"}
    assert settings[-1] == Setting("passive", "starts", "starts", "own")


def test_what_differs_is_told_with_both_values() -> None:
    settings = settings_of(FULL)
    assert {name for name, one in settings.items() if one.state == "different"} == {
        "ikeversion",
        "esppolicy",
        "esplifetime",
    }
    assert settings["ikeversion"].theirs == "ike, starts with ikev2, aggressive"
    assert (settings["esppolicy"].ours, settings["esppolicy"].theirs) == (
        "aes256-sha256-modp2048",
        "aes256-sha256-modp1024",
    )
    assert (settings["esplifetime"].ours, settings["esplifetime"].theirs) == ("3600 s", "1800 s")
    assert (settings["passive"].theirs, settings["splitconnections"].theirs) == ("waits", "one SA for all")


def test_what_a_book_does_not_say_is_not_known_and_never_equal() -> None:
    settings = settings_of({**BOOK, "peer_address": "?"})
    assert {one.theirs for name, one in settings.items() if name != "gateway"} == {"not known"}
    assert {one.state for name, one in settings.items() if name not in ("gateway", "passive", "splitconnections")} == {
        "unknown"
    }


def test_empty_lists_are_said() -> None:
    settings = settings_of({**FULL, "ike_proposals": "", "dialect": "strongswan-swanctl", "ike_versions": "ikev1"})
    assert settings["ikepolicy"].theirs == "its defaults"
    assert settings["ikeversion"].theirs == "ikev1, aggressive"


def test_the_keys_are_compared_and_never_shown() -> None:
    held = {**FULL, "psk_fingerprint": "f1"}
    assert settings_of(held, psk_fingerprint="f1")["ipsecpsk"] == Setting(
        "ipsecpsk", "not shown", "the same key", "equal"
    )
    assert settings_of(held, psk_fingerprint="f2")["ipsecpsk"].state == "different"


def test_an_unknown_far_side_shows_the_routers_alone() -> None:
    settings = settings_of()
    assert settings["gateway"] == Setting("gateway", "203.0.113.2", "not known", "unknown")
    assert {one.state for one in settings.values()} == {"unknown"}


def test_nothing_where_the_router_itself_is_not_known() -> None:
    assert settings_of(esp_policy="?") == {}


def test_lifetimes_that_strongswan_may_not_read_are_shown_as_typed() -> None:
    tables = {**PAIR, "sources": [{"source": "s1", "cloudstack_version": "4.19.0.0"}]}
    settings = {one.name: one for one in settings_side_by_side(all_ends(estate(tables))[0])}
    assert settings["esplifetime"].ours == "3600 s as typed"
    assert settings["esplifetime"].state == "unknown"


# A value of each field of the far side that does not agree with the router, and the setting that shows it; None: it is
# of the far side alone, or decides with another one only.
OTHER: dict[str, tuple[object, str | None]] = {
    "address": ("203.0.113.77", "gateway"),
    "public_address": ("203.0.113.77", "gateway"),
    "id": ("office", "peer's identity"),
    "peer_address": ("198.51.100.99", "publicip"),
    "peer_id": ("198.51.100.99", "own identity"),
    "ike_versions": ((1,), "ikeversion"),
    "initiates_with": (1, "ikeversion"),
    "aggressive": (True, "ikeversion"),
    "ike_proposals": (("aes128-sha256-modp2048",), "ikepolicy"),
    "esp_proposals": (("aes128-sha256-modp2048",), "esppolicy"),
    "subnets": (("10.9.0.0/16",), "cidrlist"),
    "remote_subnets": (("10.9.0.0/16",), "vpc_cidr"),
    "one_sa_per_pair": (True, "splitconnections"),
    "ike_lifetime_s": (900, "ikelifetime"),
    "esp_lifetime_s": (900, "esplifetime"),
    "dpd": (True, "dpd"),
    "forceencaps": (True, "forceencap"),
    "passive": (True, "passive"),
    "auth": (("pubkey",), "authentication"),
    "peer_auth": (("eap",), "authentication"),
    "keyless": (("peer",), "ipsecpsk"),
    "start_psk": ("unequal", "ipsecpsk"),
    "childless": ("force", "childless"),
    "virtual_ip": ("asks", "virtual_ip"),
    "mode": ("transport", "mode"),
    "refused": ("line 3 cannot be read", "configuration"),
    "strict": (False, None),
    "exact_selectors": (True, None),
    "mobike": (False, None),
    "implementation": ("fortios", None),
    "unread": (("xfrm_interface",), None),
}


def test_every_field_of_a_far_side_has_its_place() -> None:
    assert set(OTHER) == {one.name for one in fields(PeerSide)}


@pytest.mark.parametrize("field", OTHER)
def test_whatever_the_far_side_holds_otherwise_is_told_with_its_value(field: str) -> None:
    router = replace(ROUTER, ikeversion="ike", cidrlist="10.2.0.0/24,10.3.0.0/24")
    equal = equal_peer(router, one_sa_per_pair=False, passive=False)
    value, name = OTHER[field]
    changes: dict[str, Any] = {field: value}
    before, after = (
        {
            one.name: one
            for one in settings_side_by_side(Ends("s1", "c1", "", "peers", router=router, peer=peer, psk="equal"))
        }
        for peer in (equal, replace(equal, **changes))
    )
    assert {one.state for one in before.values()} == {"equal", "own"}
    changed = {one for one in after if after[one] != before.get(one)}
    if name is None:
        assert changed == set()
    else:
        assert changed == {name}
        assert after[name].state == ("own" if name == "passive" else "different")
        assert after[name].theirs not in ("", "not known", before[name].theirs if name in before else after[name].ours)


@pytest.mark.parametrize(
    ("psk", "start", "words", "state"),
    [
        ("equal", None, "the same key", "equal"),
        ("unknown", "unequal", "not known, where it starts another key", "different"),
        ("equal", "unknown", "the same key, where it starts not known", "unknown"),
        ("unequal", "unequal", "another key", "different"),
    ],
)
def test_the_key_with_which_the_far_side_starts_may_be_another(psk: Any, start: Any, words: str, state: str) -> None:
    peer = equal_peer(ROUTER, start_psk=start)
    settings = settings_side_by_side(Ends("s1", "c1", "", "peers", router=ROUTER, peer=peer, psk=psk))
    (key,) = (one for one in settings if one.name == "ipsecpsk")
    assert (key.theirs, key.state) == (words, state)
