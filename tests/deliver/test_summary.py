"""What a mail says of a run is read from a whole run, worst first, with every text on one line."""

from __future__ import annotations

import hashlib
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.deliver.conftest import FINDINGS, REPORT, fingerprint
from vpnaudit.deliver.summary import short_text, summarise
from vpnaudit.errors import DeliveryError


def test_a_cause_is_one_line_with_what_it_explains_and_they_stand_as_in_the_report(make_run):
    summary, report = summarise(make_run())
    assert b"<script" not in report
    assert [cause.rule for cause in summary.worst] == [
        "remote-is-everything",
        "psk-mismatch",
        "weak-encryption",
        "dpd-off",
    ]
    assert [cause.explains for cause in summary.worst] == [1, 1, 1, 10]
    assert (summary.causes, summary.findings) == (4, len(FINDINGS))
    assert (summary.more, summary.severities) == (0, (("critical", 2), ("high", 1), ("medium", 1)))
    assert summary.report_sha256 == hashlib.sha256(REPORT).hexdigest()
    assert summary.attachment_sha256 == hashlib.sha256(report).hexdigest()


def test_the_order_of_causes_is_that_of_the_run(make_run):
    order = ["all-of-dpd-off", *(fingerprint(number) for number in (2, 1, 0))]
    summary, _ = summarise(make_run(causes_in_order=order))
    assert summary.worst[0].rule == "dpd-off"


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
    run = make_run()
    (run / "run.json").write_text("[1]")
    with pytest.raises(DeliveryError, match="no reason given"):
        summarise(run)
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


def test_a_run_of_a_release_that_names_no_causes_is_to_be_made_again(make_run):
    run = make_run()
    facts = json.loads((run / "run.json").read_text())
    del facts["causes_in_order"]
    (run / "run.json").write_text(json.dumps(facts))
    with pytest.raises(DeliveryError, match=r"written by vpnaudit 0\.1\.0, which did not say.*Make the report again"):
        summarise(run)
