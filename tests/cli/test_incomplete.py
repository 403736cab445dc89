"""Exit code 2 always comes with its reason, and a reason with exit code 2."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.cli import incomplete
from vpnaudit.policy import load
from vpnaudit.rules import get


def judged(*, gaps: list[dict] = (), least: int = 0, crash: bool = False) -> Audit:
    def fail(*_: object) -> None:
        raise ValueError

    rules = [get("dpd-off")]
    if crash:
        rules.append(replace(get("weak-encryption"), find=fail))
    tables = {"customer_gateways": [{"id": "g1"}, {"id": "g2", "dpd": "?"}], "gaps": list(gaps)}
    return audit(estate(tables), load().model_copy(update={"coverage_min_percent": least}), rules=rules)


GAPS = [
    {"id": "1", "table": "hosts", "expected": True},
    {"id": "2", "table": "routers\x1b", "expected": False},
    {"id": "3", "table": "vpcs", "expected": False},
    {"id": "4", "table": "vpcs", "expected": False, "subject_id": "p"},
]


def test_nothing_is_said_where_all_was_seen(capsys: pytest.CaptureFixture[str]) -> None:
    judgement = judged(gaps=GAPS[:1])
    assert incomplete.say_why(judgement, as_json=False) == judgement.exit_code == 0
    assert capsys.readouterr() == ("", "")


def test_unexpected_gaps_are_named_by_source_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert incomplete.say_why(judged(gaps=GAPS), as_json=False) == 2
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Exit code 2, less was seen than was asked for:"
        " 3 gaps that no profile expects (s1: routers\ufffd and s1: vpcs (2))."
    )


def test_low_coverage_and_a_failed_rule_are_named_too() -> None:
    (text,) = incomplete.reasons(judged(least=90))
    assert text == "50 % of the checks could be judged, and the policy asks for 90 %"
    assert incomplete.reasons(judged(crash=True)) == ["weak-encryption failed as a rule, a fault in vpnaudit"]


def test_for_machines_the_reason_goes_to_the_other_stream(capsys: pytest.CaptureFixture[str]) -> None:
    incomplete.say_why(judged(gaps=GAPS), as_json=True)
    text, error = capsys.readouterr()
    assert text == ""
    assert error.startswith("\nExit code 2, ")


@pytest.mark.parametrize("gaps", [[], GAPS[:1], GAPS])
@pytest.mark.parametrize("least", [0, 50, 51])
@pytest.mark.parametrize("crash", [False, True])
def test_there_is_a_reason_exactly_where_the_code_is_two(gaps: list[dict], least: int, crash: bool) -> None:
    judgement = judged(gaps=gaps, least=least, crash=crash)
    assert (judgement.exit_code == 2) is bool(incomplete.reasons(judgement))
