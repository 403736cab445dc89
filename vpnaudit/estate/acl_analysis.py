"""What is wrong inside each access list and each of its rules, as the router of that source runs it."""

from __future__ import annotations

from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vpnaudit.acl.analysis import analyse
from vpnaudit.acl.order import readings
from vpnaudit.acl.rewrite import rewrite
from vpnaudit.acl.rules import DIRECTIONS
from vpnaudit.estate.access_lists import ROUTED, TABLES, access_lists
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING
from vpnaudit.estate.list_contents import in_state, revoked
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from vpnaudit.acl.analysis import Analysis
    from vpnaudit.acl.rules import AclList, AclRule, Content
    from vpnaudit.acl.semantics import Semantics
    from vpnaudit.estate.access_lists import AccessLists
    from vpnaudit.estate.list_contents import Ints, Key
    from vpnaudit.estate.tables import Tables

BASE = TABLES
"""The tables that `acl_analysis` is made of."""

COLUMNS = {
    "source": STRING,
    "kind": STRING,  # rule or list
    "id": STRING,  # of the rule or of the list
    "acl_id": STRING,
    "acl": STRING,  # name of the list
    "number": INTEGER,  # rules: place in the list
    "text": STRING,  # rules: in words
    "action": STRING,  # rules: Allow or Deny
    "shadowed": BOOLEAN,  # rules: never decides a packet
    "covered_by": STRING,  # rules: numbers of those that decide its packets, a comma list
    "covered_by_id": STRING,  # rules: the first of them
    "contradicted": BOOLEAN,  # rules: one of those does the opposite
    "redundant": BOOLEAN,  # rules: decides packets that would fare the same without it
    "instead": STRING,  # rules: numbers of those that would decide then; default: none would
    "instead_id": STRING,  # rules: the first of them
    "dead": BOOLEAN,  # rules: matches no traffic of its protocol
    "misread": BOOLEAN,  # rules: run as something else than its text
    "refused": BOOLEAN,  # rules: iptables does not take it; lists: has such a rule
    "refused_rules": STRING,  # lists: their numbers, a comma list
    "behind_drop": STRING,  # lists: numbers of the rules that stand behind the final DROP because of that, a comma list
    "order_broken": BOOLEAN,  # lists: several CIDRs in a rule change which packets pass
    "opened": STRING,  # lists: what passes because of the order though a rule denies it
    "closed": STRING,  # lists: what is dropped because of the order though a rule allows it
    "split_rules": STRING,  # lists: numbers of the rules with several CIDRs, a comma list
    "split_id": STRING,  # lists: the first of them
    # lists: the rules that make the router run what is written, one a line; missing where it does already
    "rewrite": STRING,
    "note": STRING,  # rules: what the router does with it
    "reason": STRING,  # missing cells: one of findings.CANNOT_TELL
    "why": STRING,  # missing cells: in words
}


def acl_analysis(tables: Tables) -> pd.DataFrame:
    """One row for each list and each rule that is not being revoked. Columns and types: `COLUMNS`, all judged as the
    router runs the list.

    A missing boolean could not be told: `reason` and `why` say why. Lists with the same rules on the same version are
    worked out once.
    """
    lists = access_lists(tables)
    solved = _Solved()
    places = np.array([solved.place(lists, key) for key in lists], dtype=np.int64).reshape(-1, 2)
    frame = _spread(solved, places, lists, _names(tables["acl_lists"]))
    judged = np.repeat(places[:, 1] > 0, np.diff(lists.all.begins))
    unread = ~in_state(tables["acl_rules"]["state"], revoked)
    unread[lists.all.rule_rows[judged]] = False
    return pd.concat([frame, _doubtful_rules(tables["acl_rules"][unread], frame)], ignore_index=True)


def _names(lists: pd.DataFrame) -> dict[Key, str | None]:
    names = lists["name"].astype("object").where(lists["name"].notna(), None)
    return dict(zip(zip(lists["source"], lists["id"], strict=True), names, strict=True))


class _Solved:
    """Rows of distinct lists, one after the other: that of the list, then those of its rules. Ids are places in it."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self._places: dict[Hashable, tuple[int, int]] = {}

    def place(self, lists: AccessLists, key: Key) -> tuple[int, int]:
        """Where the rows of a list begin, and how many of its rules follow."""
        reason, why = lists.doubt(*key)
        routed = lists.routed(*key)
        content = None if reason or routed is not False else lists.all.contents[lists.all.number[key]]
        question = (content, lists.semantics(key[0])) if content else (reason, why, routed)
        if question not in self._places:
            self._places[question] = len(self.rows), len(content.rules) if content else 0
            rows = _list_rows(content, lists.semantics(key[0])) if content else [_doubt(reason, why, routed)]
            self.rows += (_in_order(_MISSING | row) for row in rows)
        return self._places[question]


_IDS = ("covered_by_id", "instead_id", "split_id")
_OF_EACH_LIST = ("source", "kind", "id", "acl_id", "acl")
_in_order = itemgetter(*(name for name in COLUMNS if name not in _OF_EACH_LIST))
_MISSING = dict.fromkeys(COLUMNS)


def _spread(solved: _Solved, places: Ints, lists: AccessLists, names: Mapping[Key, str | None]) -> pd.DataFrame:
    """The rows of every list from those of the distinct ones, with its own ids."""
    begins, counts = places.T
    number = np.repeat(np.arange(len(places)), counts + 1)
    offset = np.arange(len(number)) - np.repeat(np.cumsum(counts + 1) - counts - 1, counts + 1)
    rows, first_rule = begins[number] + offset, lists.all.begins[number]
    of_list = offset == 0
    acl_ids = np.array([acl_id for _, acl_id in lists], dtype=object)[number]
    ids = acl_ids.copy()
    ids[~of_list] = lists.all.rule_ids[(first_rule + offset - 1)[~of_list]]
    cells: dict[str, Any] = {
        "source": np.array([source for source, _ in lists], dtype=object)[number],
        "kind": np.where(of_list, np.array("list", dtype=object), "rule"),
        "id": ids,
        "acl_id": acl_ids,
        "acl": np.array([names.get(key) for key in lists], dtype=object)[number],
    }
    names_of_rest = [name for name in COLUMNS if name not in cells]
    for name, column in zip(names_of_rest, zip(*solved.rows, strict=True) if solved.rows else repeat(()), strict=False):
        if name in _IDS:
            position = np.array([-1 if place is None else place for place in column], dtype=np.int64)[rows]
            cells[name] = np.full(len(rows), None, dtype=object)
            cells[name][position >= 0] = lists.all.rule_ids[(first_rule + position)[position >= 0]]
        else:
            cells[name] = pd.Series(column, dtype=COLUMNS[name]).array.take(rows)
    return pd.DataFrame({name: pd.array(cells[name], dtype=dtype) for name, dtype in COLUMNS.items()})


def _doubt(reason: str, why: str, routed: bool | None) -> dict[str, str]:
    if reason:
        return {"reason": reason, "why": one_line(why)}
    if routed:
        return {"reason": "not-modelled", "why": ROUTED}
    why = "the VPC of the list was not collected or not said, so its network mode is not known"
    return {"reason": "not-collected", "why": why}


def _doubtful_rules(rules: pd.DataFrame, done: pd.DataFrame) -> pd.DataFrame:
    """Rules of lists that could not be judged: for the reason of their list."""
    doubts = done.loc[done["kind"] == "list", ["source", "acl_id", "reason", "why"]]
    rows = rules[["source", "id", "acl_id", "acl", "number", "action"]].merge(
        doubts, on=["source", "acl_id"], how="left"
    )
    rows["reason"] = rows["reason"].fillna("unknown-value")
    rows["why"] = rows["why"].fillna("the rule does not say which list it stands in")
    return rows.assign(kind="rule").reindex(columns=list(COLUMNS)).astype(COLUMNS)


def _list_rows(content: Content, semantics: Semantics) -> list[dict[str, Any]]:
    """The row of a list, then those of its rules; `*_id` hold positions, so that they serve every list with this
    content.
    """
    acl = content.with_ids(str(position) for position in range(len(content.rules)))
    analysis = analyse(acl, semantics)
    return [_list_row(acl, analysis, semantics), *_rule_rows(acl, analysis, semantics)]


def _list_row(acl: AclList, analysis: Analysis, semantics: Semantics) -> dict[str, Any]:
    departures_by_direction = analysis.departures
    order = {
        direction: departures.order for direction, departures in departures_by_direction.items() if departures.order
    }
    new = rewrite(acl, semantics) if any(departures.total for departures in departures_by_direction.values()) else None
    split = [
        rule
        for rule, reading in zip(acl.rules, readings(acl.content, semantics), strict=True)
        if rule.direction in order and len(reading.addresses) > 1
    ]
    doubts = analysis.not_modelled
    return {
        "order_broken": True if order else None if doubts else False,
        "opened": _sides({direction: d.opened for direction, d in order.items()}),
        "closed": _sides({direction: d.closed for direction, d in order.items()}),
        "split_rules": _numbers(split),
        "split_id": _first(split),
        "refused": True if analysis.refused else None if doubts else False,
        "refused_rules": _numbers(flagged.rule for flagged in analysis.refused),
        "behind_drop": _numbers(analysis.behind_drop),
        "rewrite": one_a_line(new.acl) if new else None,
        "reason": "not-modelled" if doubts else None,
        "why": one_line("; ".join(doubts.values())) or None,
        "covered_by_id": None,
        "instead_id": None,
    }


def _rule_rows(acl: AclList, analysis: Analysis, semantics: Semantics) -> list[dict[str, Any]]:
    shadowed = {item.rule.id: item for item in analysis.shadowed}
    redundant = {item.rule.id: item for item in analysis.redundant}
    notes: dict[str, str] = {
        item.rule.id: item.why for item in (*analysis.refused, *analysis.left_out, *analysis.misread, *analysis.dead)
    }
    flags = {name: {item.rule.id for item in getattr(analysis, name)} for name in ("dead", "misread", "refused")}
    broken = {item.rule.direction for item in analysis.refused}
    rows = []
    for rule, reading in zip(acl.rules, readings(acl.content, semantics), strict=True):
        hidden, spare = shadowed.get(rule.id), redundant.get(rule.id)
        doubt = analysis.not_modelled.get(rule.direction, "")
        unread = reading.state == "unknown"
        moved = "a refused rule moves the others: mend it first" if rule.direction in broken and not doubt else ""
        covers, successors = hidden.covered_by if hidden else (), spare.instead if spare else ()
        rows.append(
            {
                "number": rule.number,
                "text": one_line(str(rule)),
                "action": "Allow" if rule.allow else "Deny",
                "shadowed": None if doubt else hidden is not None,
                "covered_by": _numbers(covers),
                "covered_by_id": _first(covers),
                "contradicted": None if doubt else bool(hidden and hidden.contradicted_by),
                "redundant": None if doubt or moved else spare is not None,
                "instead": ", ".join(
                    "default" if successor is None else str(successor.number) for successor in successors
                )
                or None,
                "instead_id": _first(successor for successor in successors if successor is not None),
                **{name: None if unread else rule.id in flagged for name, flagged in flags.items()},
                "note": one_line(notes.get(rule.id, "")) or None,
                "reason": "not-modelled" if doubt or moved else None,
                "why": one_line(doubt or moved) or None,
                "split_id": None,
            }
        )
    return rows


def _sides(sets: Mapping[Any, Any]) -> str | None:
    side = {"ingress": "from", "egress": "to"}
    return "; ".join(one_line(sets[d].words(side[d])) for d in DIRECTIONS if sets.get(d)) or None


def _numbers(rules: Iterable[AclRule]) -> str | None:
    return ", ".join(str(rule.number) for rule in rules) or None


def _first(rules: Iterable[AclRule]) -> int | None:
    return next((int(rule.id) for rule in rules), None)


def one_a_line(acl: AclList) -> str:
    """The rules of a list in words, one a line."""
    return "\n".join(one_line(str(rule)) for rule in acl.rules)
