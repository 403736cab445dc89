"""The judgement on a terminal: the worst, what was not assessed, what comes next; nothing cut without saying so."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.cli import result
from vpnaudit.plan import remedies
from vpnaudit.policy import load
from vpnaudit.rules import get

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest


def judged(gateways: Iterable[dict], gaps: Iterable[dict] = ()) -> Audit:
    case = {"customer_gateways": list(gateways), "gaps": list(gaps)}
    return audit(estate(case), load(), rules=[get("dpd-off")])


def text_of(judgement: Audit, capsys: pytest.CaptureFixture[str], report: Path | None = None) -> str:
    result.show(judgement, remedies(judgement), snapshot=Path("my snapshot"), report=report, as_json=False)
    return capsys.readouterr().out


def test_many_findings_are_cut_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of(judged({"id": f"g{n}", "dpd": False} for n in range(20)), capsys)
    assert text.count("  medium    dpd-off") == 12
    assert "showing 12 of 20 findings; all of them: --json" in text


def test_many_gaps_are_cut_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    gaps = [{"id": str(n), "table": "hosts", "subject_id": str(n), "text": "\x1b[2J no"} for n in range(20)]
    text = text_of(judged([{"id": "g1", "dpd": "?"}], gaps), capsys)
    assert text.count("  gap: s1: hosts:") == 12
    assert "showing 12 of 20 gaps" in text
    assert "Not assessed: 1 check " in text
    assert "\x1b" not in text


def test_the_worst_finding_comes_with_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of(judged([{"id": "g1", "dpd": False}]), capsys)
    assert "Why:      vpnaudit explain dpd-off" in text
    assert "  cmk update vpncustomergateway" in text


def test_where_nothing_failed_there_is_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    text = text_of(judged([{"id": "g1"}]), capsys)
    assert "Findings: none; waived: 0." in text
    assert "Causes:   none;" in text
    assert "Why:" not in text
    assert "cmk" not in text


def test_the_next_command_can_be_pasted_into_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    judgement = judged([{"id": "g1"}])
    assert "Next:     vpnaudit report 'my snapshot'\n" in text_of(judgement, capsys)
    assert "Report:   r/report.html\n" in text_of(judgement, capsys, Path("r/report.html"))
