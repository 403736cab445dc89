"""Which far side a connection is compared with, and that what is not known is never guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.estates import BOOK, FAR, PAIR, estate, only
from vpnaudit.asking.naming import find_connection
from vpnaudit.errors import ConfigError
from vpnaudit.estate.ends import all_ends, ends_of, known_case
from vpnaudit.estate.tables import records


def test_the_far_vpc_is_the_far_side() -> None:
    one, other = all_ends(estate(PAIR))
    assert (one.far, one.far_id, one.reason) == ("connection", "c2", None)
    assert one.peer is not None
    assert (one.peer.address, one.peer.subnets, one.peer.implementation) == (
        "198.51.100.2",
        ("10.2.0.0/16",),
        "cloudstack",
    )
    assert other.far_id == "c1"


def test_the_ends_of_one_connection_are_those_among_all() -> None:
    whole = estate({**PAIR, "connections": [*PAIR["connections"], {**FAR, "id": "c3"}], "peers": [BOOK]})
    for one in all_ends(whole):
        assert ends_of(whole, find_connection(whole, one.id)) == one


def test_keys_are_compared_by_fingerprint_and_unknown_is_not_unequal() -> None:
    for ours, theirs, comparison in (("f1", "f1", "equal"), ("f1", "f2", "unequal"), ("f1", "?", "unknown")):
        ends = [{**row, "psk_fingerprint": key} for row, key in zip(PAIR["connections"], (ours, theirs), strict=True)]
        assert {one.psk for one in all_ends(estate({**PAIR, "connections": ends}))} == {comparison}


def test_the_estate_itself_goes_before_a_book() -> None:
    book = [{**BOOK, "connection_id": "c1", "address": "203.0.113.9"}]
    assert all_ends(estate({**PAIR, "peers": book}))[0].far == "connection"


@pytest.mark.parametrize(
    "row",
    [
        BOOK,
        {**BOOK, "peer_address": "?"},
        {**BOOK, "peer_address": "%any"},
        {**BOOK, "address": "10.9.9.9", "public_address": "203.0.113.2"},
        {**BOOK, "address": "192.0.2.77", "connection_id": "c1"},
    ],
    ids=["addresses", "router not said", "any router", "behind a NAT", "by id"],
)
def test_a_row_of_a_book_is_found(row: dict) -> None:
    one = only(row)
    assert (one.far, one.far_id, one.told_by) == ("peers", "branch", "branch of peers.toml")
    assert one.peer is not None


def test_a_row_that_says_whose_far_side_it_is_is_of_no_other() -> None:
    assert only({**BOOK, "connection_id": "c7"}).far == "unknown"


def test_another_address_is_another_peer() -> None:
    for row in ({**BOOK, "address": "203.0.113.3"}, {**BOOK, "peer_address": "198.51.100.9"}):
        one = only(row)
        assert (one.far, one.reason) == ("unknown", "no-peer-side")


def test_several_that_fit_are_none_and_are_named() -> None:
    one = only(BOOK, {**BOOK, "name": "branch\nold"})
    assert one.peer is None
    assert "2 tunnels of the peer files" in str(one.why)
    assert "set connection_id = c1" in str(one.why)
    assert "\n" not in str(one.why)


def test_a_far_vpc_without_a_connection_back_is_told() -> None:
    (one,) = all_ends(estate({**PAIR, "connections": PAIR["connections"][:1]}))
    assert (one.far, one.reason) == ("unanswered", "no-peer-side")


@pytest.mark.parametrize(
    "column", ["esp_policy", "cidr_list", "esp_lifetime_s", "dpd", "force_encap", "ike_version", "split_connections"]
)
def test_a_setting_that_was_not_said_is_not_guessed(column: str) -> None:
    one = only(BOOK, **{column: "?"})
    assert (one.router, one.reason) == (None, "unknown-value")
    near, far = all_ends(
        estate({**PAIR, "connections": [PAIR["connections"][0], {**PAIR["connections"][1], column: "?"}]})
    )
    assert (near.far, near.case, near.reason) == ("connection", None, "unknown-value")
    assert far.router is None


def test_a_vpc_that_was_not_collected_is_not_guessed() -> None:
    (one,) = all_ends(estate({"vpn_gateways": [{"id": "v1"}], "connections": [FAR], "peers": [BOOK]}))
    assert "cidr of its VPC" in str(one.why)


def test_an_old_release_has_fewer_settings() -> None:
    tables = {
        "sources": [{"source": "s1", "cloudstack_version": "4.11.3.0"}],
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "connections": [{**FAR, "ike_version": "?", "split_connections": "?"}],
        "peers": [BOOK],
        "remote_access_vpns": [{"id": "r1", "public_ip": "198.51.100.1"}],
    }
    (one,) = all_ends(estate(tables))
    assert one.router is not None
    assert (one.router.ikeversion, one.router.remote_access) == ("ike", True)


def test_a_question_about_one_connection_says_what_is_missing() -> None:
    whole = estate(PAIR)
    both = ends_of(whole, find_connection(whole, "c2"))
    assert known_case(both) == both.case
    with pytest.raises(ConfigError, match="--peers"):
        known_case(only())
    with pytest.raises(ConfigError, match=r"without esppolicy\.$"):
        known_case(only(BOOK, esp_policy="?"))
    assert replace(both, peer=None).case is None


def test_the_example_estate_has_its_pairs(example_estate) -> None:
    by_ends = {(one.source, one.id): one.far_id for one in all_ends(example_estate) if one.far == "connection"}
    by_pairs = {(row["source"], row["id"]): row["id_far"] for row in records(example_estate["pairs"]) if row["id_far"]}
    assert by_ends == by_pairs
    assert by_ends
