"""The cases of every rule, as `tests/rules/cases/*.toml` state them, and the verdicts on each."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from tests.rejudging import digest
from vpnaudit.policy import Policy, load
from vpnaudit.rules import all_rules, get

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.estate import Estate
    from vpnaudit.findings import Rule

CASES = Path(__file__).parent / "cases"
RULES = list(all_rules().values())
KINDS_OF_CASE = {"fires": "fail", "silent": "pass", "unknown": "cannot-tell", "elsewhere": "not-applicable"}


def case_file(rule: Rule) -> dict:
    return tomllib.loads((CASES / f"{rule.id.replace('-', '_')}.toml").read_text("utf-8"))


def case_of(rule: Rule, kind: str, number: int) -> dict:
    case: dict = case_file(rule)[kind][number]
    return case


def every_case() -> list:
    return [
        pytest.param(rule, kind, number, id=f"{rule.id}: {kind}: {case['name']}")
        for rule in RULES
        for kind in KINDS_OF_CASE
        for number, case in enumerate(case_file(rule).get(kind, []))
    ]


def limits(changed: dict) -> Policy:
    """The default limits with those of a case, held to the same types as a file."""
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in changed.items()}
    return Policy.model_validate(load().model_dump(by_alias=True) | values)


def judged(rule: Rule, whole: Estate, policy: Policy) -> pd.DataFrame:
    return rule.find(whole.only(rule.reads), policy)


@cache
def judged_case(rule_id: str, kind: str, number: int) -> pd.DataFrame:
    """The verdicts on one case, given once. A rule that changes what it is given fails here."""
    rule = get(rule_id)
    case = case_file(rule)[kind][number]
    whole = estate(case)
    before = {name: digest(frame) for name, frame in whole.tables.items()}
    rows = judged(rule, whole, limits(case.get("policy", {})))
    assert [name for name, frame in whole.tables.items() if digest(frame) != before[name]] == []
    return rows
