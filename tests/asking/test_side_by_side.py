"""Both ends side by side: each setting compared as the negotiation compares it."""

from __future__ import annotations

from tests.estates import BOOK, FULL, PAIR, estate, only
from vpnaudit.asking.side_by_side import Setting, settings_side_by_side
from vpnaudit.estate.ends import all_ends

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
