"""The rules of all access lists as integers: which lists say the same is found before any rule is read."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from vpnaudit.acl.rules import AclRule, Content
from vpnaudit.errors import EstateError
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Key = tuple[str, str]

_FIELDS = {
    "start_port": "startport",
    "end_port": "endport",
    "icmp_type": "icmptype",
    "icmp_code": "icmpcode",
    "cidr_list": "cidrlist",
    "traffic_type": "traffictype",
}
_SAYS = (
    "number",
    "protocol",
    "action",
    "traffic_type",
    "cidr_list",
    "start_port",
    "end_port",
    "icmp_type",
    "icmp_code",
)
# The server sends each of these for every rule; an empty text of CIDRs is everything, a missing one is damage.
_DECISIVE = ("number", "protocol", "action", "traffic_type", "cidr_list")
# It stores both or neither: a start port alone becomes the end port, ICMP without type or code is -1 (any).
_TOGETHER = (("start_port", "end_port"), ("icmp_type", "icmp_code"))


class ListContents:
    """All lists that are collected or that a rule names, numbered from 0 in that order.

    `keys`: source and id of each. `contents`: what each says, one object for all that say the same; None where that is
    not known, and `faults` then has the reason in words. `rule_rows` holds the rows of `acl_rules` that count, by list
    and number, `rule_ids` their ids; those of list n are at `begins[n]` to `begins[n + 1]` - 1.
    """

    def __init__(self, lists: pd.DataFrame, rules: pd.DataFrame) -> None:
        placed = rules["acl_id"].notna().to_numpy(dtype=np.bool_)
        rules = rules[placed]
        self.keys, of_rules = _numbered(lists, rules)
        self.number = {key: number for number, key in enumerate(self.keys)}
        live = ~in_state(rules["state"], revoked)
        self.faults = _silences(rules[live], of_rules[live], len(self.keys))
        live &= ~in_state(rules["state"], lambda state: revoked(state.strip()))
        numbers = rules["number"].to_numpy(dtype=np.int64, na_value=0)
        order = np.lexsort((numbers, of_rules))
        order = order[live[order]]
        self.rule_rows: Ints = np.flatnonzero(placed)[order]
        self.rule_ids: npt.NDArray[np.object_] = rules["id"].str.strip().to_numpy(dtype=object)[order]
        self.begins: Ints = np.searchsorted(of_rules[order], np.arange(len(self.keys) + 1))
        self.contents = self._contents(rules, codes_of(rules[name] for name in _SAYS), order)

    def ids_of(self, number: int) -> Sequence[str]:
        """The ids of the rules of a list, in the order of its content."""
        ids: Any = self.rule_ids[self.begins[number] : self.begins[number + 1]]
        return ids  # type: ignore[no-any-return] # a view, not a copy of a million ids

    def _contents(self, rules: pd.DataFrame, codes: Ints, order: Ints) -> list[Content | None]:
        """What the lists say. `codes` number the texts of the rules, `order` sorts the rules that count."""
        known = _read(rules, codes, order)
        sorted_codes, bounds = codes[order], self.begins.tolist()
        by_codes: dict[bytes, Content | None] = {}
        contents: list[Content | None] = []
        for number, (begin, end) in enumerate(pairwise(bounds)):
            own = sorted_codes[begin:end]
            key = own.tobytes()
            if key not in by_codes:
                members = [known[code] for code in own.tolist()]
                by_codes[key] = Content.of(r for r in members if r) if all(members) else None
            content = None if self.faults[number] else by_codes[key]
            if content is None and not self.faults[number]:
                self.faults[number] = _fault(rules.iloc[np.sort(order[begin:end])])
            contents.append(content)
        return contents


def revoked(state: str | None) -> bool:
    """Whether a rule in this state is on its way out: the server sends it no more."""
    return state is not None and state.lower() == "revoke"


def in_state(states: pd.Series[Any], wanted: Any) -> Mask:
    """Which rows have a state that `wanted` is true of; a missing one is none."""
    return states.isin([state for state in states.dropna().unique() if wanted(state)]).to_numpy(dtype=np.bool_)


def codes_of(columns: Iterable[pd.Series[Any]]) -> Ints:
    """For each row a number from 0, in order of first appearance: the same where all columns are, a missing cell like
    another.
    """
    codes: Ints | None = None
    for column in columns:
        own, values = pd.factorize(column)
        codes = own + 1 if codes is None else pd.factorize(codes * (len(values) + 1) + own + 1)[0].astype(np.int64)
    return np.zeros(0, dtype=np.int64) if codes is None else pd.factorize(codes)[0].astype(np.int64)


def _numbered(lists: pd.DataFrame, rules: pd.DataFrame) -> tuple[list[Key], Ints]:
    """Source and id of every list, collected ones first, and for each rule the number of its list."""
    sources = pd.concat([lists["source"], rules["source"]], ignore_index=True)
    ids = pd.concat([lists["id"], rules["acl_id"]], ignore_index=True)
    codes = codes_of([sources, ids])
    first = ~pd.Series(codes).duplicated().to_numpy()
    return list(zip(sources[first], ids[first], strict=True)), codes[len(lists) :]


def _silences(rules: pd.DataFrame, of_rules: Ints, count: int) -> list[str]:
    """For each list in words what one of its rules does not say, though the server always does; empty where none."""
    masks = [(name, rules[name].isna()) for name in _DECISIVE]
    masks += [
        (name, rules[name].isna() & rules[other].notna()) for both in _TOGETHER for name, other in (both, both[::-1])
    ]
    faults = [""] * count
    for name, mask in reversed(masks):  # the first of them is the one that is named
        for number in np.unique(of_rules[mask.to_numpy(dtype=np.bool_)]).tolist():
            faults[number] = f"a rule of the list does not say its {name.replace('_', ' ')}"
    return faults


def _read(rules: pd.DataFrame, codes: Ints, order: Ints) -> dict[int, AclRule | None]:
    """For each code the rule with its text, without id; None where that cannot be read."""
    at = order[~pd.Series(codes[order]).duplicated().to_numpy()]
    texts = records(rules[list(_SAYS)].iloc[at])
    return dict(zip(codes[at].tolist(), map(_rule, texts), strict=True))


def _rule(row: Mapping[str, Any]) -> AclRule | None:
    rule = _rule_or_fault(row)
    return rule if isinstance(rule, AclRule) else None


def _fault(rules: pd.DataFrame) -> str:
    """Why a list cannot be read: what is wrong with the first of its rules that cannot."""
    answers = map(_rule_or_fault, records(rules[["id", *_SAYS]]))
    return next(answer for answer in answers if isinstance(answer, str))


def _rule_or_fault(row: Mapping[str, Any]) -> AclRule | str:
    try:
        return AclRule.from_listing({_FIELDS.get(name, name): value for name, value in row.items()})
    except EstateError as error:
        return str(error)
