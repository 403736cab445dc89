"""A rule is of_vpcs of its module and its words; one that is written wrongly says so."""

from __future__ import annotations

import pandas as pd
import pytest

from vpnaudit.errors import RuleError
from vpnaudit.findings.rule import rule
from vpnaudit.rules import dpd_off


@pytest.mark.parametrize(("severity", "subject"), [("grave", "connection"), ("high", "tunnel")])
def test_a_rule_with_a_wrong_word_is_refused(severity: str, subject: str) -> None:
    with pytest.raises(RuleError, match="severity is one of"):
        rule(severity=severity, subject=subject, reads=())(lambda estate, policy: pd.DataFrame())


def test_a_rule_outside_of_a_module_is_refused_like_one_without_words() -> None:
    of_vpcs = eval("lambda estate, policy: None", {"__name__": "nowhere.some_rule"})
    with pytest.raises(RuleError, match="Rule some-rule: its docstring"):
        rule(severity="high", subject="connection", reads=("vpcs",))(of_vpcs)


def test_a_rule_is_of_vpcs_of_a_module_and_its_words() -> None:
    of_vpcs = rule(severity="low", subject="VPC", reads=["vpcs"], needs=["vpcs"], yields_to=["other"], new_key=True)(
        dpd_off.find.find
    )
    assert (
        of_vpcs.id,
        of_vpcs.severity,
        of_vpcs.subject,
        of_vpcs.reads,
        of_vpcs.needs,
        of_vpcs.yields_to,
        of_vpcs.new_key,
    ) == (
        "dpd-off",
        "low",
        "VPC",
        ("vpcs",),
        ("vpcs",),
        ("other",),
        True,
    )
    assert of_vpcs.title == dpd_off.find.title
