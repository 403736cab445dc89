"""The sandbox as others use it: start and stop, growth, repeatability, what it may contain."""

import ipaddress
import queue
import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.sandbox import Sandbox, hostile_names, serve, specimens
from vpnaudit.sandbox.example import build

from .asking import ask, rows

BASE = datetime(2026, 11, 24, 12, tzinfo=UTC)
PUBLIC = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
PRIVATE = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def test_two_sandboxes_do_not_meet():
    with Sandbox() as one, Sandbox(seed=1) as other:
        assert one.port != other.port
        assert one.credentials["prod"]["admin"] != other.credentials["prod"]["admin"]
        assert ask(one, "prod", "admin", "listZones")[0] == 200
        other_key = other.credentials["prod"]["admin"]
        assert other_key not in one.credentials["prod"].values()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", one.port), timeout=1)


def test_a_port_in_use_is_said(sandbox):
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{sandbox.port}"):
        Sandbox(port=sandbox.port).__enter__()


def test_an_account_that_nobody_has_is_said(sandbox):
    with pytest.raises(ConfigError, match="no account 'mallory'"):
        sandbox.profiles("mallory")


def test_profiles_by_role(sandbox):
    assert [profile["name"] for profile in sandbox.profiles()] == ["prod", "dr"]
    assert [profile["name"] for profile in sandbox.profiles("bob")] == ["prod-bob"]
    profile = sandbox.profiles("alice")[1]
    assert profile["endpoint"] == sandbox.endpoints["dr"]
    assert (profile["key"], profile["secret"]) == sandbox.credentials["dr"]["alice"]


def test_profiles_are_for_their_owner_only(sandbox, tmp_path):
    path = sandbox.write_profiles(tmp_path / "cloudstack.ini")
    assert path.stat().st_mode & 0o077 == 0


def test_serve_writes_profiles_and_says_when_it_is_ready(tmp_path):
    path = tmp_path / "cloudstack.ini"
    started = queue.Queue()
    threading.Thread(target=serve, args=(0,), kwargs={"profiles": path, "ready": started.put}, daemon=True).start()
    running = started.get(timeout=20)
    assert ask(running, "prod", "auditor", "listZones")[0] == 200
    assert f"endpoint = {running.endpoints['dr']}" in path.read_text(encoding="utf-8")


def test_a_running_sandbox_knows_its_specimens(sandbox):
    assert sandbox.specimens == specimens()
    assert sandbox.hostile_names == hostile_names()


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


def test_growth_is_quick_and_repeats():
    start = time.process_time()
    grown = build(BASE, vpcs=500, seed=3)
    assert time.process_time() - start < 3  # about one second on an idle machine
    assert sum(len(cloud.rows("vpc")) for cloud in grown.clouds.values()) == 500
    again = build(BASE, vpcs=500, seed=3)
    assert [row for cloud in grown.clouds.values() for row in cloud.rows("vpnconnection")] == [
        row for cloud in again.clouds.values() for row in cloud.rows("vpnconnection")
    ]
    ids = [
        row["id"]
        for cloud in grown.clouds.values()
        for items in cloud.tables.values()
        for row in (i.row for i in items)
        if "id" in row
    ]
    assert len(ids) == len(set(ids))
    assert grown.specimens == sorted(grown.specimens)
    assert len(grown.specimens) == len(specimens())
    used = [row["s2svpngatewayid"] for cloud in grown.clouds.values() for row in cloud.rows("vpnconnection")]
    assert max(used.count(gateway) for gateway in set(used)) == 4


@pytest.mark.parametrize("vpcs", [0, 39, 100_000])
def test_growth_has_limits(vpcs):
    with pytest.raises(ConfigError, match=f"cannot have {vpcs} VPCs"):
        build(BASE, vpcs=vpcs)


def test_a_grown_estate_is_served_in_pages():
    with Sandbox(vpcs=800, unreadable=False) as sandbox:
        plus = {"listall": "true", "isrecursive": "true", "projectid": "-1"}
        pages = [rows(sandbox, "prod", "auditor", "listVPCs", page=str(n), pagesize="300", **plus) for n in (1, 2, 3)]
        assert len({row["id"] for page in pages for row in page}) == sum(map(len, pages)) == 602


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
