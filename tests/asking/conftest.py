"""An estate of two VPCs, four connections and lists of every kind, as an engineer opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.estates import estate
from vpnaudit.explore import Exploration
from vpnaudit.policy import load

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "<script>alert(1)</script>\u202e\n"
TABLES: dict[str, list[dict[str, Any]]] = {
    "vpcs": [{"id": "p1", "name": "payroll"}, {"id": "p2", "name": "dr", "ip4_routing": "Static"}],
    "vpn_gateways": [{"id": "v1", "vpc_id": "p1"}, {"id": "v2", "vpc_id": "p2"}],
    "customer_gateways": [{"id": "g1", "name": "office"}, {"id": "g2", "name": "branch"}],
    "connections": [
        {"id": "aa-1", "customer_gateway_id": "g1", "gateway": "192.0.2.1"},
        {
            "id": "aa-2",
            "customer_gateway_id": "g2",
            "gateway": "192.0.2.2",
            "cidr_list": "192.168.20.0/24,192.168.21.0/24",
        },
        {"id": "bb-3", "customer_gateway_id": "g2", "gateway": "192.0.2.1", "cidr_list": "?"},
        {"id": "bb-4", "customer_gateway_id": "g1", "gateway": "192.0.2.4", "vpn_gateway_id": "v2"},
    ],
    "acl_lists": [
        {"id": "l1", "name": "web"},
        {"id": "l2", "name": "web", "vpc_id": "p2"},
        {"id": "l3", "name": "odd"},
    ],
    "acl_rules": [
        {"id": "r1", "action": "Deny", "protocol": "icmp", "cidr_list": "192.168.10.0/24"},
        {
            "id": "r2",
            "number": 2,
            "protocol": "tcp",
            "start_port": 443,
            "end_port": 443,
            "cidr_list": "192.168.10.0/24",
        },
        {"id": "r3", "number": 3, "protocol": "tcp", "start_port": 22, "end_port": 22, "cidr_list": "192.168.10.0/24"},
        {"id": "r4", "acl_id": "l2", "traffic_type": "Egress", "protocol": "6"},
        {"id": "r5", "acl_id": "l3", "number": "?"},
    ],
    "tiers": [
        {"id": "t1", "name": "front", "vpc": "payroll"},
        {"id": "t2", "name": EVIL, "acl_id": "?", "acl": "?", "cidr": "10.1.2.0/24"},
        {"id": "t3", "name": "front", "vpc_id": "p2", "acl_id": "l2", "cidr": "10.2.1.0/24"},
        {"id": "t4", "name": "odd", "acl_id": "l3", "cidr": "?"},
    ],
}


@pytest.fixture(scope="session")
def evil() -> str:
    """A name as a stranger may write it."""
    return EVIL


@pytest.fixture(scope="session")
def tables() -> dict[str, list[dict[str, Any]]]:
    """The rows of that estate."""
    return TABLES


@pytest.fixture(scope="session")
def opened() -> Exploration:
    return Exploration(estate(TABLES), load())


@pytest.fixture(scope="session")
def snapshot(opened: Exploration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("reach") / "s"
    opened.estate.save(place)
    return place
