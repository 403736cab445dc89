"""Access lists of a provider: 50 rules each, one list in ten distinct, each on a tier of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from benchmarks.provider_frames import address_texts, frame, ids, numbered, pick, picked
from vpnaudit.estate.columns import INTEGER

if TYPE_CHECKING:
    from benchmarks.provider_frames import Integers

RULES_PER_LIST: Final = 50
_ALIKE: Final = 10
_PROTOCOLS: Final = ("tcp", "udp", "icmp", "all")
_PORTS: Final = (22, 25, 53, 80, 123, 443, 445, 1433, 3306, 3389, 5432, 8080, 8443)
_RANGES: Final = ((1, 1023), (8000, 8999), (1024, 65535), (30000, 32767))
_WIDE: Final = ("0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
_TIERS_PER_VPC: Final = 8


def access_tables(
    draw: np.random.Generator, rules: int, vpcs: dict[str, Any], starts: Integers
) -> dict[str, pd.DataFrame]:
    """The tables acl_lists, acl_rules, tiers and virtual_machines.

    `vpcs` holds the columns of the table of that name, `starts` the first address of each VPC, which has room for eight
    tiers of 32 addresses. Every VPC has a tier; one that has no list of its own gets `default_allow`. Lists beyond
    eight a VPC stand on no tier.
    """
    count = len(starts)
    own = rules // RULES_PER_LIST
    own_vpc = np.arange(own) % count
    list_ids = ids(draw, own + 2)
    names = numbered("list-{}", np.arange(own))
    owners = vpcs_of(vpcs, own_vpc)
    lists = pd.concat(
        [
            frame("acl_lists", own, {"id": list_ids[:own], "name": names, "description": names, **owners}),
            frame(
                "acl_lists",
                2,
                {
                    "id": list_ids[own:],
                    "name": ["default_allow", "default_deny"],
                    "description": ["Default Network ACL Allow All", "Default Network ACL Deny All"],
                },
            ),
        ],
        ignore_index=True,
    )
    place = np.arange(own) // count
    bare = np.arange(min(own, count), count)
    on_tier = np.flatnonzero(place < _TIERS_PER_VPC)
    vpc = np.concatenate([own_vpc[on_tier], bare])
    networks = starts[vpc] + 32 * np.concatenate([place[on_tier], np.zeros(len(bare), dtype=int)])
    standing = np.concatenate([on_tier, np.full(len(bare), own)])
    tiers = frame(
        "tiers",
        len(vpc),
        {
            "id": ids(draw, len(vpc)),
            "name": numbered("tier-{}", np.arange(len(vpc))),
            "cidr": address_texts(networks, 27),
            "gateway": address_texts(networks + 1),
            "state": "Implemented",
            "acl_id": list_ids.take(standing),
            "acl": lists["name"].array.take(standing),
            "public_mtu_bytes": 1500,
            "private_mtu_bytes": 1500,
            "network_offering": "DefaultIsolatedNetworkOfferingForVpcNetworks",
            **vpcs_of(vpcs, vpc),
            **picked(vpcs, vpc, ("zone_id", "zone", "domain_id", "domain", "domain_path", "account")),
        },
    )
    machines = frame(
        "virtual_machines",
        len(vpc),
        {
            "id": ids(draw, len(vpc)),
            "name": numbered("vm-{}", np.arange(len(vpc))),
            "state": "Running",
            "tier_ids": tiers["id"].array,
            **picked(vpcs, vpc, ("zone_id", "zone", "domain_id", "domain", "domain_path", "account")),
        },
    )
    rule_table = _rules(draw, own, list_ids, lists["name"].array)
    return {"acl_lists": lists, "acl_rules": rule_table, "tiers": tiers, "virtual_machines": machines}


def vpcs_of(vpcs: dict[str, Any], rows: Integers) -> dict[str, Any]:
    """The columns by which an object names its VPC."""
    return {"vpc_id": vpcs["id"].take(rows), "vpc": vpcs["name"].take(rows)}


def _rules(draw: np.random.Generator, own: int, list_ids: Any, names: Any) -> pd.DataFrame:
    distinct = max(1, own // _ALIKE)
    content = _content(draw, distinct * RULES_PER_LIST)
    # The same list again is the same rules in the same order.
    rows = ((np.arange(own) % distinct)[:, None] * RULES_PER_LIST + np.arange(RULES_PER_LIST)).ravel()
    in_list = np.repeat(np.arange(own), RULES_PER_LIST)
    columns = picked(content, rows, content)
    last = np.tile(np.arange(RULES_PER_LIST) == RULES_PER_LIST - 1, own)
    columns["number"] = np.tile(np.arange(1, RULES_PER_LIST + 1), own)
    table = frame(
        "acl_rules",
        len(rows),
        {
            "id": ids(draw, len(rows)),
            "acl_id": list_ids.take(in_list),
            "acl": names.take(in_list),
            "state": "Active",
            **columns,
        },
    )
    closing = {"protocol": "all", "cidr_list": "0.0.0.0/0", "traffic_type": "Ingress", "action": "Deny"}
    for name, value in closing.items():
        table.loc[last, name] = value
    table.loc[last, ["start_port", "end_port", "icmp_type", "icmp_code"]] = None
    own_rules = pd.DataFrame(
        {
            "acl_id": list_ids[own:].repeat(2),
            "acl": ["default_allow", "default_allow", "default_deny", "default_deny"],
            "number": [1, 2, 1, 2],
            "traffic_type": ["Ingress", "Egress", "Ingress", "Egress"],
            "action": ["Allow", "Allow", "Deny", "Deny"],
        }
    )
    servers = frame(
        "acl_rules",
        4,
        {
            "id": ids(draw, 4),
            "protocol": "all",
            "cidr_list": "0.0.0.0/0",
            "state": "Active",
            **{name: own_rules[name].array for name in own_rules},
        },
    )
    return pd.concat([table, servers], ignore_index=True)


def _content(draw: np.random.Generator, count: int) -> dict[str, Any]:
    """The cells of so many rules of which no two need be alike."""
    protocol = draw.choice(len(_PROTOCOLS), size=count, p=(0.77, 0.15, 0.075, 0.005))
    has_ports = protocol <= 1
    single = draw.integers(len(_PORTS), size=count)
    ranges = np.array([*((port, port) for port in _PORTS), *_RANGES])
    choice = np.where(draw.random(count) < 3 / 4, single, len(_PORTS) + draw.integers(len(_RANGES), size=count))
    icmp = draw.choice((-1, 8), size=count)
    pool = _networks(draw, max(64, count // 16))
    wide = draw.random(count) < 1 / 200
    cidr = np.where(wide, draw.integers(len(_WIDE), size=count), draw.integers(len(pool), size=count))
    return {
        "protocol": pick(_PROTOCOLS, protocol),
        "start_port": _where(ranges[choice, 0], has_ports),
        "end_port": _where(ranges[choice, 1], has_ports),
        "icmp_type": _where(icmp, protocol == _PROTOCOLS.index("icmp")),
        "icmp_code": _where(np.minimum(icmp, 0), protocol == _PROTOCOLS.index("icmp")),
        "cidr_list": pick(pool, cidr),
        "traffic_type": pick(("Ingress", "Egress"), draw.integers(2, size=count)),
        "action": pick(("Allow", "Deny"), (draw.random(count) < 1 / 200).astype(int)),
    }


def _networks(draw: np.random.Generator, count: int) -> list[str]:
    """Wide networks first, then others, one in ten of them a list of two."""
    is_large = draw.random(count) < 9 / 10
    starts = np.where(is_large, 172 << 24 | 16 << 16, 192 << 24 | 168 << 16)
    sizes = np.where(is_large, 4096, 256)
    blocks = starts + draw.integers(sizes) * 256
    texts = address_texts(blocks, 24).tolist()
    pairs = draw.integers(count, size=count)
    several = draw.random(count) < 1 / 10
    return [
        *_WIDE,
        *(f"{text},{texts[pair]}" if two else text for text, pair, two in zip(texts, pairs, several, strict=True)),
    ]


def _where(values: Integers, holds: Any) -> Any:
    column = pd.array(values, dtype=INTEGER)
    column[~holds] = None
    return column
