"""Flows that a policy declares as needed, held against the access lists: what blocks them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd

from vpnaudit.acl import services
from vpnaudit.acl.decision import packets_of, reach
from vpnaudit.acl.rules import DIRECTIONS
from vpnaudit.estate.access_lists import TABLES, access_lists
from vpnaudit.estate.cidrs import parse
from vpnaudit.estate.columns import BOOLEAN, STRING
from vpnaudit.estate.flow_answers import Judgement, judgements
from vpnaudit.estate.list_contents import codes_of
from vpnaudit.estate.reach_answers import Questions, rule_words, solved_once
from vpnaudit.estate.reach_table import decider
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.acl.packets import PacketSet, Spans
    from vpnaudit.acl.rules import Direction
    from vpnaudit.estate.list_contents import Ints
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
    wanted = list(flows)
    if not wanted:
        return pd.DataFrame([], columns=list(COLUMNS)).astype(COLUMNS)
    places = _Places(tables)
    return pd.concat([places.judged(flow) for flow in wanted], ignore_index=True)


class _Places:
    """Each remote network with each tier of its VPC."""

    def __init__(self, tables: Tables) -> None:
        cells = tables["reach"]
        ends = cells.loc[
            cells["direction"] == "ingress", ["source", "connection_id", "vpc_id", "vpc", "tier_id", "tier", "remote"]
        ]
        tiers = tables["tiers"][["source", "id", "cidr", "acl_id", "acl"]].rename(
            columns={"id": "tier_id", "cidr": "tier_cidr"}
        )
        self._rows = ends.dropna(subset=["remote"]).merge(tiers, on=["source", "tier_id"])
        self._remote, self._remotes = pd.factorize(self._rows["remote"])
        self._listing, rows = _distinct(self._rows[["source", "vpc_id", "acl_id", "acl"]])
        self._listings = [access_lists(tables).on(row) for row in rows]
        self._tier, self._tiers = _distinct(self._rows[["tier", "tier_cidr"]])

    def judged(self, flow: Flow) -> pd.DataFrame:
        """The rows of a flow."""
        fits, networks = [], []
        for tier, remote in ((flow.to, flow.from_), (flow.from_, flow.to)):
            shared = [common(remote, network) for network in self._remotes]
            is_tier = np.array([_is_tier(tier, row) for row in self._tiers], dtype=np.bool_)
            is_shared = np.array([network is not None for network in shared], dtype=np.bool_)
            fits.append(is_tier[self._tier] & is_shared[self._remote])
            networks += [network or "" for network in shared]
        in_vpc = (self._rows["vpc"] == flow.vpc).fillna(value=False).to_numpy(dtype=np.bool_) | (not flow.vpc)
        place, way = np.nonzero(np.stack(fits, axis=1) & in_vpc[:, None])
        judge = partial(judgements, _services(flow))
        questions = Questions(self._listing[place], way, self._remote[place] + way * len(self._remotes))
        solved, own = solved_once(judge, self._listings, networks, questions)
        return self._frame(flow, place, way, [solved[at] for at in own.tolist()])

    def _frame(self, flow: Flow, place: Ints, way: Ints, rows: list[Judgement]) -> pd.DataFrame:
        ids = (self._listings[at].ids for at in self._listing[place].tolist())
        cells: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in Judgement._fields}
        cells |= {name: self._rows[name].array.take(place) for name in ("source", "connection_id", "tier_id")}
        cells["flow"] = [one_line(flow.name)] * len(rows)
        cells["direction"] = [DIRECTIONS[at] for at in way.tolist()]
        cells["decides_id"] = [
            None if row.place is None else own[row.place] for row, own in zip(rows, ids, strict=True)
        ]
        return pd.DataFrame({name: pd.array(cells[name], dtype=dtype) for name, dtype in COLUMNS.items()})


def _distinct(rows: pd.DataFrame) -> tuple[Ints, list[dict[str, Any]]]:
    """For each row the number of its like, and one row of each."""
    codes = codes_of(rows[name] for name in rows)
    return codes, records(rows[~pd.Series(codes).duplicated().to_numpy()])


def _services(flow: Flow) -> Spans:
    return next((spans for _, _, spans in packets(flow, "0.0.0.0/0").bands), ())


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
    listing = access_lists(tables).on(cell)
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
