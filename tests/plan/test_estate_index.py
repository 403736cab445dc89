"""Objects are looked up by source and id; what a source did not say is no key, and a gap is not forgotten."""

from __future__ import annotations

import pytest

from tests.estates import PAIR, estate
from vpnaudit.plan.estate_index import EstateIndex

TABLES = {
    "vpcs": [{"id": "p1"}, {"id": "p2", "project_id": "j1"}, {"id": "p3", "account": "?"}],
    "connections": [
        {"id": "c2"},
        {"id": "c1"},
        {"id": "c3", "customer_gateway_id": "?"},
        {"id": "c1", "source": "s2", "customer_gateway_id": "g9"},
    ],
    "gaps": [{"source": "s1", "table": "tiers", "text": "HTTP 530"}],
}
INDEX = EstateIndex(estate(TABLES))


def test_one_id_in_two_sources_is_two_objects():
    assert INDEX.connections["s2", "c1"]["customer_gateway_id"] == "g9"
    assert INDEX.connections["s1", "c1"]["customer_gateway_id"] == "g1"


def test_connections_of_a_gateway_come_in_the_order_of_their_ids_and_without_those_that_name_none():
    assert [row["id"] for row in INDEX.connections_of["s1", "g1"]] == ["c1", "c2"]
    assert {row["id"] for rows in INDEX.connections_of.values() for row in rows} == {"c1", "c2"}


def test_a_table_with_a_gap_is_not_whole_for_that_source_alone():
    assert not INDEX.whole("s1", "tiers")
    assert INDEX.whole("s2", "tiers")
    assert INDEX.whole("s1", "vpcs")


@pytest.mark.parametrize(
    ("vpc", "row", "owner"),
    [
        ("p2", {}, {"projectid": "j1"}),
        ("p1", {}, {"account": "alice", "domainid": "d1"}),
        ("p1", {"project_id": "j2"}, {"projectid": "j2"}),
        ("p3", {}, {}),
        (None, {"account": "bob", "domain_id": "d2"}, {"account": "bob", "domainid": "d2"}),
        ("unseen", {}, {}),
    ],
)
def test_an_owner_is_the_rows_own_else_that_of_its_vpc_and_never_half_known(vpc, row, owner):
    assert INDEX.owner("s1", vpc, row) == owner


def test_around_one_tunnel_everything_is_as_in_the_whole_estate():
    shared = {"id": "c3", "vpn_gateway_id": "v2", "public_ip": "198.51.100.2", "gateway": "203.0.113.9"}
    far = {"id": "c4", "customer_gateway_id": "g9", "gateway": "203.0.113.8"}
    gateways = [{"id": "g1"}, {"id": "g2"}, {"id": "g9"}]
    connections = [PAIR["connections"][0], {**PAIR["connections"][1], "customer_gateway_id": "g2"}, shared, far]
    tables = {**PAIR, "connections": connections, "customer_gateways": gateways, "tiers": [{"id": "t1"}]}
    whole = estate(tables)
    index = EstateIndex(whole)
    ends = index.ends["s1", "c1"]
    part = EstateIndex.around(whole, ends)
    assert part.connections.keys() == {("s1", "c1"), ("s1", "c2"), ("s1", "c3")}
    assert part.customer_gateways.keys() == {("s1", "g1"), ("s1", "g2")}
    for name in ("connections", "customer_gateways", "connections_of", "pairs", "ends", "vpcs", "tiers_in"):
        rows, all_rows = getattr(part, name), getattr(index, name)
        assert rows
        assert rows == {key: all_rows[key] for key in rows}
