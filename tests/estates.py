"""Makes an estate of the few cells that a case names; everything else is healthy.

A case may start from one of `GIVEN`: `given = "pair"` in a case file, then only what differs. A row with the id of a
given row (of peers: the name) changes the cells that it names and no other; any other row is a further one.

    given = "pair"
    connections = [{ id = "c2", dpd = false }]

| given | what is there |
|---|---|
| pair | two VPCs of one estate, tunnelled to each other: c1 of p1 (10.1.0.0/16) at v1, c2 of p2 (10.2.0.0/16) at v2 |
| one-sided | the same without c2: nothing comes back |
| branch | c1 of p1 to a device of whose file, the peer `branch`, everything is known; it agrees with c1 |
| stranger | c1 of p1 to a peer that nothing tells of |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.ends import Ends, all_ends

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

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
        "cidr_list": "0.0.0.0/0",
        "traffic_type": "Ingress",
        "action": "Allow",
        "state": "Active",
    },
    "routers": {"vpc_id": "p1", "state": "Running", "redundant_router": False, "requires_upgrade": False},
    "settings": {"is_dynamic": False},
    "gaps": {"reason": "not-collected", "expected": False},
}


NEAR: dict[str, list[Row]] = {"vpcs": [{"id": "p1"}], "vpn_gateways": [{"id": "v1"}]}
PAIR: dict[str, list[Row]] = {
    "vpcs": [*NEAR["vpcs"], {"id": "p2", "cidr": "10.2.0.0/16"}],
    "vpn_gateways": [*NEAR["vpn_gateways"], {"id": "v2", "vpc_id": "p2", "public_ip": "198.51.100.2"}],
    "connections": [
        {"id": "c1", "gateway": "198.51.100.2", "cidr_list": "10.2.0.0/16"},
        {
            "id": "c2",
            "gateway": "198.51.100.1",
            "cidr_list": "10.1.0.0/16",
            "public_ip": "198.51.100.2",
            "vpn_gateway_id": "v2",
        },
    ],
}
BRANCH: Row = {
    "book": "peers.toml",
    "name": "branch",
    "dialect": "book",
    "implementation": "strongswan",
    "address": "203.0.113.2",
    "id": "203.0.113.2",
    "peer_address": "198.51.100.1",
    "peer_id": "198.51.100.1",
    "ike_versions": "ikev2",
    "initiates_with": "ikev2",
    "ike_proposals": "aes256-sha256-modp2048",
    "ike_strict": True,
    "esp_proposals": "aes256-sha256-modp2048",
    "esp_strict": True,
    "local_subnets": "10.2.0.0/24",
    "remote_subnets": "10.1.0.0/16",
    "one_sa_per_pair": False,
    "exact_selectors": False,
    "ike_lifetime_s": 28800,
    "esp_lifetime_s": 3600,
    "dpd": True,
    "force_encap": False,
    "psk_fingerprint": "aaaa",
}
GIVEN: dict[str, dict[str, list[Row]]] = {
    "pair": PAIR,
    "one-sided": {**PAIR, "connections": PAIR["connections"][:1]},
    "branch": {
        **NEAR,
        "connections": [{"id": "c1", "gateway": "203.0.113.2", "cidr_list": "10.2.0.0/24", "psk_fingerprint": "aaaa"}],
        "peers": [BRANCH],
    },
    "stranger": {**NEAR, "connections": [{"id": "c1"}]},
}


def estate(case: dict[str, Any]) -> Estate:
    """The estate of one case: `case[table]` holds rows, over those of `case["given"]`; `?` is a missing value; source
    `s1` unless a row says otherwise.
    """
    start = GIVEN[case["given"]] if "given" in case else {}
    rows = {name: changed(name, start.get(name, []), case.get(name, [])) for name in TABLES if name in {*start, *case}}
    tables = {name: _frame(name, of_table) for name, of_table in rows.items()}
    named = {source for frame in tables.values() if "source" in frame for source in frame["source"]} or {"s1"}
    if "sources" not in tables:
        tables["sources"] = _frame("sources", [{"source": source} for source in sorted(named)])
    return Estate(tables)


def changed(table: str, given: list[Row], rows: list[Row]) -> list[Row]:
    """The given rows with the cells that `rows` change, then the further ones."""
    key = "name" if table == "peers" else "id"
    changes = {row.get(key): row for row in rows}
    ids = {row[key] for row in given}
    return [{**row, **changes.get(row[key], {})} for row in given] + [row for row in rows if row.get(key) not in ids]


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
        **NEAR,
        "connections": [{**FAR, **connection}],
        "peers": list(peers),
    }
    (one,) = all_ends(estate(tables))
    return one
