"""The whole judgement against an estate whose faults are known by construction: exactly those, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vpnaudit.rules import all_rules
from vpnaudit.sandbox import specimens

if TYPE_CHECKING:
    from vpnaudit.audit import Audit

PROVEN = sorted({specimen.rule for specimen in specimens()} & set(all_rules()))


@pytest.mark.parametrize("rule", PROVEN)
def test_a_rule_finds_its_specimens_and_nothing_else(rule: str, example_audit: Audit) -> None:
    planted = {(s.source, s.subject_id): s.subject for s in specimens() if s.rule == rule}
    failed = example_audit.open[example_audit.open["rule"] == rule]
    subjects = {(row["source"], row["subject_id"]): row["subject"] for row in failed.to_dict("records")}
    missing, extra = set(planted) - set(subjects), set(subjects) - set(planted)
    assert not missing, [planted[key] for key in missing]
    assert not extra, [subjects[key] for key in extra]


def test_every_rule_of_the_catalogue_has_a_specimen() -> None:
    assert len(PROVEN) >= 33


def test_most_of_the_estate_is_judged(example_audit: Audit) -> None:
    assert example_audit.coverage_percent >= 60
    assert not (example_audit.coverage["reason"] == "rule-crashed").any()


def test_sentences_are_short_and_whole(example_audit: Audit) -> None:
    for row in example_audit.open.to_dict("records"):
        assert 20 <= len(row["sentence"]) <= 160, row["sentence"]
        assert "<NA>" not in row["sentence"], row["sentence"]
        assert "nan" not in row["sentence"].split(), row["sentence"]
