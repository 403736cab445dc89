"""From masks to verdicts: three values stay three, and a finding keeps all its reasons."""

from __future__ import annotations

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.findings.verdicts import CANNOT_TELL, COLUMNS, Cell, Reason, fingerprint, verdicts

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
    judged = verdicts(
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
    assert list(judged.columns) == list(COLUMNS)
    assert judged["verdict"].tolist() == expected
    assert judged["reason"].notna().tolist() == [verdict == "cannot-tell" for verdict in expected]
    words = {"fail": "bad", "cannot-tell": "unsure", "not-applicable": "unsure", "pass": None}
    assert [None if pd.isna(text) else text for text in judged["sentence"]] == [words[verdict] for verdict in expected]


def test_series_are_aligned_by_label_and_what_belongs_to_findings_stays_there() -> None:
    rows = subjects()
    words = pd.Series(["first", "second", "third"], index=rows.index, dtype="string").sample(frac=1, random_state=1)
    judged = verdicts(
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
    assert judged["sentence"].fillna("-").tolist() == ["first", "-", "-"]
    assert judged["severity"].fillna("-").tolist() == ["first", "-", "-"]
    assert judged["other_id"].tolist() == ["first", "second", "third"]
    assert judged["action"].fillna("-").tolist() == ["upgrade", "-", "-"]
    assert judged["changes"].tolist() == [{"dpd": "true"}, None, None]
    assert judged["reason"].fillna("-").tolist() == ["-", "-", "not-permitted"]


def test_reasons_and_evidence_are_given_for_findings_as_the_api_writes_values() -> None:
    rows = subjects()
    on = mask([True, False, True], rows)
    judged = verdicts(
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
    assert judged["reasons"].tolist() == [[first], [second, more], []]
    assert judged["evidence"].tolist() == [
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


def test_every_reason_why_a_question_stays_open_is_explained() -> None:
    assert all(text.endswith(".") for text in CANNOT_TELL.values())
