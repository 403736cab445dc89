"""The example is one estate: it repeats, its ids join, and it names no address that somebody has."""

import ipaddress
from datetime import UTC, datetime

from vpnaudit.sandbox import specimens
from vpnaudit.sandbox.example import build

BASE = datetime(2026, 11, 24, 12, tzinfo=UTC)


PUBLIC = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]


PRIVATE = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def test_same_seed_same_cloud_whenever_it_starts():
    def tables(base, seed):
        return {
            name: {key: [item.row for item in items] for key, items in cloud.tables.items()}
            for name, cloud in build(base, seed=seed).clouds.items()
        }

    assert tables(BASE, 0) == tables(BASE, 0)
    assert tables(BASE, 0) != tables(BASE, 1)
    assert specimens() == specimens()
    later = build(datetime(2027, 1, 1, tzinfo=UTC)).clouds["prod"].rows("vpnconnection")
    assert [row["id"] for row in later] == [row["id"] for row in build(BASE).clouds["prod"].rows("vpnconnection")]


def test_everything_happened_before_the_base_time():
    for cloud in build(BASE).clouds.values():
        for table in ("vpc", "vpnconnection", "router", "event"):
            assert all(row["created"] < "2026-11-24T12:00:00+0000" for row in cloud.rows(table))


def test_documentation_addresses_only():
    for cloud in build(BASE).clouds.values():
        for row in cloud.rows("publicipaddress"):
            assert any(ipaddress.ip_address(row["ipaddress"]) in net for net in PUBLIC)
        for row in cloud.rows("vpc"):
            assert any(ipaddress.ip_network(row["cidr"]).subnet_of(net) for net in PRIVATE)
        for row in cloud.rows("vpncustomergateway"):
            remotes = [ipaddress.ip_network(cidr) for cidr in row["cidrlist"].split(",")]
            assert row["cidrlist"] == "0.0.0.0/0" or all(any(r.subnet_of(net) for net in PRIVATE) for r in remotes)


def test_ids_join():
    for cloud in build(BASE).clouds.values():
        ids = {
            key: {row["id"] for row in cloud.rows(key)}
            for key in cloud.tables
            if key not in ("capability", "configuration")
        }
        for row in cloud.rows("vpnconnection"):
            assert row["s2svpngatewayid"] in ids["vpngateway"]
            assert row["s2scustomergatewayid"] in ids["vpncustomergateway"]
        for table, key, target in (
            ("vpngateway", "vpcid", "vpc"), ("network", "vpcid", "vpc"), ("router", "vpcid", "vpc"), ("network",
            "aclid", "networkacllist"), ("networkacl", "aclid", "networkacllist"), ("vpc", "zoneid", "zone"), ("vpc",
            "vpcofferingid", "vpcoffering"), ("router", "serviceofferingid", "serviceoffering"), ("router", "hostid",
            "host"), ("virtualmachine", "hostid", "host"), ("staticroute", "vpcgatewayid", "privategateway"),
            ("remoteaccessvpn", "publicipid", "publicipaddress"),
        ):  # fmt: skip
            assert {row[key] for row in cloud.rows(table) if key in row} <= ids.get(target, set()), (table, key)
