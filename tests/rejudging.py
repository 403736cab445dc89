"""Verdicts on many estates that differ little: only what rests on a difference is worked out again.

A rule is a pure function of the tables that it declares (a view refuses it all others), of the time of collection and
of the policy; a derived table is one of the tables that it asked for. Of the same they say the same, which
`tests/test_rejudging.py` holds them to. What gaps open, and which rule yields to which, is worked out each time.
"""

from __future__ import annotations

import io
import pickle
from collections import deque
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from vpnaudit.audit import Audit, audit
from vpnaudit.estate import Estate
from vpnaudit.estate.estate import DERIVED
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from vpnaudit.estate.tables import Tables as Collected
    from vpnaudit.findings import Rule
    from vpnaudit.findings.rule import Tables
    from vpnaudit.policy import Policy

    Made = pd.DataFrame | dict[str, pd.DataFrame]

_MOST_VERDICTS, _MOST_DERIVED = 2_000, 60
"""What is remembered of rules, and of each derived table; the latest used. A long test would fill the memory."""


class Judge:
    """Audits estates, and remembers what each rule said of which tables."""

    def __init__(self) -> None:
        self._rows: dict[tuple[object, ...], pd.DataFrame] = {}
        self._derived: dict[Callable[[Collected], Made], deque[tuple[dict[str, bytes], Made]]] = {}
        self.count = 0
        """How often a rule was asked."""

    def of(self, estate: Estate) -> RememberedEstate:
        """The estate, whose derived tables are taken from others that rest on the same."""
        return estate if isinstance(estate, RememberedEstate) else RememberedEstate(estate, self)

    def audit(self, estate: Estate, policy: Policy, rules: Iterable[Rule] | None = None) -> Audit:
        """The estate judged by these rules, or by all, as `vpnaudit.audit.audit` does it."""
        whole, asked = self.of(estate), all_rules().values() if rules is None else rules
        return audit(whole, policy, [self._remembering(rule, whole) for rule in asked])

    def _remembering(self, rule: Rule, estate: RememberedEstate) -> Rule:
        def find(tables: Tables, policy: Policy) -> pd.DataFrame:
            key = (rule.id, policy, tables.collected_at, *(estate.digest_of(name) for name in rule.reads))
            if key not in self._rows:
                self.count += 1
            rows = self._rows.pop(key) if key in self._rows else rule.find(tables, policy)
            self._rows[key] = rows
            if len(self._rows) > _MOST_VERDICTS:
                self._rows.pop(next(iter(self._rows)))
            return rows.copy(deep=False)

        return replace(rule, find=find)

    def derived(self, make: Callable[[Collected], Made], estate: RememberedEstate) -> Made:
        """What the function makes of the estate, or made of one that was the same to it."""
        known = self._derived.setdefault(make, deque(maxlen=_MOST_DERIVED))
        for one in known:
            if all(estate.digest_of(name) == digest for name, digest in one[0].items()):
                known.remove(one)
                known.append(one)
                return one[1]
        asked = _Asked(estate)
        made = make(asked)
        known.append(({name: estate.digest_of(name) for name in asked.names}, made))
        return made


class RememberedEstate(Estate):
    """An estate that says by a digest what a table holds."""

    def __init__(self, estate: Estate, judge: Judge) -> None:
        super().__init__(estate.tables, digest=estate.digest)
        self._judge = judge
        self._digests: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name in DERIVED and name not in self._derived:
            made = self._judge.derived(DERIVED[name][0], self)
            self._derived.update(made if isinstance(made, dict) else {name: made})
        return super().__getitem__(name)

    def digest_of(self, name: str) -> bytes:
        """The digest of that table."""
        if name not in self._digests:
            self._digests[name] = digest(self[name])
        return self._digests[name]

    def differences(self, other: RememberedEstate, names: Iterable[str]) -> list[str]:
        """Which of these tables are not the same in both."""
        return [name for name in names if self.digest_of(name) != other.digest_of(name)]


class _Asked:
    """An estate that notes which tables were asked for."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.names.add(name)
        return self._estate[name]


def digest(frame: pd.DataFrame) -> bytes:
    """Of all that a frame holds: equal only where nothing differs."""
    content = [frame.index.tolist(), *((name, str(cells.dtype), cells.tolist()) for name, cells in frame.items())]
    buffer = io.BytesIO()
    pickler = pickle.Pickler(buffer)
    pickler.fast = True  # or it would matter which cells are one object
    pickler.dump(content)
    return sha256(buffer.getbuffer()).digest()
