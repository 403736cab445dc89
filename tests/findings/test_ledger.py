"""Verdicts as numbers give what the same verdicts gave as rows: coverage in its order, counts, and nothing is lost."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import estate
from vpnaudit.audit import audit
from vpnaudit.findings import SEVERITIES, VERDICTS, Cell, Reason, Rule, fingerprint, verdicts
from vpnaudit.findings.ledger import FINDINGS, OUTPUT, Ledger, empty
from vpnaudit.findings.subject_index import SubjectIndex
from vpnaudit.policy import load

HEADS = dict.fromkeys(("What it finds", "Why it matters", "How to fix it", "What it cannot see", "References"), "…")
IDS = ["g1", "g2", "g3"]
WHOLE = estate(
    {"customer_gateways": [{"id": name, "name": "same" if name != "g2" else "=cmd", "dpd": False} for name in IDS]}
)
POLICY = load()
three = st.sampled_from([True, False, None])
row = st.tuples(
    st.sampled_from(IDS),
    st.sampled_from(["g1", "unseen", None]),
    three,
    three,
    st.sampled_from([None, *SEVERITIES]),
)
sheets = st.lists(
    st.lists(row, max_size=5, unique_by=lambda cells: cells[:2]),
    max_size=3,
)


def rule_of(name: str, rows: list[tuple]) -> Rule:
    frame = pd.DataFrame({"source": "s1", "id": [cells[0] for cells in rows]}, dtype="string")
    other, severity = (pd.Series([cells[n] for cells in rows], dtype="string") for n in (1, 4))
    fails, applies = (pd.Series([cells[n] for cells in rows], dtype="boolean") for n in (2, 3))

    def find(tables, policy):
        return verdicts(
            frame,
            fails=fails,
            applies=applies,
            sentence="is " + frame["id"],
            why="who knows",
            severity=severity,
            other_id=other,
            reasons=[Reason("dpd", ours=frame["id"])],
            evidence=[Cell("customer_gateways", frame["id"], "dpd", value=False)],
        )

    return Rule(name, "low", "customer gateway", (), (), (), False, (), "Title.", HEADS, find)


def as_rows(rules: list[Rule]) -> list[dict]:
    """What the rules say row by row, named and in order, without numbers."""
    name_by_id = dict(zip(WHOLE["subjects"]["id"], WHOLE["subjects"]["name"], strict=True))
    rows = []
    for rule in rules:
        for said in rule.find(None, None).to_dict("records"):
            texts = {name: None if isinstance(cell, list) or pd.isna(cell) else cell for name, cell in said.items()}
            severity = texts["severity"] or rule.severity if texts["verdict"] == "fail" else None
            key = ("s1", texts["subject_id"], texts["other_id"], texts["discriminator"])
            rows.append(
                {
                    "fingerprint": fingerprint(rule.id, *key),
                    "rule": rule.id,
                    "severity": severity,
                    "verdict": texts["verdict"],
                    "subject": name_by_id[texts["subject_id"]],
                    "subject_id": texts["subject_id"],
                    "other_id": texts["other_id"],
                    "other": name_by_id.get(texts["other_id"]),
                    "reason": texts["reason"],
                    "sentence": texts["sentence"],
                    "reasons": said["reasons"],
                    "evidence": said["evidence"],
                }
            )
    worst = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return sorted(
        rows,
        key=lambda one: (
            worst.get(one["severity"], len(worst)),
            one["rule"],
            one["subject"],
            one["subject_id"],
            one["fingerprint"],
        ),
    )


@given(sheets)
@settings(max_examples=60, deadline=None)
def test_coverage_made_on_demand_is_that_made_row_by_row(of_rules: list) -> None:
    rules = [rule_of(f"r{number}", rows) for number, rows in enumerate(of_rules)]
    judged, rows = audit(WHOLE, POLICY, rules[::-1]), as_rows(rules)
    columns = list(rows[0]) if rows else []
    coverage = judged.coverage
    assert tuple(coverage.columns) == OUTPUT
    given_back = coverage[columns].astype("object").where(coverage[columns].notna(), None).to_dict("records")
    assert given_back == rows
    assert judged.counts == {kind: Counter(one["verdict"] for one in rows)[kind] for kind in VERDICTS}
    assert judged.findings["fingerprint"].tolist() == [one["fingerprint"] for one in rows if one["verdict"] in FINDINGS]
    told = judged.cannot_tell
    assert sorted(told["fingerprint"]) == sorted(r["fingerprint"] for r in rows if r["verdict"] == "cannot-tell")
    for frame in (coverage, judged.findings, told):
        assert frame.index.tolist() == list(range(len(frame)))
    assert judged.ledger.counts_by_reason == dict(Counter(r["reason"] for r in rows if r["reason"]))
    assert judged.ledger.rules == tuple(rule.id for rule in rules)


@given(sheets)
@settings(max_examples=20, deadline=None)
def test_counts_are_those_of_coverage_and_need_none_of_it(of_rules: list) -> None:
    judged = audit(WHOLE, POLICY, [rule_of(f"r{number}", rows) for number, rows in enumerate(of_rules)])
    counts, percent = judged.counts, judged.coverage_percent
    assert judged.exit_code in {0, 1, 2}
    assert "coverage" not in vars(judged.ledger)
    of_coverage = judged.coverage["verdict"].value_counts().to_dict()
    assert {kind: count for kind, count in counts.items() if count} == of_coverage
    assert 0 <= percent <= 100


@pytest.mark.parametrize("frame", [empty(), Ledger([], SubjectIndex(WHOLE["subjects"])).coverage], ids=["", "ledger"])
def test_no_verdicts_have_all_columns(frame: pd.DataFrame) -> None:
    assert tuple(frame.columns) == OUTPUT
    assert frame.empty


def test_a_turned_row_keeps_what_the_rule_said_of_it_and_loses_its_severity() -> None:
    (sheet,) = audit(WHOLE, POLICY, [rule_of("r", [("g1", None, True, True, "high")])]).ledger.sheets
    turned = sheet.turned(np.array([0]), "not-applicable", "see another")
    ledger = Ledger([turned], SubjectIndex(WHOLE["subjects"]))
    (one,) = ledger.coverage.to_dict("records")
    assert (one["verdict"], one["sentence"], pd.isna(one["severity"])) == ("not-applicable", "see another", True)
    assert one["reasons"][0]["ours"] == "g1"
    assert ledger.findings.empty
    assert ledger.rules_with_reason("rule-crashed") == []
