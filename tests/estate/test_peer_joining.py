"""A far side belongs to the connection that it names, by id, addresses, identity or router; every other is told why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import BOOK, FAR, estate
from vpnaudit.estate.ends import all_ends
from vpnaudit.estate.peer_joining import _Free, _narrowed, unjoined

ROUTER = "198.51.100.1"
SECOND = {**FAR, "id": "c2", "gateway": "203.0.113.9", "cidr_list": "10.9.0.0/16"}
PRIVATE = {**BOOK, "address": "192.168.0.12", "local_subnets": "10.2.0.0/24", "remote_subnets": "10.1.0.0/16"}


def joined(*peers: dict, connections: tuple = (FAR,)) -> tuple[list[str | None], list[str]]:
    """The far side of each connection, and why the others have none."""
    tables = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": list(connections)}
    whole = estate({**tables, "peers": [{**peer, "name": f"t{n}"} for n, peer in enumerate(peers)]})
    return [one.far_id for one in all_ends(whole)], [f"{name}: {why}" for name, _, _, why in unjoined(whole)]


@pytest.mark.parametrize(
    "row",
    [
        PRIVATE,
        {**PRIVATE, "address": "%any"},
        {**PRIVATE, "address": "?"},
        {**PRIVATE, "address": "192.0.2.7", "id": "203.0.113.2"},
        {**PRIVATE, "address": "%any", "id": "@203.0.113.2", "peer_address": "%any"},
        {**PRIVATE, "address": "%any", "peer_address": "%any"},
    ],
    ids=["private", "any", "not said", "identity", "name that is the address", "networks alone"],
)
def test_a_row_joins_where_one_connection_fits(row: dict) -> None:
    assert joined(row) == (["t0"], [])


def test_networks_tell_the_connections_of_a_router_apart() -> None:
    assert joined(PRIVATE, connections=(FAR, SECOND)) == (["t0", None], [])
    both = [{**PRIVATE, "local_subnets": "10.0.0.0/8"}]
    far_ids, (why,) = joined(*both, connections=(FAR, SECOND))
    assert far_ids == [None, None]
    assert "t0: 2 connections fit it (c1, c2): name it with --peers FILE=CONNECTION" in why


def test_a_connection_that_has_a_far_side_is_not_meant() -> None:
    assert joined(BOOK, PRIVATE, connections=(FAR, SECOND)) == (
        ["t0", "t1"],
        [],
    ), "the one connection that is left"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({**PRIVATE, "address": "203.0.113.7"}, "its own address 203.0.113.7 is no customer gateway's"),
        ({**PRIVATE, "peer_address": "198.51.100.77"}, "it names 198.51.100.77, which is no router of this estate"),
        ({**BOOK, "address": "%any", "peer_address": "%any"}, "it names no router and no address"),
        ({**PRIVATE, "connection_id": "c77"}, "there is no connection c77 in this estate"),
    ],
)
def test_what_joins_nothing_is_told_why(row: dict, why: str) -> None:
    far_ids, (reason,) = joined(row)
    assert far_ids == [None]
    assert why in reason


def test_a_connection_that_a_row_names_is_of_no_other_row() -> None:
    assert joined({**PRIVATE, "connection_id": "c1"}, BOOK) == (["t0"], [])


def test_a_connection_without_a_gateway_is_no_ones() -> None:
    far_ids, _ = joined(BOOK, connections=({**FAR, "gateway": "?"},))
    assert far_ids == [None]


def test_several_connections_of_a_router_and_no_networks_leave_it_open() -> None:
    row = {**PRIVATE, "local_subnets": "?", "remote_subnets": "?"}
    far_ids, (why,) = joined(row, connections=(FAR, SECOND))
    assert far_ids == [None, None]
    assert "has several connections without a far side" in why


def test_what_cannot_be_decided_is_told_and_nothing_is_predicted() -> None:
    tables = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [FAR]}
    (one,) = all_ends(estate({**tables, "peers": [{**BOOK, "undecided": "ah decides, and is not read"}]}))
    assert (one.case, one.reason) == (None, "unknown-value")
    assert "branch of peers.toml: ah decides" in str(one.why)


def test_the_key_with_which_it_starts_is_compared_too() -> None:
    tables = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}], "connections": [{**FAR, "psk_fingerprint": "f1"}]}
    row = {**BOOK, "psk_fingerprint": "f1", "start_fingerprint": "f2", "key_roles": "answer,start"}
    (one,) = all_ends(estate({**tables, "peers": [row]}))
    assert one.case is not None
    assert (one.case.psk_of("router"), one.case.psk_of("peer")) == ("equal", "unequal")


LISTS = st.lists(
    st.sampled_from(["10.2.0.0/24", "10.2.0.128/25", "10.2.0.0/16", "10.0.0.0/8", "0.0.0.0/0", "10.3.0.0/24", "x", ""]),
    min_size=1,
    max_size=2,
).map(",".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LISTS, LISTS), max_size=8), LISTS, LISTS)
def test_those_that_meet_are_what_looking_at_each_gives(tunnels: list, theirs: str, ours: str) -> None:
    rows = [{"public_ip": None, "cidr_list": far, "vpc_cidr": near} for far, near in tunnels]
    free, row = _Free(rows), {"local_subnets": theirs, "remote_subnets": ours}
    assert free.meeting(row) == _narrowed(rows, row)
    assert free.meeting(row) is free.meeting(row)
