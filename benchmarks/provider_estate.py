"""The estate of a provider, of any size, made as tables: what a collection of so many objects would give.

Every VPC has a router, a VPN gateway and five connections, one to the VPC beside it and four to sites, so a fifth of
all connections joins two VPCs. Access lists have 50 rules; each stands on a tier of its own, and one in ten is
distinct. Tenants choose one of the settings that vendors' guides recommend, and one gateway in ten deviates from them
in one setting, so the number of different tunnels grows slowly. One site in six has a second remote network, one key in
a hundred is used for ten tunnels.

Variants, and what they change:

    mixed         networks of VPCs and sites differ; of half of the sites a file tells the far end
    one-network   every VPC is 10.1.0.0/16, its first site 192.168.1.0/24, its second 192.168.2.0/24 and so on
    all-known     of every site a file tells the far end

Equal arguments give equal tables. The numbers are those of RFC 1918 and of public ranges, which nobody asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from benchmarks.provider_access import access_tables, vpcs_of
from benchmarks.provider_frames import address_texts, frame, ids, numbered, picked
from benchmarks.provider_settings import Choices, gateway_settings, peer_settings
from vpnaudit.estate import Estate
from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from benchmarks.provider_frames import Integers

VARIANTS: Final = ("mixed", "one-network", "all-known")
_PER_VPC: Final = 5
_TIMES: Final = (pd.Timestamp("2026-03-01T00:00:00Z"), pd.Timestamp("2026-11-24T08:00:00Z"))
_OWNER: Final = ("domain_id", "domain", "domain_path", "account")
_PLACE: Final = ("zone_id", "zone", *_OWNER)
_ROUTERS: Final = 198 << 24 | 18 << 16
_PEERS: Final = 203 << 24
_SITES: Final = 172 << 24 | 16 << 16
_SECOND: Final = 192 << 24 | 168 << 16
_KEY_SHARED: Final = 0.01
_KEY_WRONG: Final = 0.01


def provider_estate(connections: int, rules: int, variant: str = "mixed", seed: int = 1) -> Estate:
    """The estate with so many connections and rules of access lists, both rounded down to whole VPCs and lists."""
    draw = np.random.default_rng(seed)
    count = max(2, connections // _PER_VPC // 2 * 2)
    starts = (
        np.full(count, 10 << 24 | 1 << 16) if variant == "one-network" else (10 << 24) + np.arange(count) % 65536 * 256
    )
    prefix = 16 if variant == "one-network" else 24
    platform = _platform(draw, count)
    vpcs = _vpcs(draw, count, platform, starts, prefix)
    gateways = _vpn_gateways(draw, vpcs)
    tunnels = _tunnels(draw, gateways, vpcs, one_network=variant == "one-network")
    known = tunnels["site"] & (draw.random(len(tunnels["site"])) < (1 if variant == "all-known" else 1 / 2))
    return Estate(
        {
            **platform,
            "vpcs": frame("vpcs", count, vpcs),
            "vpn_gateways": frame("vpn_gateways", count, gateways),
            **_around(draw, vpcs, gateways),
            **access_tables(draw, rules, vpcs, starts),
            **_ends(draw, tunnels, vpcs, np.flatnonzero(known)),
        }
    )


def _platform(draw: np.random.Generator, count: int) -> dict[str, pd.DataFrame]:
    """The source, its zones, domains, accounts, hosts, offerings and settings."""
    tenants, domains = max(1, count // 4), max(1, count // 80)
    names = numbered("domain-{}", np.arange(domains))
    of_tenant = np.arange(tenants) % domains
    domain = {"id": ids(draw, domains), "name": names, "path": "ROOT/" + names, "level": 1, "state": "Active"}
    zones = {"id": ids(draw, 4), "name": numbered("zone-{}", np.arange(4))}
    settings = {
        "name": [f"site2site.vpn.{name}.limit" for name in ("vpngateway.connection", "customergateway.subnets")],
        "value": "10",
        "default_value": ["4", "10"],
        "is_dynamic": [False, False],
    }
    source = {"cloudstack_version": "4.22.0.0", "account": "auditor", "role_type": "Admin", "collected_utc": _TIMES[1]}
    source |= {"endpoint": "https://cloud.example.net/client/api", "role": "Read-Only Admin - Default"}
    return {
        "sources": frame("sources", 1, source),
        "zones": frame("zones", 4, {**zones, "network_type": "Advanced", "allocation_state": "Enabled"}),
        "domains": frame("domains", domains, domain),
        "accounts": frame(
            "accounts",
            tenants,
            {
                "id": ids(draw, tenants),
                "name": numbered("tenant-{}", np.arange(tenants)),
                "domain_id": domain["id"].take(of_tenant),
                "domain": names.take(of_tenant),
                "domain_path": domain["path"].take(of_tenant),
                "role_type": "User",
                "state": "enabled",
            },
        ),
        "hosts": frame("hosts", 8, {"id": ids(draw, 8), "name": numbered("kvm-{}", np.arange(8)), "state": "Up"}),
        "vpc_offerings": frame(
            "vpc_offerings",
            1,
            {"id": ids(draw, 1), "name": "Default VPC offering", "state": "Enabled", "network_mode": "NATTED"}
            | {"services": "Dhcp,Dns,Lb,NetworkACL,SourceNat,StaticNat,Vpn", "vpn_provider": "VpcVirtualRouter"},
        ),
        "service_offerings": frame(
            "service_offerings",
            1,
            {"id": ids(draw, 1), "name": "Software Router", "cpus": 1, "cpu_mhz": 500, "memory_mib": 512},
        ),
        "settings": frame("settings", 2, settings),
    }


def _vpcs(
    draw: np.random.Generator, count: int, platform: dict[str, pd.DataFrame], starts: Integers, prefix: int
) -> dict[str, Any]:
    tenants, zones = platform["accounts"], platform["zones"]
    of_tenant, of_zone = np.arange(count) // 4 % len(tenants), np.arange(count) % len(zones)
    offering = platform["vpc_offerings"].iloc[0]
    return {
        "id": ids(draw, count),
        "name": numbered("vpc-{}", np.arange(count)),
        "cidr": address_texts(starts, prefix),
        "state": "Enabled",
        "zone_id": zones["id"].array.take(of_zone),
        "zone": zones["name"].array.take(of_zone),
        "account": tenants["name"].array.take(of_tenant),
        **picked({name: tenants[name].array for name in tenants}, of_tenant, ("domain_id", "domain", "domain_path")),
        "vpc_offering_id": offering["id"],
        "vpc_offering": offering["name"],
        "redundant_router": False,
        "restart_required": draw.random(count) < 1 / 50,
        "vpn_service": True,
        "public_mtu_bytes": 1500,
        "created_utc": _TIMES[0],
    }


def _vpn_gateways(draw: np.random.Generator, vpcs: dict[str, Any]) -> dict[str, Any]:
    count = len(vpcs["id"])
    return {
        "id": ids(draw, count),
        **vpcs_of(vpcs, np.arange(count)),
        "public_ip": address_texts(_ROUTERS + np.arange(count)),
        **{name: vpcs[name] for name in _OWNER},
    }


def _around(draw: np.random.Generator, vpcs: dict[str, Any], gateways: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """What stands beside the tunnels: routers and addresses, and in one VPC of fifty a private gateway with a route, in
    another a VPN for single users.
    """
    count = len(vpcs["id"])
    every, some, others = np.arange(count), np.arange(0, count, 50), np.arange(1, count, 50)
    place = {name: vpcs[name] for name in _PLACE}
    router = {"state": "Running", "redundant_router": False, "redundant_state": "UNKNOWN", "requires_upgrade": False}
    private = ids(draw, len(some))
    networks = (10 << 24 | 255 << 16) + np.arange(len(some)) % 256 * 256
    roads = {**vpcs_of(vpcs, some), **picked(vpcs, some, _OWNER)}
    route = {name: column for name, column in roads.items() if name != "vpc"}
    return {
        "routers": frame(
            "routers",
            count,
            {"id": ids(draw, count), "name": numbered("r-{}-VM", every), "template_version": "4.22.0"}
            | {**router, "public_ip": gateways["public_ip"], "created_utc": _TIMES[0], **vpcs_of(vpcs, every), **place},
        ),
        "public_ips": frame(
            "public_ips",
            count,
            {"id": ids(draw, count), "ip_address": gateways["public_ip"], "is_source_nat": True, "is_static_nat": False}
            | {"state": "Allocated", "allocated_utc": _TIMES[0], **vpcs_of(vpcs, every), **place},
        ),
        "private_gateways": frame(
            "private_gateways",
            len(some),
            {"id": private, "ip_address": address_texts(networks + 2), "gateway": address_texts(networks + 1)}
            | {"netmask": "255.255.255.0", "state": "Ready", **roads, **picked(vpcs, some, ("zone_id", "zone"))},
        ),
        "static_routes": frame(
            "static_routes",
            len(some),
            {"id": ids(draw, len(some)), "cidr": address_texts(networks, 24), "private_gateway_id": private}
            | {"state": "Active", **route},
        ),
        "remote_access_vpns": frame(
            "remote_access_vpns",
            len(others),
            {"id": ids(draw, len(others)), "public_ip": gateways["public_ip"].take(others), "state": "Running"}
            | {"ip_range": "10.254.2.2-10.254.2.8", **_keys(draw, len(others)), **picked(vpcs, others, _OWNER)},
        ),
    }


def _tunnels(
    draw: np.random.Generator, gateways: dict[str, Any], vpcs: dict[str, Any], *, one_network: bool
) -> dict[str, Any]:
    """What both ends of each connection agree on, and where it begins and goes: `vpc` is a number of a VPC, `guide`
    what its ends would have if nobody deviated.
    """
    count = len(vpcs["id"]) * _PER_VPC
    every = np.arange(count)
    vpc, slot = every // _PER_VPC, every % _PER_VPC
    site = slot > 0
    pair = np.where(site, every, np.minimum(vpc, vpc ^ 1) * _PER_VPC)
    remote = address_texts(*((_SECOND + slot * 256, 24) if one_network else (_SITES + every % 131072 * 8, 29)))
    second = address_texts(_SECOND + (16 + every % 240) * 256, 24)
    remote = np.where(draw.random(count) < 1 / 6, remote + "," + second, remote)
    keys = _keys(draw, count)
    return {
        "vpc": vpc,
        "site": site,
        "gateway": np.where(site, address_texts(_PEERS + every), gateways["public_ip"].take(vpc ^ 1)),
        "cidr_list": np.where(site, remote, vpcs["cidr"].take(vpc ^ 1)),
        "vpc_cidr": vpcs["cidr"].take(vpc),
        "public_ip": gateways["public_ip"].take(vpc),
        "vpn_gateway_id": gateways["id"].take(vpc),
        "passive": ~site & (vpc % 2 == 1),
        "guide": Choices.of_guides(draw, count, pair),
        "keys": {**keys, "psk_fingerprint": keys["psk_fingerprint"].take(pair)},
    }


def _ends(
    draw: np.random.Generator, tunnels: dict[str, Any], vpcs: dict[str, Any], known: Integers
) -> dict[str, pd.DataFrame]:
    """The tables connections, customer_gateways and peers; `known` are the connections whose far end a file tells."""
    count = len(tunnels["vpc"])
    gateway_ids = ids(draw, count)
    settings = {
        **{name: tunnels[name] for name in ("gateway", "cidr_list")},
        **gateway_settings(tunnels["guide"].deviating(draw)),
        **tunnels["keys"],
        **picked(vpcs, tunnels["vpc"], _OWNER),
    }
    states = draw.choice(("Connected", "Disconnected", "Error", "Connecting"), size=count, p=(0.9, 0.08, 0.01, 0.01))
    connection = {
        "id": ids(draw, count),
        "customer_gateway_id": gateway_ids,
        **{name: tunnels[name] for name in ("vpn_gateway_id", "public_ip", "passive")},
        "state": states,
        "created_utc": _TIMES[0],
        **settings,
    }
    names = numbered("gateway-{}", np.arange(count))
    rows = {name: np.asarray(tunnels[name])[known] for name in ("gateway", "cidr_list", "vpc_cidr", "public_ip")}
    key = picked({name: settings[name] for name in ("psk_fingerprint",)}, known, ("psk_fingerprint",))
    key["psk_fingerprint"][draw.random(len(known)) < _KEY_WRONG] = "differs"
    peers = {
        "book": "sites.toml",
        "name": names.take(known),
        "file": "sites.toml",
        "line": np.arange(1, len(known) + 1),
        **peer_settings(tunnels["guide"].take(known).deviating(draw), draw),
        **dict.fromkeys(("address", "id"), rows["gateway"]),
        **dict.fromkeys(("peer_address", "peer_id"), rows["public_ip"]),
        "local_subnets": rows["cidr_list"],
        "remote_subnets": rows["vpc_cidr"],
        **{name: value for name, value in tunnels["keys"].items() if name != "psk_fingerprint"},
        **key,
    }
    return {
        "customer_gateways": frame("customer_gateways", count, {"id": gateway_ids, "name": names, **settings}),
        "connections": frame("connections", count, connection),
        "peers": frame("peers", len(known), peers),
    }


def _keys(draw: np.random.Generator, count: int) -> dict[str, Any]:
    """The facts of keys that differ, but for one in a hundred, which ten share."""
    prints = ids(draw, count)
    shared = draw.random(count) < _KEY_SHARED
    common = prints.take(draw.integers(max(1, int(count * _KEY_SHARED / 10)), size=count))
    texts = pd.Series(prints).mask(shared, pd.Series(common)).str.replace("-", "").str[:16]
    facts = {"psk_length": 40, "psk_classes": "lower,upper,digit", "psk_bits": 238, "psk_flags": ""}
    return {**facts, "psk_fingerprint": texts.astype(STRING).array}
