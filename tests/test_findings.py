"""From masks to verdicts: three values stay three, a finding keeps all its reasons, and a rule that is written wrongly
says so.
"""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.errors import RuleError
from vpnaudit.findings import CANNOT_TELL, COLUMNS, HEADINGS, Cell, Reason, fingerprint, rule, sections, verdicts
from vpnaudit.rules import dpd_off

three = st.sampled_from([True, False, None])


def subjects(count: int = 3) -> pd.DataFrame:
    """Rows with an index that is not counted from zero: nothing may go by position."""
    ids = [f"x{n}" for n in range(count)]
    return pd.DataFrame({"source": "s1", "id": ids}, index=pd.Index([10 * n + 7 for n in range(count)]), dtype="string")


def mask(values: list, rows: pd.DataFrame) -> pd.Series:
    return pd.Series(values, index=rows.index, dtype="boolean")


@given(st.lists(st.tuples(three, three), max_size=6))
@settings(max_examples=40, deadline=None)
def test_missing_is_never_a_pass_and_never_a_fail(cells: list) -> None:
    rows = subjects(len(cells))
    found = verdicts(
        rows,
        fails=mask([f for f, _ in cells], rows),
        applies=mask([a for _, a in cells], rows),
        sentence="bad",
        why="unsure",
    )
    expected = [
        "cannot-tell"
        if applies is None
        else "not-applicable"
        if not applies
        else "cannot-tell"
        if fails is None
        else "fail"
        if fails
        else "pass"
        for fails, applies in cells
    ]
    assert list(found.columns) == list(COLUMNS)
    assert found["verdict"].tolist() == expected
    assert found["reason"].notna().tolist() == [verdict == "cannot-tell" for verdict in expected]
    words = {"fail": "bad", "cannot-tell": "unsure", "not-applicable": "unsure", "pass": None}
    assert [None if pd.isna(text) else text for text in found["sentence"]] == [words[verdict] for verdict in expected]


def test_series_are_aligned_by_label_and_what_belongs_to_findings_stays_there() -> None:
    rows = subjects()
    words = pd.Series(["first", "second", "third"], index=rows.index, dtype="string").sample(frac=1, random_state=1)
    found = verdicts(
        rows,
        fails=mask([True, False, None], rows),
        sentence=words,
        severity=words,
        other_id=words,
        discriminator="d",
        action="upgrade",
        changes=pd.Series([{"dpd": "true"}] * 3, index=rows.index),
        unknown="not-permitted",
    )
    assert found["sentence"].fillna("-").tolist() == ["first", "-", "-"]
    assert found["severity"].fillna("-").tolist() == ["first", "-", "-"]
    assert found["other_id"].tolist() == ["first", "second", "third"]
    assert found["action"].fillna("-").tolist() == ["upgrade", "-", "-"]
    assert found["changes"].tolist() == [{"dpd": "true"}, None, None]
    assert found["reason"].fillna("-").tolist() == ["-", "-", "not-permitted"]


def test_reasons_and_evidence_are_given_for_findings_as_the_api_writes_values() -> None:
    rows = subjects()
    on = mask([True, False, True], rows)
    found = verdicts(
        rows,
        fails=mask([True, True, False], rows),
        sentence="bad",
        reasons=[
            Reason(
                "dpd", ours=on, expected="true", theirs=pd.Series([False, None, None], index=rows.index, dtype="object")
            ),
            Reason("ikelifetime", ours=86400, when=mask([None, True, True], rows)),
        ],
        evidence=[Cell("customer_gateways", rows["id"], "dpd", on)],
    )
    first = {"field": "dpd", "ours": "true", "theirs": "false", "expected": "true", "who": "CloudStack side"}
    second = {"field": "dpd", "ours": "false", "theirs": None, "expected": "true", "who": "CloudStack side"}
    more = {"field": "ikelifetime", "ours": "86400", "theirs": None, "expected": None, "who": "CloudStack side"}
    assert found["reasons"].tolist() == [[first], [second, more], []]
    assert found["evidence"].tolist() == [
        [{"table": "customer_gateways", "id": "x0", "column": "dpd", "value": "true"}],
        [{"table": "customer_gateways", "id": "x1", "column": "dpd", "value": "false"}],
        [],
    ]


def test_no_subjects_give_no_verdicts_with_all_columns() -> None:
    rows = subjects(0)
    assert list(verdicts(rows, fails=mask([], rows), sentence="bad").columns) == list(COLUMNS)


def test_a_fingerprint_is_stable_and_keeps_its_parts_apart() -> None:
    assert fingerprint("dpd-off", "prod", "1d4f", None) == "885e544baa75bca3"
    assert fingerprint("r", "ab", "c") != fingerprint("r", "a", "bc")
    assert fingerprint("r", "a", None) == fingerprint("r", "a", "")


DOC = "What is wrong.\n\n" + "\n\n".join(f"{heading}: some\n words." for heading in HEADINGS)


def test_a_docstring_is_read_by_its_headings() -> None:
    title, text = sections(DOC, "some-rule")
    assert title == "What is wrong."
    assert text == dict.fromkeys(HEADINGS, "some words.")


@pytest.mark.parametrize(
    "doc",
    [
        "",
        DOC.replace("What is wrong.", ""),
        DOC.replace("References: some\n words.", ""),
        DOC.replace("References: some\n words.", "References:"),
        DOC.replace("Why it matters", "How to fix it", 1).replace("How to fix it", "Why it matters"),
    ],
)
def test_a_docstring_that_lacks_something_is_refused(doc: str) -> None:
    with pytest.raises(RuleError, match="Rule some-rule: its docstring needs"):
        sections(doc, "some-rule")


@pytest.mark.parametrize(("severity", "subject"), [("grave", "connection"), ("high", "tunnel")])
def test_a_rule_with_a_wrong_word_is_refused(severity: str, subject: str) -> None:
    with pytest.raises(RuleError, match="severity is one of"):
        rule(severity=severity, subject=subject, reads=())(lambda estate, policy: subjects())


def test_a_rule_outside_of_a_module_is_refused_like_one_without_words() -> None:
    made = eval("lambda estate, policy: None", {"__name__": "nowhere.some_rule"})
    with pytest.raises(RuleError, match="Rule some-rule: its docstring"):
        rule(severity="high", subject="connection", reads=("vpcs",))(made)


def test_every_reason_why_a_question_stays_open_is_explained() -> None:
    assert all(text.endswith(".") for text in CANNOT_TELL.values())


def test_a_rule_is_made_of_a_module_and_its_words() -> None:
    made = rule(severity="low", subject="VPC", reads=["vpcs"], needs=["vpcs"], yields_to=["other"])(dpd_off.find.find)
    assert (made.id, made.severity, made.subject, made.reads, made.needs, made.yields_to) == (
        "dpd-off",
        "low",
        "VPC",
        ("vpcs",),
        ("vpcs",),
        ("other",),
    )
    assert made.title == dpd_off.find.title
