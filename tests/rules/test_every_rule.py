"""Every rule is held to the same: its cases, its documentation, what it reads, and that missing data is never a
pass.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.rules.case_files import KINDS_OF_CASE, RULES, case_file, every_case, judged, judged_case
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.subjects import KINDS
from vpnaudit.estate.tables import records
from vpnaudit.findings import CANNOT_TELL, COLUMNS, HEADINGS, VERDICTS, Rule
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

pytestmark = pytest.mark.slow


@cache
def all_missing() -> Estate:
    """A row in each table, of which only the key is known."""
    return Estate(
        {
            n: t.frame([{k: f"{n}1" if k in ("id", "name") else "s1" for k in t.key}])
            for n, t in TABLES.items()
            if n != "gaps"
        }
    )


@pytest.mark.parametrize(("rule", "kind", "number"), every_case())
def test_case(rule: Rule, kind: str, number: int) -> None:
    case, rows = case_file(rule)[kind][number], judged_case(rule.id, kind, number)
    if kind == "silent":
        assert set(rows["verdict"]) == {"pass"}, rows[["subject_id", "verdict", "sentence"]].to_string()
        return
    hit = rows[rows["verdict"] == KINDS_OF_CASE[kind]]
    assert sorted(set(hit["subject_id"])) == sorted(case["expect"]), rows[
        ["subject_id", "verdict", "reason", "sentence"]
    ].to_string()
    if kind == "fires":
        assert all(part in words_of(hit) for part in case.get("says", [])), words_of(hit)
        assert all(hit["reasons"].map(len) > 0), "a finding gives its reasons"
        assert all(hit["evidence"].map(len) > 0), "a finding names the cells it rests on"
        if "severity" in case:
            assert set(hit["severity"].fillna(rule.severity)) == {case["severity"]}
        if "others" in case:
            assert sorted(hit["other_id"].dropna()) == sorted(case["others"])
        assert_action(case, hit)
    else:
        assert hit["sentence"].map(lambda text: all(part in text for part in case.get("says", []))).all(), words_of(hit)
    if kind == "unknown":
        assert set(hit["reason"]) == {case["reason"]}
        assert hit["sentence"].notna().all(), "says why it cannot tell"


def words_of(hit: pd.DataFrame) -> str:
    return " ".join(hit["sentence"])


def assert_action(case: dict, hit: pd.DataFrame) -> None:
    """Each finding names the action and the changes that its case states, for all or by subject."""
    rows = records(hit)
    actions = {row["subject_id"]: row["action"] or "" for row in rows}
    changes = {row["subject_id"]: row["changes"] or {} for row in rows}
    action = case.get("action", "")  # a case states the action of what it finds, if there is one
    assert actions == (action if isinstance(action, dict) else dict.fromkeys(actions, action))
    stated = case.get("changes", {})
    if not set(stated) <= set(actions):
        stated = dict.fromkeys(actions, stated)
    assert changes == {subject: stated.get(subject, {}) for subject in actions}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
class TestEveryRule:
    def test_has_cases_of_each_kind(self, rule: Rule) -> None:
        cases = case_file(rule)
        assert set(cases) <= set(KINDS_OF_CASE)
        assert all(cases.get(kind) for kind in ("fires", "silent", "unknown"))
        words = {"name", "given", "expect", "others", "says", "severity", "reason", "policy", "action", "changes"}
        assert {key for of_kind in cases.values() for case in of_kind for key in case} <= words | set(TABLES)

    def test_documents_itself(self, rule: Rule) -> None:
        assert tuple(rule.text) == HEADINGS
        assert rule.title.endswith(".")

    def test_names_only_tables_that_exist(self, rule: Rule) -> None:
        assert set(rule.needs) | set(rule.absence) | set(rule.applicability) <= set(TABLES)
        assert set(rule.yields_to) <= set(all_rules())

    @pytest.mark.parametrize("whole", [Estate, all_missing], ids=["empty", "all missing"])
    def test_missing_is_never_a_pass(self, rule: Rule, whole: Callable[[], Estate]) -> None:
        rows = judged(rule, whole(), load())
        assert list(rows.columns) == list(COLUMNS)
        assert set(rows["verdict"]) <= {"cannot-tell", "not-applicable"}, rows.to_string()
        assert set(rows["verdict"]) <= set(VERDICTS)

    def test_gives_one_row_a_subject_and_other(self, rule: Rule) -> None:
        for kind in KINDS_OF_CASE:
            for number in range(len(case_file(rule).get(kind, []))):
                rows = judged_case(rule.id, kind, number)
                assert not rows.duplicated(["source", "subject_id", "other_id", "discriminator"]).any()
                assert rows["reason"].dropna().isin(list(CANNOT_TELL)).all()
                assert rule.subject in KINDS
