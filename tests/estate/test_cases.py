"""What is said of a case in other names is what is said of each of its connections by itself."""

from __future__ import annotations

from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import BOOK, FULL, PAIR, estate
from vpnaudit.estate import Estate
from vpnaudit.estate.cases import _NEAR_SETTINGS, _PEER_SETTINGS, known_cases
from vpnaudit.estate.ends import all_ends
from vpnaudit.estate.outcomes import DIFFERENCES, INITIATORS, OUTCOMES, _cells, _reasons

Row = dict[str, Any]

ENDS = (
    *("203.0.113.2", "203.0.113.3", "198.51.100.1", "198.51.100.2", "%any", "0.0.0.0", "vpn.example.org", "?"),
    *("VPN.example.org", "@203.0.113.2", "@vpn.example.org", "*.example.org", "203.0.113.0/24", "2001:db8::1"),
    *("203.0.113.1-203.0.113.9", "keyid:branch", "name1", "{0}", "%any6"),
)
LISTS = (
    *("10.2.0.0/24", "10.2.0.0/25", "10.2.0.0/16", "0.0.0.0/0", "10.1.0.0/16", "10.1.1.0/24", "203.0.113.2/32"),
    *("10.2.0.0/24,10.3.0.0/24", "10.3.0.0/24,10.2.0.128/25", "10.2.0.0/24, 10.3.0.0/24", "10.2.0.7/24"),
    *("dynamic", "", "128.0.0.0/1", "0.0.0.0/1,128.0.0.0/1", "10.2.0.0/24[tcp/443]", "name1", "10.2.0.0/24,x", "?"),
)
POLICIES = ("aes256-sha256;modp2048", "aes128-sha1;modp1024", "aes256-sha256", "nonsense", "?")


def texts(usual: tuple[str, ...], odd: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Mostly what is usual, which two connections may have in common."""
    return st.one_of(st.sampled_from(usual), st.sampled_from(usual), st.sampled_from(odd))


SETTINGS = {
    "ike_policy": st.sampled_from(POLICIES),
    "esp_policy": st.sampled_from(POLICIES),
    "esp_lifetime_s": st.sampled_from([600, 3600]),
    "dpd": st.booleans(),
    "split_connections": st.booleans(),
    "ike_version": st.sampled_from(["ike", "ikev1", "ikev2"]),
    "psk_fingerprint": st.sampled_from(["f", "g", "?"]),
}
NEAR = {
    "gateway": texts(("203.0.113.2", "198.51.100.2", "198.51.100.1"), ENDS),
    "cidr_list": texts(("10.2.0.0/24", "10.2.0.0/16"), LISTS),
    "vpn_gateway_id": st.sampled_from(["v1", "v2"]),
    **SETTINGS,
}
FAR = {
    **dict.fromkeys(("address", "id"), texts(("203.0.113.2", "?"), ENDS)),
    **dict.fromkeys(("peer_address", "peer_id"), texts(("198.51.100.1", "%any"), ENDS)),
    "local_subnets": texts(("10.2.0.0/24", "?"), LISTS),
    "remote_subnets": texts(("10.1.0.0/16", "?"), LISTS),
    "dialect": st.sampled_from(["book", "strongswan-ipsecconf", "strongswan-swanctl"]),
    "ike_versions": st.sampled_from(["ikev1", "ikev2", "ikev1,ikev2"]),
    "start_fingerprint": st.sampled_from(["f", "?"]),
    "undecided": st.sampled_from(["?", "?", "?", "a variable"]),
    "psk_fingerprint": SETTINGS["psk_fingerprint"],
}


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    rows = draw(st.lists(st.fixed_dictionaries(NEAR), min_size=1, max_size=5))
    addresses = {"v1": "198.51.100.1", "v2": "198.51.100.2"}
    connections = [{"id": f"c{n}", "public_ip": addresses[row["vpn_gateway_id"]], **row} for n, row in enumerate(rows)]
    peers = draw(
        st.lists(st.fixed_dictionaries({**FAR, "connection_id": st.sampled_from(["?", "c0", "c1"])}), max_size=4)
    )
    named = [{**draw(st.sampled_from([BOOK, FULL])), **row, "name": f"peer {n}"} for n, row in enumerate(peers)]
    network = draw(texts(("10.1.0.0/16",), ("?", "10.2.0.0/16", "10.1.1.1/16")))
    version = draw(st.sampled_from(["4.22.0.0", "4.11.3", "4.18.0", "?"]))
    users = draw(st.sampled_from([[], [{"id": "u1", "public_ip": "198.51.100.1"}]]))
    return estate(
        {
            "sources": [{"source": "s1", "cloudstack_version": version}],
            "vpcs": [{"id": "p1", "cidr": network}, *PAIR["vpcs"][1:]],
            "vpn_gateways": PAIR["vpn_gateways"],
            "connections": connections,
            "peers": named,
            "remote_access_vpns": users,
        }
    )


def one_by_one(whole: Estate) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The tables `outcomes` and `differences`, each connection negotiated as it stands."""
    outcomes, differences = [], []
    for ends in all_ends(whole):
        named = {"source": ends.source, "id": ends.id, "label": ends.label}
        texts_of = {name: getattr(ends, name) for name in ("far", "far_id", "told_by", "reason", "why")}
        texts_of["implementation"] = ends.peer.implementation if ends.peer else None
        outcomes += [
            named | texts_of | {"initiator": who} | (_cells(ends.case, who) if ends.case else {}) for who in INITIATORS
        ]
        differences += [named | row for row in (_reasons(ends.case) if ends.case else ())]
    return typed(outcomes, OUTCOMES), typed(differences, DIFFERENCES)


def typed(rows: list[Row], columns: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=dtype) for name, dtype in columns.items()}
    )


@settings(max_examples=25, deadline=None)
@given(estates())
def test_every_connection_is_told_what_it_would_be_told_by_itself(whole: Estate) -> None:
    outcomes, differences = one_by_one(whole)
    pd.testing.assert_frame_equal(whole["outcomes"], outcomes)
    pd.testing.assert_frame_equal(whole["differences"], differences)


def test_connections_that_differ_in_addresses_alone_share_a_case() -> None:
    networks = [f"10.{n}.0.0/16" for n in range(1, 7)]
    ids = range(len(networks))
    whole = estate(
        {
            "vpcs": [{"id": f"p{n}", "cidr": networks[n]} for n in ids],
            "vpn_gateways": [{"id": f"v{n}", "vpc_id": f"p{n}", "public_ip": f"198.51.100.{n + 1}"} for n in ids],
            "connections": [
                {
                    "id": f"c{n}",
                    "vpn_gateway_id": f"v{n}",
                    "public_ip": f"198.51.100.{n + 1}",
                    "gateway": f"198.51.100.{(n ^ 1) + 1}",
                    "cidr_list": networks[n ^ 1],
                    "psk_fingerprint": "f",
                }
                for n in ids
            ],
        }
    )
    assert len(known_cases(whole).cases) == 1
    assert set(whole["outcomes"]["verdict"]) == {"ok"}


def test_an_estate_without_connections_has_no_case() -> None:
    assert known_cases(Estate()).cases == []
    assert list(Estate()["outcomes"].columns) == list(OUTCOMES)


def test_what_is_taken_as_a_setting_holds_no_address() -> None:
    """A new column is one of these, or renamed: an address among the settings would be compared with renamed ones."""
    assert set(_NEAR_SETTINGS) == {
        *("ike_policy", "esp_policy", "ike_lifetime_s", "esp_lifetime_s", "dpd", "force_encap", "split_connections"),
        *("ike_version", "passive", "version", "shared"),
    }
    assert set(_PEER_SETTINGS) == {
        *("dialect", "implementation", "complete", "auth", "peer_auth", "ike_versions", "initiates_with"),
        *("ike_proposals", "ike_strict", "esp_proposals", "esp_strict", "pfs_groups", "one_sa_per_pair"),
        *("exact_selectors", "ike_lifetime_s", "esp_lifetime_s", "ike_rekey_s", "esp_rekey_s", "dpd", "force_encap"),
        *("auto", "aggressive", "mobike", "childless", "virtual_ip", "mode", "refused", "unread", "key_roles"),
    }
