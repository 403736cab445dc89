"""What a mail says of a run is read from a whole run, worst first, with every text on one line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deliver.conftest import FINDINGS, REPORT
from vpnaudit.deliver.summary import short_text, summarise
from vpnaudit.errors import DeliveryError


def test_findings_that_say_the_same_are_one_line_and_the_worst_come_first(make_run):
    summary, report = summarise(make_run())
    assert report == REPORT
    assert [finding.rule for finding in summary.worst] == [
        "remote-is-everything",
        "psk-mismatch",
        "weak-encryption",
        "dpd-off",
    ]
    assert summary.worst[-1].fingerprint.endswith(" and 9 more")
    assert summary.findings == len(FINDINGS)
    assert (summary.more, summary.severities) == (0, (("critical", 2), ("high", 1), ("medium", 10)))


def test_an_unexpected_gap_stands_before_an_expected_one(make_run):
    summary, _ = summarise(make_run())
    assert [(gap.what, gap.expected) for gap in summary.gaps] == [
        ("estate-a: routers", False),
        ("estate-a: hosts", True),
    ]


def test_what_was_not_judged_is_counted_with_its_reason(make_run):
    summary, _ = summarise(make_run(unclear=20))
    assert [number for _, number in summary.not_assessed] == [20]
    assert summary.checks - summary.judged == 20


def test_only_a_whole_run_is_summed_up(make_run, tmp_path):
    with pytest.raises(DeliveryError, match="no finished run"):
        summarise(tmp_path)
    with pytest.raises(DeliveryError, match=r"did not complete.*cell 3"):
        summarise(make_run(status="failed", error="cell 3\nfell"))
    run = make_run()
    (run / "report.html").write_bytes(REPORT + b" ")
    with pytest.raises(DeliveryError, match="changed after the run"):
        summarise(run)
    (run / "report.html").unlink()
    with pytest.raises(DeliveryError, match=r"no report\.html"):
        summarise(run)
    run = make_run()
    (run / "coverage.parquet").write_bytes(b"PAR1")
    with pytest.raises(DeliveryError, match="damaged"):
        summarise(run)
    (run / "run.json").write_text("{")
    with pytest.raises(DeliveryError, match="not JSON"):
        summarise(run)


@given(st.text(), st.integers(1, 50))
def test_a_text_is_one_line_and_a_cut_is_shown(text, most):
    short = short_text(text, most)
    assert len(short) <= most
    assert not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in short)
    assert short == short_text(text, 10_000) or short.endswith("…")


def test_no_text_is_an_empty_one():
    assert short_text(None) == ""
