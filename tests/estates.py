"""Makes an estate of the few cells that a case names; everything else is healthy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.ends import Ends, all_ends

if TYPE_CHECKING:
    import pandas as pd

MISSING = "?"
"""In a case file: the server did not say."""

_TUNNEL = {
    "gateway": "192.0.2.10",
    "cidr_list": "192.168.10.0/24",
    "ike_policy": "aes256-sha256;modp2048",
    "esp_policy": "aes256-sha256;modp2048",
    "ike_lifetime_s": 28800,
    "esp_lifetime_s": 3600,
    "dpd": True,
    "force_encap": False,
    "split_connections": False,
    "ike_version": "ikev2",
    "psk_length": 40,
    "psk_classes": "lower,upper,digit",
    "psk_bits": 238,
    "psk_flags": "",
}

HEALTHY: dict[str, dict[str, Any]] = {
    "sources": {"cloudstack_version": "4.22.0.0", "role_type": "Admin", "collected_utc": "2026-11-24T08:00:00+0000"},
    "customer_gateways": {**_TUNNEL, "account": "alice", "domain_id": "d1"},
    "connections": {
        **_TUNNEL,
        "vpn_gateway_id": "v1",
        "customer_gateway_id": "g1",
        "public_ip": "198.51.100.1",
        "passive": False,
        "state": "Connected",
        "created_utc": "2026-11-01T00:00:00+0000",
        "account": "alice",
        "domain_id": "d1",
    },
    "vpcs": {
        "cidr": "10.1.0.0/16",
        "state": "Enabled",
        "vpn_service": True,
        "zone_id": "z1",
        "zone": "z1",
        "account": "alice",
        "domain_id": "d1",
    },
    "vpn_gateways": {"vpc_id": "p1", "public_ip": "198.51.100.1", "account": "alice", "domain_id": "d1"},
    "tiers": {"vpc_id": "p1", "cidr": "10.1.1.0/24", "state": "Implemented", "acl_id": "l1", "acl": "web"},
    "acl_lists": {"vpc_id": "p1"},
    "acl_rules": {
        "acl_id": "l1",
        "number": 1,
        "protocol": "all",
        "traffic_type": "Ingress",
        "action": "Allow",
        "state": "Active",
    },
    "routers": {"vpc_id": "p1", "state": "Running", "redundant_router": False, "requires_upgrade": False},
    "settings": {"is_dynamic": False},
    "gaps": {"reason": "not-collected", "expected": False},
}


def estate(case: dict[str, Any]) -> Estate:
    """The estate of one case: `case[table]` holds rows; `?` is a missing value; source `s1` unless a row says
    otherwise.
    """
    tables = {name: _frame(name, case[name]) for name in TABLES if name in case}
    named = {source for frame in tables.values() if "source" in frame for source in frame["source"]} or {"s1"}
    if "sources" not in tables:
        tables["sources"] = _frame("sources", [{"source": source} for source in sorted(named)])
    return Estate(tables)


def _frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    filled = [{"source": "s1", **HEALTHY.get(name, {}), "name": row.get("id"), **row} for row in rows]
    return TABLES[name].frame([{k: None if v == MISSING else v for k, v in row.items()} for row in filled])


FAR = {"id": "c1", "gateway": "203.0.113.2", "cidr_list": "10.2.0.0/24"}
BOOK = {
    "book": "peers.toml",
    "name": "branch",
    "dialect": "book",
    "address": "203.0.113.2",
    "peer_address": "198.51.100.1",
}
PAIR = {
    "vpcs": [{"id": "p1"}, {"id": "p2", "cidr": "10.2.0.0/16"}],
    "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2", "public_ip": "203.0.113.2"}],
    "connections": [
        {**FAR, "cidr_list": "10.2.0.0/16"},
        {
            "id": "c2",
            "gateway": "198.51.100.1",
            "cidr_list": "10.1.0.0/16",
            "public_ip": "203.0.113.2",
            "vpn_gateway_id": "v2",
        },
    ],
}


FULL = {
    **BOOK,
    "id": "203.0.113.2",
    "peer_id": "198.51.100.1",
    "ike_versions": "ikev1,ikev2",
    "initiates_with": "ikev2",
    "ike_proposals": "aes256-sha256-modp2048",
    "esp_proposals": "aes256-sha256-modp1024",
    "local_subnets": "10.2.0.0/24",
    "remote_subnets": "10.1.0.0/16",
    "one_sa_per_pair": False,
    "ike_lifetime_s": 28800,
    "esp_lifetime_s": 1800,
    "dpd": True,
    "force_encap": False,
    "auto": "add",
    "aggressive": True,
}


def only(*peers: dict, **connection: object) -> Ends:
    tables = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "connections": [{**FAR, **connection}],
        "peers": list(peers),
    }
    (one,) = all_ends(estate(tables))
    return one
