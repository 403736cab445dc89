"""Questions about access lists, one at a time: does this packet pass, what else does, what would a change do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from ipaddress import IPv4Address, summarize_address_range
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.acl.analysis import Difference, difference
from vpnaudit.acl.decision import Decision, decision_of_packet, reach
from vpnaudit.acl.packets import EMPTY, Packet
from vpnaudit.acl.rules import DIRECTIONS, AclList, AclRule
from vpnaudit.errors import ConfigError
from vpnaudit.estate.access_lists import ROUTED, access_lists, rules_of_lists
from vpnaudit.estate.cidrs import parse
from vpnaudit.estate.columns import STRING
from vpnaudit.estate.needed_flows import common, directions, packets
from vpnaudit.estate.reach_answers import rule_words
from vpnaudit.estate.reach_table import reach_of_connection, remote_networks
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vpnaudit.acl.rules import Direction
    from vpnaudit.estate.access_lists import Listing
    from vpnaudit.estate.needed_flows import Flow
    from vpnaudit.estate.tables import Tables

_NAMES_IN_ERROR = 8
_SIDE = {"ingress": "from", "egress": "to"}


@dataclass(frozen=True)
class Verdict:
    """What happens to the first packet of a flow. Replies to what passed always pass.

    `verdict`: `pass`, `drop` or `not-modelled`, for which `why` gives the reason. `rule`: the one that decides, as
    text. `trace`: the rules tried up to there, one row each: rule, addresses, and what did not fit (`address`,
    `service`; empty: it matched). `tunnels`: labels of the connections whose remote networks hold the remote address;
    empty: no tunnel carries the packet.
    """

    verdict: str
    direction: str
    packet: str
    tier: str
    rule: str
    trace: pd.DataFrame
    tunnels: tuple[str, ...]
    why: str = ""

    def __str__(self) -> str:
        way = ", ".join(self.tunnels) or "no tunnel of its VPC carries it"
        return f"{self.verdict}: {self.packet}, {self.direction} of tier {self.tier} ({way}); {self.why or self.rule}"

    def _repr_html_(self) -> str:
        return (
            f"<p><b>{escape(self.verdict)}</b>"
            f" {escape(str(self).removeprefix(self.verdict))}</p>{self.trace.to_html(index=False)}"
        )


@dataclass(frozen=True)
class WhatIf:
    """What a change of one list does, as the router would run both. `table`: one row a direction: opens, closes, in
    words.

    `differences` holds the packet sets by direction; a direction about which nothing can be said is not in it.
    """

    acl: str
    before: AclList
    after: AclList
    differences: dict[Direction, Difference]
    tiers: tuple[str, ...]
    table: pd.DataFrame

    def __str__(self) -> str:
        effects = "; ".join(
            f"{row['direction']}: opens {row['opens']}, closes {row['closes']}" for row in records(self.table)
        )
        return f"{self.acl} (tiers: {', '.join(self.tiers) or 'none'}): {effects}"

    def _repr_html_(self) -> str:
        head = f"{self.acl}, on tiers: {', '.join(self.tiers) or 'none'}"
        return f"<p>{escape(head)}</p>{self.table.to_html(index=False)}"


def packet_of(proto: str, port: int | None, remote: str) -> Packet:
    """A packet from what a person gives; a ping for icmp.

    Raises:
        ConfigError: no address, no protocol, or tcp and udp without a port.
    """
    return Packet.of(remote, proto, port=port, icmp_type=8, icmp_code=0)


def verdict_of_packet(
    estate: Tables, src: str, dst: str, *, proto: str, port: int | None = None, direction: str | None = None
) -> Verdict:
    """Whether a connection can be opened from `src` to `dst`: one is a tier (name, id, or an address in it), the other
    an address.

    Raises:
        ConfigError: neither or both are tiers, the tier is not unique, or the packet cannot be understood.
    """
    near = {
        way: [] if direction not in (None, way) else _tiers(estate, end)
        for way, end in (("ingress", dst), ("egress", src))
    }
    ways = [way for way in DIRECTIONS if near[way]]
    if not ways:
        raise ConfigError(
            f"Neither {one_line(src)!r} nor {one_line(dst)!r} is a tier of this snapshot, or an address in one."
        )
    if len(ways) > 1:
        raise ConfigError(
            "Both ends are tiers: tier to tier meets two lists. Give direction='ingress' or 'egress' to ask one of"
            " them."
        )
    way: Direction = ways[0]
    tier = _one(near[way], dst if way == "ingress" else src)
    packet = packet_of(proto, port, src if way == "ingress" else dst)
    listing = access_lists(rules_of_lists(estate, [tier["acl_id"]])).on(tier)
    decision = Decision("not-modelled", None, (), listing.why)
    if listing.acl is not None:
        decision = decision_of_packet(listing.acl, packet, way, listing.semantics, routed=listing.routed)
    rule_text = "" if decision.verdict == "not-modelled" else rule_words(decision.rule, way)
    return Verdict(
        decision.verdict,
        way,
        str(packet),
        _name(tier),
        rule_text,
        _trace(decision),
        _carriers(estate, tier, packet),
        one_line(decision.why),
    )


def _tiers(estate: Tables, end: str) -> list[dict[str, Any]]:
    tiers = estate["tiers"].dropna(subset=["vpc_id"])
    named = tiers[((tiers["name"] == end) | (tiers["id"] == end)).fillna(value=False)]
    if len(named):
        return records(named)
    inner = parse(end)
    return [row for row in records(tiers) if inner and _inside(inner, parse(row["cidr"] or ""))]


def _inside(inner: tuple[int, ...] | Any, outer: Any) -> bool:
    return bool(outer and outer[0] <= inner[0] and inner[1] <= outer[1])


def _one(tiers: list[dict[str, Any]], text: str) -> dict[str, Any]:
    if len(tiers) > 1:
        lines = [
            f"  {row['id']}  {one_line(_name(row))} in {one_line(str(row['vpc']))} ({row['source']})"
            for row in tiers[:_NAMES_IN_ERROR]
        ]
        raise ConfigError("\n".join([f"{one_line(text)!r} fits {len(tiers)} tiers; give the id of one:", *lines]))
    return tiers[0]


def _name(tier: Mapping[str, Any]) -> str:
    return one_line(str(tier["name"] or tier["id"]))


def _trace(decision: Decision) -> pd.DataFrame:
    rows = [(rule_words(step.rule, ""), _cidrs(step.addresses), step.mismatch) for step in decision.trace]
    return pd.DataFrame(rows, columns=["rule", "addresses", "mismatch"], dtype=STRING)


def _cidrs(span: tuple[int, int]) -> str:
    return ", ".join(str(net) for net in summarize_address_range(IPv4Address(span[0]), IPv4Address(span[1])))


def _carriers(estate: Tables, tier: Mapping[str, Any], packet: Packet) -> tuple[str, ...]:
    tunnels = estate["tunnels"]
    of_vpc = (tunnels["source"] == tier["source"]) & (tunnels["vpc_id"] == tier["vpc_id"]).fillna(value=False)
    point = (packet.remote, packet.remote)
    hits = [
        row["label"] for row in records(remote_networks(tunnels[of_vpc])) if _inside(point, parse(row["remote"] or ""))
    ]
    return tuple(one_line(label) for label in dict.fromkeys(hits))


def passes_beyond(estate: Tables, connection: Mapping[str, Any], flows: Iterable[Flow]) -> pd.DataFrame:
    """What gets through a connection besides these flows. One row a tier, remote CIDR and direction: tier, remote,
    direction, beyond, why.

    `beyond` is missing where it cannot be told, and `why` says so; `nothing` where the flows are all that passes.
    """
    mine = reach_of_connection(estate, connection)
    tiers = estate["tiers"][["source", "id", "cidr"]].rename(columns={"id": "tier_id", "cidr": "tier_cidr"})
    lists, wanted = access_lists(rules_of_lists(estate, mine["acl_id"].dropna())), tuple(flows)
    rows = [_beyond(row, lists.on(row), wanted) for row in records(mine.merge(tiers, on=["source", "tier_id"]))]
    return pd.DataFrame(rows, columns=["tier", "remote", "direction", "beyond", "why"], dtype=STRING)


def _beyond(cell: dict[str, Any], listing: Listing, flows: tuple[Flow, ...]) -> tuple[str | None, ...]:
    direction: Direction = "ingress" if cell["direction"] == "ingress" else "egress"
    head = (one_line(str(cell["tier"] or cell["tier_id"])), cell["remote"], direction)
    if listing.acl is None or cell["verdict"] == "cannot-tell":
        return (*head, None, cell["why"])
    left = reach(listing.acl, cell["remote"], direction, listing.semantics, routed=listing.routed).allowed
    for flow in flows:
        remote = common(flow.from_ if direction == "ingress" else flow.to, cell["remote"])
        if remote and direction in directions(flow, cell):
            left = left - packets(flow, remote)
    return (*head, left.words(_SIDE[direction]), None)


def what_if_rules_change(
    estate: Tables,
    acl: str,
    *,
    add: Iterable[Mapping[str, Any]] = (),
    remove: Iterable[int | str] = (),
    move: Mapping[int, int] | None = None,
) -> WhatIf:
    """What a list would let through after a change: rules added (as `createNetworkACL` takes them), removed by number
    or id, renumbered.

    Raises:
        ConfigError: the list is not unique or cannot be read, a rule is not there, or two rules would have one number.
    """
    row = _list(estate, acl)
    lists = access_lists(rules_of_lists(estate, [row["id"]]))
    listing = lists.of(row["source"], row["id"])
    if listing.acl is None or lists.routed(row["source"], row["id"]) is not False:
        raise ConfigError(f"Nothing can be said about list {one_line(acl)!r}: {one_line(listing.why or ROUTED)}.")
    after = with_rule_changes(listing.acl, add=add, remove=remove, move=move or {})
    tiers = estate["tiers"]
    on = tiers[((tiers["source"] == row["source"]) & (tiers["acl_id"] == row["id"])).fillna(value=False)]
    by_direction = {way: difference(listing.acl, after, way, listing.semantics) for way in DIRECTIONS}
    table = pd.DataFrame(
        [_change(way, d) for way, d in by_direction.items()], columns=["direction", "opens", "closes"], dtype=STRING
    )
    modelled = {way: d for way, d in by_direction.items() if d is not None}
    return WhatIf(
        one_line(str(row["name"])), listing.acl, after, modelled, tuple(_name(tier) for tier in records(on)), table
    )


def _change(way: Direction, effect: Difference | None) -> tuple[str, str, str]:
    if effect is None:
        return way, "cannot tell", "cannot tell"
    return way, (effect.opened or EMPTY).words(_SIDE[way]), (effect.closed or EMPTY).words(_SIDE[way])


def _list(estate: Tables, text: str) -> dict[str, Any]:
    lists = estate["acl_lists"]
    name = text.strip().lower()
    ids = lists["id"].str.lower()
    for fits in (ids == name, lists["name"].str.lower() == name, ids.str.startswith(name) if name else ids.isna()):
        matches = records(lists[fits.fillna(value=False)])
        if len(matches) > 1:
            lines = [
                f"  {row['id']}  {one_line(str(row['name']))} of {one_line(str(row['vpc']))}"
                for row in matches[:_NAMES_IN_ERROR]
            ]
            raise ConfigError(
                "\n".join([f"{one_line(text)!r} fits {len(matches)} access lists; give the id of one:", *lines])
            )
        if matches:
            return matches[0]
    raise ConfigError(
        f"{one_line(text)!r} is no access list of this snapshot: give its name, its id or the beginning of that."
    )


def with_rule_changes(
    acl: AclList, *, add: Iterable[Mapping[str, Any]], remove: Iterable[int | str], move: Mapping[int, int]
) -> AclList:
    """The list after rules were taken away, moved and added, in this order.

    Raises:
        ConfigError: a rule is not there, or two rules would have one number, which the server refuses.
    """
    rules: dict[int, AclRule] = {rule.number: rule for rule in acl.rules}
    by_id = {rule.id: rule.number for rule in acl.rules}
    for name in remove:
        number = by_id.get(name, -1) if isinstance(name, str) else name
        if rules.pop(number, None) is None:
            raise ConfigError(f"The list has no rule {one_line(str(name))}.")
    if move.keys() - rules.keys():
        raise ConfigError(f"The list has no rule {min(move.keys() - rules.keys())}.")
    new = [replace(rule, number=move.get(rule.number, rule.number)) for rule in rules.values()]
    new += [AclRule.from_request(request) for request in add]
    numbers = [rule.number for rule in new]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise ConfigError(f"Two rules would have number {twice[0]}, which the server refuses: give another number.")
    return AclList(tuple(new))
