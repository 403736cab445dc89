"""What passes between each remote network and each tier, as the router runs the tier's access list, and which rule says
so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from vpnaudit.acl.decision import reach as reach_of
from vpnaudit.acl.rules import DIRECTIONS
from vpnaudit.errors import ConfigError
from vpnaudit.estate.access_lists import TABLES, AccessLists
from vpnaudit.estate.columns import BOOLEAN, STRING
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.acl.decision import Reach
    from vpnaudit.acl.packets import Packet
    from vpnaudit.acl.rules import AclList, AclRule, Direction
    from vpnaudit.estate.access_lists import Listing
    from vpnaudit.estate.tables import Tables

BASE = (*TABLES, "connections", "vpn_gateways", "customer_gateways", "tiers")
"""The tables that `reach` is made of."""

COLUMNS = (
    *("source", "connection_id", "label", "vpc_id", "vpc", "tier_id", "tier", "acl_id", "acl", "remote", "direction"),
    *("verdict", "passes", "decides", "decides_ids", "counter_example", "reason", "why"),
)
"""All strings. See `reach`."""

DEFAULTS = {"ingress": "no rule: what comes in is dropped", "egress": "no rule: what goes out passes"}
_RULES_IN_WORDS = 3
_QUESTION = ("source", "vpc_id", "acl_id", "acl", "remote", "direction")


class Answer(NamedTuple):
    """One cell of the matrix: see the columns of `reach`. `rules` are positions in the list."""

    verdict: str
    passes: str | None = None
    decides: str | None = None
    rules: tuple[int, ...] = ()
    counter_example: str | None = None
    reason: str | None = None
    why: str | None = None


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
    rows = _questions(tables)
    questions = rows[list(_QUESTION)].drop_duplicates()
    solver = _Solver(AccessLists(tables))
    answers = [solver.row(row) for row in records(questions)]
    replies = pd.DataFrame(
        answers, columns=["verdict", "passes", "decides", "decides_ids", "counter_example", "reason", "why"]
    )
    solved = pd.concat([questions.reset_index(drop=True), replies.astype(STRING)], axis=1)
    return rows.merge(solved, on=list(_QUESTION), how="left").reindex(columns=list(COLUMNS)).astype(STRING)


def _questions(tables: Tables) -> pd.DataFrame:
    ends = tables["tunnels"][["source", "id", "label", "vpc_id", "vpc", "cidr_list"]].rename(
        columns={"id": "connection_id"}
    )
    rows = (
        ends.assign(remote=ends["cidr_list"].str.split(","))
        .explode("remote", ignore_index=True)
        .drop(columns="cidr_list")
    )
    rows["remote"] = rows["remote"].astype(STRING).str.strip()
    rows = rows[(rows["remote"] != "").fillna(value=True)].drop_duplicates(["source", "connection_id", "remote"])
    tiers = tables["tiers"][["source", "vpc_id", "id", "name", "acl_id", "acl"]].rename(
        columns={"id": "tier_id", "name": "tier"}
    )
    rows = rows.dropna(subset=["vpc_id"]).merge(tiers, on=["source", "vpc_id"])
    return rows.merge(pd.DataFrame({"direction": pd.array(list(DIRECTIONS), dtype=STRING)}), how="cross")


class _Solver:
    """Answers questions, each distinct one once, whatever ids the lists have."""

    def __init__(self, lists: AccessLists) -> None:
        self._lists = lists
        self._known: dict[tuple[object, ...], Answer] = {}

    def row(self, question: Mapping[str, str | None]) -> tuple[str | None, ...]:
        """Verdict, passes, decides, decides_ids, counter_example, reason, why."""
        listing, remote = self._lists.on(question), question["remote"]
        if listing.acl is None:
            return _cells(_unknown(listing.reason, listing.why))
        if remote is None:
            return _cells(_unknown("unknown-value", "which remote networks the connection has was not said"))
        direction: Direction = "ingress" if question["direction"] == "ingress" else "egress"
        key = (listing.acl.content, remote, direction, listing.semantics, listing.routed)
        if key not in self._known:
            self._known[key] = _answer(listing.acl, remote, direction, listing)
        return _cells(self._known[key], listing.acl)


def _cells(answer: Answer, acl: AclList | None = None) -> tuple[str | None, ...]:
    """The answer as cells, with UUIDs instead of positions."""
    ids = ",".join(acl.rules[position].id for position in answer.rules) if acl else ""
    return (
        answer.verdict,
        answer.passes,
        answer.decides,
        ids or None,
        answer.counter_example,
        answer.reason,
        answer.why,
    )


def _unknown(reason: str, why: str) -> Answer:
    return Answer("cannot-tell", reason=reason, why=one_line(why))


def _answer(acl: AclList, remote: str, direction: Direction, listing: Listing) -> Answer:
    if ":" in remote:
        return _unknown("not-modelled", f"{remote} is no IPv4 network")
    try:
        passage = reach_of(acl, remote, direction, listing.semantics, routed=listing.routed)
    except ConfigError as error:
        return _unknown("unknown-value", str(error))
    if passage.verdict == "not-modelled":
        return _unknown("not-modelled", passage.why)
    rules = [part.rule for part in passage.parts]
    place = {id(rule): position for position, rule in enumerate(acl.rules)}
    named = [rule_words(rule, direction) for rule in rules[:_RULES_IN_WORDS]]
    more = [f"and {len(rules) - _RULES_IN_WORDS} more"] if len(rules) > _RULES_IN_WORDS else []
    return Answer(
        passage.verdict,
        one_line(passage.words()),
        "; ".join([*named, *more]),
        tuple(place[id(rule)] for rule in rules if rule is not None),
        counter_example(passage),
    )


def rule_words(rule: AclRule | None, direction: str) -> str:
    """A rule as text on one line; None is the direction's default."""
    return DEFAULTS[direction] if rule is None else one_line(f"rule {rule}")


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
