"""Grows the plan of the example estate to any number of VPCs: tenants' healthy networks, with the odd fault."""

from __future__ import annotations

import copy
import ipaddress
import random
from typing import Any

from vpnaudit.errors import ConfigError

LARGEST_VPCS = 3000
_OWNERS = ("alice", "bob", "carol", "dave", "erin", "frank")
_PEERS = tuple(
    str(address) for net in ("192.0.2.0/24", "203.0.113.0/24") for address in ipaddress.ip_network(net).hosts()
)
# RFC 2544's range for benchmarks, never routed: the documentation ranges have too few addresses for a large estate.
_PUBLIC = tuple(ipaddress.ip_network("198.18.0.0/15").subnets(new_prefix=20))
_ODD: tuple[dict[str, Any], ...] = (
    {"ike": "aes128-sha1;modp1536", "esp": "aes128-sha1"},
    {"version": "ikev1"},
    {"dpd": False},
    {"state": "Disconnected"},
    {"ike_lifetime_s": 86400},
)


def grown(plan: dict[str, Any], vpcs: int, seed: int) -> dict[str, Any]:
    """Give a copy of `plan` with `vpcs` VPCs in all. Raises ConfigError for a number outside what can be built.

    Half of the new VPCs have one site, a quarter two, a quarter a tunnel to another VPC; one site in eight has a fault,
    which the list of specimens does not name.
    """
    have = sum(len(by_name) for zones in plan["vpc"].values() for by_name in zones.values())
    if not have <= vpcs <= LARGEST_VPCS:
        raise ConfigError(
            f"the sandbox cannot have {vpcs} VPCs: the example estate has {have}, the most that can be built is"
            f" {LARGEST_VPCS}"
        )
    plan = copy.deepcopy(plan)
    dice = random.Random(f"grow/{seed}")
    blocks = ipaddress.IPv4Network("10.128.0.0/9").subnets(new_prefix=21)
    zones = [(source, zone) for source, by_zone in plan["vpc"].items() for zone in by_zone]
    _widen(plan)
    previous = ""
    for index in range(vpcs - have):
        source, zone = zones[index % len(zones)]
        accounts = next(s["accounts"] for s in plan["source"] if s["name"] == source)
        owner = dice.choice([name for name in _OWNERS if name in accounts])
        name = f"{owner}-{zone}-{index:04}"
        plan["vpc"][source][zone][name] = {
            "cidr": str(next(blocks)),
            "owner": owner,
            "tiers": ["web", "db"][: dice.randint(1, 2)],
        }
        shape = dice.randrange(4)
        if shape == 0 and previous:
            plan["pair"].append({"between": [name, previous]})
        for site in range(2 if shape == 1 else 1):
            plan["site"].append(_site(dice, name, index, site))
        previous = name if shape == 2 else ""  # noqa: PLR2004 - one shape in four may be met by the next VPC
    return plan


def _site(dice: random.Random, vpc: str, index: int, site: int) -> dict[str, Any]:
    number = 2 * index + site
    net = ipaddress.IPv4Network((int(ipaddress.IPv4Address("172.20.0.0")) + 256 * (number % 2560), 24))
    odd = dice.choice(_ODD) if dice.random() < 1 / 8 else {}
    return {"vpc": vpc, "name": f"site-{vpc}-{site}", "peer": _PEERS[number % len(_PEERS)], "cidrs": [str(net)], **odd}


def _widen(plan: dict[str, Any]) -> None:
    """Give each zone a public range large enough."""
    free = iter(_PUBLIC)
    for source in plan["source"]:
        source["zones"] = {name: str(next(free)) for name in source["zones"]}
