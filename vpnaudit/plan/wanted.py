"""What all findings on one customer gateway ask of it, merged into one update.

An update of a customer gateway restarts each of its tunnels, so five findings shall cost one interruption, not five.
The merge is three-way: each finding's value is compared with the present one, and only the parts that it changes count.
Of a policy `encryption- integrity;group` the three parts are merged each for itself, so a finding about the cipher and
a finding about the group both get what they ask. Where two findings ask different values for the same part, a lifetime
takes the lower one, a part of a policy the stronger one, and anything else the value of the worse finding.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vpnaudit.comparing.common_policies import bits
from vpnaudit.estate.ends import SETTINGS

if TYPE_CHECKING:
    from vpnaudit.plan.estate_index import Row

PARAMETERS = {"name": "name", **SETTINGS}
"""Parameters of updateVpnCustomerGateway beside id and ipsecpsk, and the columns that hold their present values."""

KEY = "ipsecpsk"
CHOOSE = "<CHOOSE>"
"""Stands where only a person knows the right value. It is no network, address, name or number, so a command sent unread
is refused.
"""


def values_in_force(row: Row) -> dict[str, str | None]:
    """The parameters of a customer gateway as they are, as the API writes them; None: the server did not say."""
    values = {parameter: row[column] for parameter, column in PARAMETERS.items()}
    return {
        name: None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


_LIFETIMES = ("ikelifetime", "esplifetime")
_POLICIES = ("ikepolicy", "esppolicy")
_SUITE = re.compile(r"(?P<encryption>[^-;,]+)-(?P<integrity>[^-;,]+)(?:;(?P<group>[^;,]*))?")


@dataclass(frozen=True)
class Ask:
    """What one finding asks: rule, and parameter → value, where `CHOOSE` stands for a value that a person must
    choose.
    """

    rule: str
    changes: dict[str, str]


@dataclass
class Wanted:
    """Merged changes, without those that are so already; the rules they mend; what was decided between findings, in
    words.
    """

    changes: dict[str, str] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    decisions: list[str] = field(default_factory=list)


def merge(asks: list[Ask], present: dict[str, str | None]) -> Wanted:
    """Merge what findings ask, worst first, over the present values by parameter."""
    wanted = Wanted(rules=tuple(dict.fromkeys(ask.rule for ask in asks)))
    for parameter in (*PARAMETERS, KEY):
        values = [(ask.rule, ask.changes[parameter]) for ask in asks if parameter in ask.changes]
        concrete = [(rule, value) for rule, value in values if value != CHOOSE]
        if not values:
            continue
        value = _merged(parameter, concrete, present.get(parameter), wanted.decisions) if concrete else CHOOSE
        if value != present.get(parameter):
            wanted.changes[parameter] = value
    return wanted


def _merged(parameter: str, by_rule: list[tuple[str, str]], present: str | None, decisions: list[str]) -> str:
    if parameter in _LIFETIMES and all(value.isdigit() for _, value in by_rule):
        value = str(min(int(value) for _, value in by_rule))
        _note(parameter, by_rule, value, "the lowest", decisions)
        return value
    before = _SUITE.fullmatch(present or "")
    suites = [(rule, _SUITE.fullmatch(value)) for rule, value in by_rule]
    if parameter in _POLICIES and before and all(suite for _, suite in suites):
        parts = {}
        for part in ("encryption", "integrity", "group"):
            values = [(rule, suite[part] or "") for rule, suite in suites if suite]
            changed = [(rule, value) for rule, value in values if value != (before[part] or "")]
            parts[part] = max(
                (value for _, value in changed), key=lambda word: bits(part, word), default=before[part] or ""
            )
            _note(f"{parameter}, {part}", changed, parts[part], "the strongest", decisions)
        group = f";{parts['group']}" if parts["group"] else ""
        return f"{parts['encryption']}-{parts['integrity']}{group}"
    _note(parameter, by_rule, by_rule[0][1], "that of the worse finding", decisions)
    return by_rule[0][1]


def _note(what: str, by_rule: list[tuple[str, str]], value: str, how: str, decisions: list[str]) -> None:
    overruled = [f"{rule} asks {_worded(its_value)}" for rule, its_value in by_rule if its_value != value]
    if overruled:
        decisions.append(f"{what}: {_worded(value)} is used, {how}. {', '.join(overruled)}.")


def _worded(value: str) -> str:
    return value.replace(";", " with ") or "none"
