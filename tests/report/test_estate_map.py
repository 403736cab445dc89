"""The map: which VPCs a tunnel joins, which have none, and what is drawn when there are many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.estates import PAIR, estate
from vpnaudit.explore import Exploration
from vpnaudit.policy import load
from vpnaudit.report import estate_map
from vpnaudit.report.estate_map import drawing

if TYPE_CHECKING:
    import pytest


def test_the_map_joins_vpcs_that_a_tunnel_joins() -> None:
    case = {
        "vpcs": [{"id": "p1"}, {"id": "p2", "cidr": "10.2.0.0/16"}],
        "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2", "public_ip": "198.51.100.2"}],
        "customer_gateways": [{"id": "g1", "gateway": "198.51.100.2"}, {"id": "g2", "gateway": "198.51.100.1"}],
        "connections": [
            {"id": "c1", "gateway": "198.51.100.2"},
            {
                "id": "c2",
                "vpn_gateway_id": "v2",
                "customer_gateway_id": "g2",
                "gateway": "198.51.100.1",
                "public_ip": "198.51.100.2",
            },
        ],
    }
    joined = drawing(Exploration(estate(case), load()).audit)
    assert len(joined.arcs) == 1
    assert joined.outside == 0
    assert all(mark.inside for line in joined.lines for mark in line.marks)


def test_two_tunnels_between_two_vpcs_are_one_arc_of_the_worse_colour() -> None:
    tables = {**PAIR, "customer_gateways": [{"id": "g1", "ike_policy": "des-md5;modp768"}]}
    (arc,) = drawing(Exploration(estate(tables), load()).audit).arcs
    assert arc.worst in ("critical", "high")


def test_a_vpc_without_a_connection_says_what_it_lacks() -> None:
    tables = {"vpcs": [{"id": "p1"}, {"id": "p2"}], "vpn_gateways": [{"id": "v1"}]}
    lines = drawing(Exploration(estate(tables), load()).audit).lines
    assert [line.note for line in lines if not line.heading] == ["gateway without a connection", "no VPN gateway"]


def test_names_go_where_there_are_many_and_the_marks_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Exploration(estate(PAIR), load()).audit
    monkeypatch.setattr(estate_map, "NAMED", 1)
    drawn = drawing(audit)
    assert not drawn.named
    assert sum(len(line.marks) for line in drawn.lines) == drawn.connections == 2


def test_a_far_vpc_that_was_not_collected_gets_no_arc() -> None:
    drawn = drawing(Exploration(estate({**PAIR, "vpcs": [{"id": "p1"}]}), load()).audit)
    assert drawn.arcs == []
    assert drawn.vpcs == 1
