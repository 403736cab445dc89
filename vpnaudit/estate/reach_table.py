"""What passes between each remote network and each tier, as the router runs the tier's access list, and which rule says
so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vpnaudit.acl.rules import DIRECTIONS
from vpnaudit.estate.access_lists import TABLES, access_lists, rules_of_lists
from vpnaudit.estate.columns import BOOLEAN, STRING
from vpnaudit.estate.list_contents import codes_of
from vpnaudit.estate.reach_answers import Answer, Questions, answers, rule_words, solved_once
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vpnaudit.acl.decision import Reach
    from vpnaudit.acl.packets import Packet
    from vpnaudit.acl.rules import AclRule
    from vpnaudit.estate.access_lists import Listing
    from vpnaudit.estate.list_contents import Ints
    from vpnaudit.estate.tables import Tables

BASE = (*TABLES, "connections", "vpn_gateways", "customer_gateways", "tiers")
"""The tables that `reach` is made of."""

COLUMNS = (
    *("source", "connection_id", "label", "vpc_id", "vpc", "tier_id", "tier", "acl_id", "acl", "remote", "direction"),
    *("verdict", "passes", "decides", "decides_ids", "counter_example", "reason", "why"),
)
"""All strings. See `reach`."""


def reach(tables: Tables) -> pd.DataFrame:
    """One row a connection, remote CIDR of it, tier of its VPC and direction (`ingress`: remote to tier). Columns:
    `COLUMNS`.

    `verdict`: *all*, *some* or *none* of the packets pass, or *cannot-tell*, for which `reason` (one of
    `findings.CANNOT_TELL`) and `why` say more. `passes`: what gets through, in words. `decides`: the rules that decide,
    as text, in the order in which they are tried; `decides_ids` their UUIDs, a comma list. `counter_example`: a packet
    that is dropped, and by which rule; missing where all pass. Equal questions about equal lists are worked out once.
    Replies to what passed always pass and are not asked for. A connection whose VPC is not known, or has no tier, has
    no rows.
    """
    ends, tiers = remote_networks(tables["tunnels"]), tables["tiers"]
    end, tier = _in_one_vpc(ends, tiers)
    end, tier = np.repeat(end, len(DIRECTIONS)), np.repeat(tier, len(DIRECTIONS))
    direction = np.tile(np.arange(len(DIRECTIONS)), len(end) // len(DIRECTIONS))
    listings = [access_lists(tables).on(row) for row in records(tiers[["source", "vpc_id", "acl_id", "acl"]])]
    remote, texts = pd.factorize(ends["remote"])
    solved, question = solved_once(answers, listings, list(texts), Questions(tier, direction, remote[end]))
    cells: dict[str, Any] = {name: ends[name].array.take(end) for name in _OF_ENDS}
    cells |= {name: tiers[column].array.take(tier) for name, column in _OF_TIERS.items()}
    cells["direction"] = pd.array(list(DIRECTIONS), dtype=STRING).take(direction)
    words = (
        dict(zip(Answer._fields, zip(*solved, strict=True), strict=True))
        if solved
        else dict.fromkeys(Answer._fields, ())
    )
    cells["decides_ids"] = _ids(words.pop("rules"), question, tier, listings)
    cells |= {name: pd.array(list(texts), dtype=STRING).take(question) for name, texts in words.items()}
    return pd.DataFrame({name: cells[name] for name in COLUMNS})


_OF_ENDS = ("source", "connection_id", "label", "vpc_id", "vpc", "remote")
_OF_TIERS = {"tier_id": "id", "tier": "name", "acl_id": "acl_id", "acl": "acl"}


def reach_of_connection(tables: Tables, connection: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of `reach` of one connection, a row of `tunnels`, without those of any other."""
    source, vpc_id = connection["source"], connection["vpc_id"]
    tunnels, tiers = tables["tunnels"], tables["tiers"]
    own = tunnels[(tunnels["source"] == source) & (tunnels["id"] == connection["id"])]
    near = tiers[((tiers["source"] == source) & (tiers["vpc_id"] == vpc_id)).fillna(value=False)]
    ids = near["acl_id"].dropna()
    return reach(rules_of_lists(tables, ids) | {"tunnels": own, "tiers": near})


def remote_networks(tunnels: pd.DataFrame) -> pd.DataFrame:
    """Each connection of a known VPC with each of its remote CIDRs: the columns of `reach` about it."""
    ends = tunnels[["source", "id", "label", "vpc_id", "vpc", "cidr_list"]].dropna(subset=["vpc_id"])
    rows = ends.rename(columns={"id": "connection_id", "cidr_list": "remote"})
    rows = rows.assign(remote=rows["remote"].str.split(",")).explode("remote", ignore_index=True)
    rows["remote"] = rows["remote"].astype(STRING).str.strip()
    return rows[(rows["remote"] != "").fillna(value=True)].drop_duplicates(["source", "connection_id", "remote"])


def _in_one_vpc(ends: pd.DataFrame, tiers: pd.DataFrame) -> tuple[Ints, Ints]:
    """Row numbers of ends and tiers that meet in a VPC, in the order of the ends, then of the tiers."""
    vpcs = codes_of(pd.concat([ends[name], tiers[name]], ignore_index=True) for name in ("source", "vpc_id"))
    of_ends, of_tiers = vpcs[: len(ends)], vpcs[len(ends) :]
    order = np.argsort(of_tiers, kind="stable")
    first, last = (np.searchsorted(of_tiers[order], of_ends, side=side) for side in ("left", "right"))
    count = last - first
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(np.arange(len(ends)), count), order[np.repeat(first, count) + offset]


def _ids(rules: Sequence[tuple[int, ...]], question: Ints, tier: Ints, listings: list[Listing]) -> Any:
    """The ids of the rules that decide, a comma list: made once for each list and places of rules in it.

    `rules` are those places for each question.
    """
    numbers: dict[tuple[int, ...], int] = {}
    number = np.array([numbers.setdefault(places, len(numbers)) for places in rules], dtype=np.int64)[question]
    lists = np.array([-1 if listing.number is None else listing.number for listing in listings], dtype=np.int64)[tier]
    _, first, own = np.unique(lists * len(numbers) + number, return_index=True, return_inverse=True)
    distinct = list(numbers)
    texts = [
        ",".join([ids[place] for place in distinct[at]]) or None
        for ids, at in zip((listings[at].ids for at in tier[first].tolist()), number[first].tolist(), strict=True)
    ]
    return pd.array(texts, dtype=STRING).take(own)


def counter_example(passage: Reach) -> str | None:
    """A packet that is dropped, and by what; None where all pass."""
    packet = passage.denied.sample()
    return None if packet is None else f"{packet} is dropped: {rule_words(decider(passage, packet), passage.direction)}"


def decider(passage: Reach, packet: Packet) -> AclRule | None:
    """The rule that decides a packet; None is the direction's default."""
    return next((part.rule for part in passage.parts if packet in part.packets), None)


def verdict_by_subject(mask: pd.Series, rows: pd.DataFrame, subjects: pd.DataFrame, column: str) -> pd.Series:
    """Whether a three-valued mask over `rows` holds for any row of a subject: True, else missing if one cannot be told,
    else False.

    `column` of `rows` is the id of the subject; a subject without rows is missing.
    """
    holds = mask.astype(BOOLEAN)
    rank = 2 * holds.fillna(value=False).astype("int64") + holds.isna().astype("int64")
    worst = rank.groupby([rows["source"], rows[column]]).max()
    keys = pd.MultiIndex.from_frame(subjects[["source", "id"]])
    ranks = worst.reindex(keys).to_numpy()
    return pd.Series(ranks == 2, index=subjects.index, dtype=BOOLEAN).where((ranks == 2) | (ranks == 0))  # noqa: PLR2004 - ranks of above
