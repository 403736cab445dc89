"""What a finding rests on is there, and what it says to change mends it: held for every case of every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tests.estates import estate
from tests.rejudging import Judge
from tests.rules.case_files import case_of, every_case, judged_case, limits
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.ends import API
from vpnaudit.estate.tables import records
from vpnaudit.findings import SEVERITIES
from vpnaudit.rules import all_rules, get

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.findings import Rule

pytestmark = pytest.mark.slow

JUDGE = Judge()
FIRES = [case for case in every_case() if case.values[1] == "fires"]  # noqa: PD011 - of a parameter set
KEYS = {"peers": "name", "settings": "name", "sources": "source"}
ACL_FIELDS = {"startport": "start_port", "endport": "end_port", "icmptype": "icmp_type", "icmpcode": "icmp_code"}
MENDED_IN = {
    "update-customer-gateway": "connections",
    "recreate-connection": "connections",
    "update-acl-rule": "acl_rules",
}


def text_of(value: Any) -> str | None:
    return None if pd.isna(value) else {"True": "true", "False": "false"}.get(str(value), str(value))


@pytest.mark.parametrize(("rule", "kind", "number"), FIRES)
def test_every_cell_that_a_finding_rests_on_holds_that_value(rule: Rule, kind: str, number: int) -> None:
    whole = estate(case_of(rule, kind, number))
    rows = judged_case(rule.id, kind, number)
    for row in records(rows[rows["verdict"] == "fail"]):
        for cell in row["evidence"]:
            frame = whole[cell["table"]]
            named = frame[frame[KEYS.get(cell["table"], "id")] == cell["id"]]
            assert len(named), f"no row: {cell}"
            values = {text_of(value) for value in named[cell["column"]]}
            assert cell["value"] in values, f"holds {values}: {cell}"


def after(whole: Estate, findings: Iterable[dict[str, Any]]) -> Estate:
    """The estate once every change that the findings name is made, and the router has taken it."""
    tables = {name: frame.copy() for name, frame in whole.tables.items()}
    tables["connections"]["state"] = tables["connections"]["state"].replace("Disconnected", "Connected")
    for finding in findings:
        fields = ACL_FIELDS if finding["action"] == "update-acl-rule" else API
        for table in {MENDED_IN[finding["action"]], "customer_gateways"}:
            frame = tables[table]
            hit = (frame["source"] == finding["source"]) & (frame["id"] == finding["subject_id"])
            for field, value in finding["changes"].items():
                column = fields.get(field, field)
                if column in frame:
                    typed = TABLES[table].frame([{column: value}])[column].iloc[0]
                    frame[column] = frame[column].mask(hit, typed)
    return Estate(tables)


def failing(whole: Estate, case: dict, rules: Iterable[Rule]) -> dict[tuple[str, str, str], int]:
    """Every finding of these rules, with the rank of its severity."""
    names = {rule.id for rule in rules}
    better = {name for rule in rules for name in rule.yields_to}
    rows = JUDGE.audit(whole, limits(case.get("policy", {})), [get(name) for name in sorted(names | better)]).open
    rows = rows[rows["rule"].isin(names)]
    return {(row["rule"], row["source"], row["subject_id"]): SEVERITIES.index(row["severity"]) for row in records(rows)}


def opened(whole: Estate, mended: Estate, case: dict, rank: int) -> set[tuple[str, str, str]]:
    """Findings of at least that rank which the mend brings. A rule to which nothing changes, nor to those that it
    yields to, finds the same.
    """
    before, after = JUDGE.of(whole), JUDGE.of(mended)
    touched = {name for name, rule in all_rules().items() if before.differences(after, rule.reads)}
    rules = [rule for name, rule in all_rules().items() if touched & {name, *rule.yields_to}]
    bad = {key for key, severity in failing(after, case, rules).items() if severity <= rank}
    return bad - failing(before, case, [get(name) for name in {key[0] for key in bad}]).keys()


@pytest.mark.parametrize(("rule", "kind", "number"), FIRES)
def test_what_a_finding_says_to_change_mends_it_and_breaks_nothing_as_bad(rule: Rule, kind: str, number: int) -> None:
    case = case_of(rule, kind, number)
    whole = estate(case)
    rows = judged_case(rule.id, kind, number)
    findings = [
        row
        for row in records(rows[rows["verdict"] == "fail"])
        if row["action"] in MENDED_IN and row["changes"] and row["changes"] != {"ipsecpsk": "@file"}
    ]
    if not findings:
        return
    mended = after(whole, findings)
    judged = get(rule.id).find(mended.only(rule.reads), limits(case.get("policy", {})))
    open_after = set(judged.loc[judged["verdict"] == "fail", "subject_id"])
    assert not open_after & {row["subject_id"] for row in findings}
    assert all(value for row in findings for value in row["changes"].values()), "a change is a value"
    rank = max(SEVERITIES.index(row["severity"] or rule.severity) for row in findings)
    assert not opened(whole, mended, case, rank)
