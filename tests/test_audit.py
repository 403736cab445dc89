"""What the runner adds to the rules: gaps take verdicts back, better rules win, waivers expire, the exit code says what
was seen.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import pytest

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.errors import ConfigError
from vpnaudit.estate.subjects import KINDS
from vpnaudit.findings import Cell, Reason, Rule, verdicts
from vpnaudit.policy import Waiver, load
from vpnaudit.rules import get

POLICY = load()
HEADS = dict.fromkeys(("What it finds", "Why it matters", "How to fix it", "What it cannot see", "References"), "…")


def rule(name: str, find, *, subject="customer gateway", needs=(), absence=(), across=False, yields_to=()) -> Rule:
    reads = (KINDS[subject],)
    return Rule(name, "high", subject, reads, needs, absence, across, yields_to, "Title.", HEADS, find)


def fails_on(*ids: str, table: str = "customer_gateways"):
    def find(whole, policy):
        rows = whole[table]
        cells = [Cell(table, rows["id"], "name", rows["name"])]
        return verdicts(
            rows,
            fails=rows["id"].isin(ids),
            sentence="is wrong",
            reasons=[Reason("name", ours=rows["name"])],
            evidence=cells,
        )

    return find


TWO = {
    "customer_gateways": [{"id": "g1", "dpd": False}, {"id": "g2", "source": "s2"}],
    "sources": [{"source": "s1"}, {"source": "s2"}],
}


def verdict_of(case: dict, judging: Rule) -> dict[str, str]:
    rows = audit(estate(case), POLICY, [judging]).coverage
    return {row["subject_id"]: row["verdict"] for row in rows.dropna(subset=["subject_id"]).to_dict("records")}


class TestGaps:
    GAP: ClassVar = {"gaps": [{"table": "connections", "text": "HTTP 530", "source": "s1"}]}

    def test_a_gap_in_a_needed_table_takes_back_a_pass_and_leaves_a_fail(self) -> None:
        case = {**TWO, **self.GAP, "customer_gateways": [{"id": "g1"}, {"id": "g3"}, {"id": "g2", "source": "s2"}]}
        assert verdict_of(case, rule("r", fails_on("g1"), needs=("connections",))) == {
            "g1": "fail",
            "g3": "cannot-tell",
            "g2": "pass",
        }

    def test_a_gap_in_a_table_of_absence_takes_back_both(self) -> None:
        assert verdict_of({**TWO, **self.GAP}, rule("r", fails_on("g1", "g2"), absence=("connections",))) == {
            "g1": "cannot-tell",
            "g2": "fail",
        }

    def test_across_sources_a_gap_in_one_spoils_all(self) -> None:
        assert verdict_of({**TWO, **self.GAP}, rule("r", fails_on(), needs=("connections",), across=True)) == {
            "g1": "cannot-tell",
            "g2": "cannot-tell",
        }

    def test_a_list_that_was_not_collected_opens_only_the_tiers_that_have_it(self) -> None:
        """Access lists of a project that the key may not see say nothing of VPCs that it sees whole."""
        case = {
            "vpcs": [{"id": "p1"}, {"id": "p2"}],
            "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2"}],
            "connections": [{"id": "c1"}, {"id": "c2", "vpn_gateway_id": "v2"}],
            "acl_lists": [{"id": "l1"}],
            "tiers": [{"id": "t1"}, {"id": "t2", "vpc_id": "p2", "acl_id": "l2"}],
        }
        gap = {"table": "acl_lists", "subject_id": "l2"}
        for case_gaps, first in (([], "fail"), ([gap], "fail"), ([gap | {"subject_id": "?"}], "cannot-tell")):
            rows = audit(estate({**case, "gaps": case_gaps}), POLICY, [get("acl-blocks-tunnel")]).coverage
            verdicts = dict(zip(rows["subject_id"], rows["verdict"], strict=True))
            assert verdicts == {"c1": first, "c2": "cannot-tell"}

    def test_what_was_not_collected_is_a_row(self) -> None:
        gaps = [
            {"table": "customer_gateways", "text": "no JSON", "subject_id": "g9"},
            {"table": "customer_gateways", "text": "HTTP 530"},
        ]
        rows = audit(estate({**TWO, "gaps": gaps}), POLICY, [rule("r", fails_on())]).coverage
        open_ = rows[rows["verdict"] == "cannot-tell"]
        assert set(open_["subject_id"].fillna("unknown number")) == {"g9", "unknown number"}
        assert set(open_["reason"]) == {"not-collected"}


def test_a_rule_that_crashes_is_not_assessed_and_costs_the_exit_code(caplog: pytest.LogCaptureFixture) -> None:
    def find(whole, policy):
        raise ZeroDivisionError

    judged = audit(estate(TWO), POLICY, [rule("r", find)])
    assert set(judged.coverage["reason"]) == {"rule-crashed"}
    assert judged.exit_code == 2
    assert "Rule r failed" in caplog.text


def test_a_rule_yields_to_the_one_that_names_the_cause_better() -> None:
    judged = audit(
        estate(TWO), POLICY, [rule("vague", fails_on("g1", "g2"), yields_to=("exact",)), rule("exact", fails_on("g1"))]
    )
    vague = judged.coverage[judged.coverage["rule"] == "vague"].set_index("subject_id")
    assert vague["verdict"].to_dict() == {"g1": "not-applicable", "g2": "fail"}
    assert vague.loc["g1", "sentence"] == "see exact"


class TestWaivers:
    def waived(self, until: date, subject: str = "g1"):
        waiver = Waiver(rule="dpd-off", subject=subject, until=until, reason="replaced next week", approved_by="kim")
        return audit(estate(TWO), POLICY.model_copy(update={"waivers": (waiver,)}), [get("dpd-off")])

    def test_in_force_it_counts_as_judged_and_not_as_a_finding(self) -> None:
        judged = self.waived(date(2026, 11, 24))
        assert judged.counts == {"fail": 0, "waived": 1, "cannot-tell": 0, "pass": 1, "not-applicable": 0}
        assert len(judged.findings) == 1
        assert judged.exit_code == 0

    def test_expired_it_no_longer_counts_and_is_told(self) -> None:
        judged = self.waived(date(2026, 11, 23), "*")
        assert judged.counts["fail"] == 1
        assert [waiver.subject for waiver in judged.expired] == ["*"]

    def test_for_a_rule_that_does_not_exist_is_a_mistake(self) -> None:
        waiver = Waiver(rule="no-such-rule", subject="*", until=date(2027, 1, 1), reason="x", approved_by="y")
        with pytest.raises(ConfigError, match="no-such-rule"):
            audit(estate(TWO), POLICY.model_copy(update={"waivers": (waiver,)}))


class TestExitCode:
    def test_nothing_to_judge_is_nothing_wrong(self) -> None:
        assert audit(estate({}), POLICY, []).exit_code == 0

    def test_below_the_threshold_is_zero(self) -> None:
        assert audit(estate(TWO), POLICY.model_copy(update={"fail_on": "high"}), [get("dpd-off")]).exit_code == 0

    def test_findings_are_one(self) -> None:
        assert audit(estate(TWO), POLICY, [get("dpd-off")]).exit_code == 1

    def test_a_gap_wins_over_findings_unless_it_is_expected(self) -> None:
        gap = {"table": "hosts", "text": "HTTP 432"}
        assert audit(estate({**TWO, "gaps": [gap]}), POLICY, [get("dpd-off")]).exit_code == 2
        assert audit(estate({**TWO, "gaps": [gap | {"expected": True}]}), POLICY, [get("dpd-off")]).exit_code == 1

    def test_less_coverage_than_asked_for(self) -> None:
        blind = estate({"customer_gateways": [{"id": "g1", "dpd": "?"}]})
        assert audit(blind, POLICY.model_copy(update={"coverage_min_percent": 1}), [get("dpd-off")]).exit_code == 2
        assert audit(blind, POLICY, [get("dpd-off")]).coverage_percent == 0


def test_open_findings_are_counted_by_severity_and_none_is_left_out() -> None:
    judged = audit(estate(TWO), POLICY, [rule("r", fails_on("g1", "g2")), get("dpd-off")])
    assert judged.by_severity == {"critical": 0, "high": 2, "medium": 1, "low": 0, "info": 0}


class TestConnectionsWithFindings:
    CASE: ClassVar = {
        "customer_gateways": [{"id": "g1"}, {"id": "g2"}],
        "connections": [{"id": "c1"}, {"id": "c2", "customer_gateway_id": "g2"}],
    }
    LISTS: ClassVar = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "tiers": [{"id": "t1"}],
        "acl_lists": [{"id": "l1"}],
    }

    def test_a_finding_on_a_gateway_touches_its_connections(self) -> None:
        judged = audit(estate(self.CASE), POLICY, [rule("r", fails_on("g1"))])
        assert judged.clear_connections == (1, 2)
        assert judged.connections_with_findings("high")["connection_id"].tolist() == ["c1"]
        (row,) = judged.findings_by_connection.to_dict("records")
        (finding,) = judged.findings.to_dict("records")
        assert {name: row[name] for name in ("fingerprint", "severity", "verdict")} == {
            name: finding[name] for name in ("fingerprint", "severity", "verdict")
        }

    def test_a_finding_on_an_access_list_touches_the_connections_of_its_tiers(self) -> None:
        whole = estate({**self.CASE, **self.LISTS})
        on_list = rule("r", fails_on("l1", table="acl_lists"), subject="ACL list")
        assert audit(whole, POLICY, [on_list]).clear_connections == (0, 2)

    def test_counts_from_the_severity_asked_for(self) -> None:
        judged = audit(
            estate({**self.CASE, "customer_gateways": [{"id": "g1", "dpd": False}]}), POLICY, [get("dpd-off")]
        )
        assert [
            len(judged.connections_with_findings(severity)) for severity in ("critical", "high", "medium", "info")
        ] == [
            0,
            0,
            1,
            1,
        ]
        assert judged.connections_with_findings().equals(judged.connections_with_findings("info"))

    def test_a_waived_finding_is_named_and_makes_no_connection_bad(self) -> None:
        waiver = Waiver(rule="dpd-off", subject="g1", until=date(2027, 1, 1), reason="agreed", approved_by="kim")
        waived = POLICY.model_copy(update={"waivers": (waiver,)})
        case = {**self.CASE, "customer_gateways": [{"id": "g1", "dpd": False}]}
        judged = audit(estate(case), waived, [get("dpd-off")])
        assert judged.findings_by_connection["verdict"].tolist() == ["waived"]
        assert judged.connections_with_findings().empty


def test_the_same_estate_gives_the_same_bytes() -> None:
    first, second = (audit(estate(TWO), POLICY, [get("dpd-off")]).coverage.to_csv() for _ in range(2))
    assert first == second


def test_fingerprints_are_unique() -> None:
    judged = audit(estate(TWO), POLICY)
    assert judged.coverage["fingerprint"].is_unique


@pytest.mark.parametrize(
    ("counts", "percent"),
    [
        ((0, 0, 0, 0, 0), 0),
        ((1, 0, 0, 0, 0), 100),
        ((0, 1, 0, 0, 5), 100),
        ((0, 0, 1, 0, 0), 100),
        ((0, 0, 0, 1, 0), 0),
        ((1, 2, 4, 0, 0), 100),
        ((3, 2, 6, 1, 9), 91),
        ((3, 5, 191, 1, 0), 99),
        ((0, 0, 1, 2, 0), 33),
    ],
)
def test_coverage_is_the_share_of_what_was_judged_whatever_it_came_to(
    counts: tuple[int, ...], percent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("fail", "waived", "pass", "cannot-tell", "not-applicable")
    monkeypatch.setattr(Audit, "counts", dict(zip(kinds, counts, strict=True)))
    assert audit(estate({}), POLICY, []).coverage_percent == percent
