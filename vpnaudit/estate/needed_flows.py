"""Flows that a policy declares as needed, held against the access lists: what blocks them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from vpnaudit.acl import services
from vpnaudit.acl.decision import packets_of, reach
from vpnaudit.errors import ConfigError
from vpnaudit.estate.access_lists import TABLES, AccessLists
from vpnaudit.estate.cidrs import parse
from vpnaudit.estate.columns import BOOLEAN, STRING
from vpnaudit.estate.reach_table import decider, rule_words
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.acl.packets import PacketSet
    from vpnaudit.acl.rules import Direction
    from vpnaudit.estate.tables import Tables

READS = (*TABLES, "reach", "tiers")
"""The tables that `needed_flows` reads."""

COLUMNS = {
    "source": STRING,
    "flow": STRING,  # its name
    "connection_id": STRING,
    "tier_id": STRING,
    "direction": STRING,
    "blocked": BOOLEAN,  # a part of it is dropped; missing: cannot be told
    "decides": STRING,  # the rule that drops it, as text
    "decides_id": STRING,
    "counter_example": STRING,  # a packet of it that is dropped
    "reason": STRING,  # where blocked is missing: one of findings.CANNOT_TELL
    "why": STRING,
}

_PING = (8, 0)


class Flow(Protocol):
    """What a flow must say: see `policy.NeededFlow`."""

    name: str
    from_: str
    to: str
    vpc: str
    protocol: str
    port: int | None
    port_last: int | None


def needed_flows(tables: Tables, flows: Iterable[Flow]) -> pd.DataFrame:
    """One row a flow, connection, remote CIDR and tier that it fits. Columns and types: `COLUMNS`. A flow that fits
    nothing has no row.
    """
    wanted = tuple(flows)
    if not wanted:
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    places = records(_places(tables))
    lists = AccessLists(tables)
    rows = [
        _judged(flow, place, direction, lists)
        for flow in wanted
        for place in places
        for direction in directions(flow, place)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _places(tables: Tables) -> pd.DataFrame:
    cells = tables["reach"]
    ends = cells.loc[
        cells["direction"] == "ingress", ["source", "connection_id", "vpc_id", "vpc", "tier_id", "tier", "remote"]
    ]
    tiers = tables["tiers"][["source", "id", "cidr", "acl_id", "acl"]].rename(
        columns={"id": "tier_id", "cidr": "tier_cidr"}
    )
    return ends.dropna(subset=["remote"]).merge(tiers, on=["source", "tier_id"])


def directions(flow: Flow, place: dict[str, Any]) -> list[Direction]:
    """In which directions a flow is about this remote network and tier: ingress where its `from` is the remote end."""
    if flow.vpc and flow.vpc != place["vpc"]:
        return []
    ways: list[Direction] = []
    if _is_tier(flow.to, place) and common(flow.from_, place["remote"]):
        ways.append("ingress")
    if _is_tier(flow.from_, place) and common(flow.to, place["remote"]):
        ways.append("egress")
    return ways


def _is_tier(text: str, place: dict[str, Any]) -> bool:
    if text == place["tier"]:
        return True
    inner, outer = parse(text), parse(place["tier_cidr"] or "")
    return bool(inner and outer and outer[0] <= inner[0] and inner[1] <= outer[1])


def common(one: str, other: str) -> str | None:
    """The addresses that two CIDRs share, as the narrower of the two; None where they share none or one is no CIDR."""
    first, second = parse(one), parse(other)
    if not (first and second and first[2] is not None and second[2] is not None):
        return None
    if first[1] < second[0] or second[1] < first[0]:
        return None
    return one if first[2] >= second[2] else other


def packets(flow: Flow, remote: str) -> PacketSet:
    """The packets of a flow from or to a remote CIDR. A ping is ICMP type 8 code 0."""
    return _packets(remote, flow.protocol, flow.port, flow.port_last)


def _packets(remote: str, protocol: str, port: int | None, last: int | None = None) -> PacketSet:
    ports = None if port is None else (port, port if last is None else last)
    icmp = _PING if services.protocol_number(protocol) == services.ICMP else None
    return packets_of(remote, protocol, ports=ports, icmp=icmp)


def answer(
    tables: Tables, cell: dict[str, Any], *, remote: str | None, protocol: str, port: int | None
) -> dict[str, Any]:
    """A row of `reach` narrowed to one flow: verdict, passes, decides, decides_ids, counter_example, reason, why.

    Raises:
        ConfigError: the protocol is none, or has no ports and one is given.
    """
    listing = AccessLists(tables).on(cell)
    direction: Direction = "ingress" if cell["direction"] == "ingress" else "egress"
    where = common(remote, cell["remote"]) if remote else cell["remote"]
    _packets("0.0.0.0/0", protocol, port)  # a flow that is none is said also where nothing else can be
    if listing.acl is None or cell["verdict"] == "cannot-tell" or where is None:
        return {}
    wanted = _packets(where, protocol, port)
    passage = reach(listing.acl, where, direction, listing.semantics, routed=listing.routed)
    passing, dropped = wanted & passage.allowed, wanted & passage.denied
    rules = [part.rule for part in passage.parts if part.packets & wanted]
    packet = dropped.sample()
    return {
        "remote": where,
        "verdict": ("some" if dropped else "all") if passing else "none",
        "passes": one_line(passing.words("from" if direction == "ingress" else "to")),
        "decides": "; ".join(rule_words(rule, direction) for rule in rules),
        "decides_ids": ",".join(rule.id for rule in rules if rule) or None,
        "counter_example": packet and f"{packet} is dropped: {rule_words(decider(passage, packet), direction)}",
    }


def _judged(flow: Flow, place: dict[str, Any], direction: Direction, lists: AccessLists) -> dict[str, Any]:
    row = {
        "source": place["source"],
        "flow": one_line(flow.name),
        "connection_id": place["connection_id"],
        "tier_id": place["tier_id"],
    }
    row |= {"direction": direction}
    listing = lists.on(place)
    if listing.acl is None:
        return row | {"reason": listing.reason, "why": one_line(listing.why)}
    remote = common(flow.from_ if direction == "ingress" else flow.to, place["remote"]) or place["remote"]
    try:
        passage, wanted = (
            reach(listing.acl, remote, direction, listing.semantics, routed=listing.routed),
            packets(flow, remote),
        )
    except ConfigError as error:
        return row | {"reason": "unknown-value", "why": one_line(str(error))}
    dropped = wanted & passage.denied
    packet = dropped.sample()
    if packet is None:
        unsure = bool(wanted & passage.unsure)
        return row | ({"reason": "not-modelled", "why": one_line(passage.why)} if unsure else {"blocked": False})
    rule = decider(passage, packet)
    evidence = {
        "decides": rule_words(rule, direction),
        "decides_id": rule.id if rule else None,
        "counter_example": str(packet),
    }
    return row | {"blocked": True} | evidence
