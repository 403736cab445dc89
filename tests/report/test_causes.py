"""Causes: a partition of the open findings, one repair each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.estate import Estate
from vpnaudit.findings import SEVERITIES
from vpnaudit.policy import load
from vpnaudit.report.causes import causes, connections_by_severity, connections_of, headline, with_cause
from vpnaudit.rules import get

if TYPE_CHECKING:
    import pandas as pd


def judged(case: dict) -> Audit:
    return audit(
        estate(case),
        load(),
        rules=[get(rule) for rule in ("dpd-off", "weak-encryption", "remote-overlaps-sibling", "mtu-fragments")],
    )


def cause_of(audit: Audit, rule: str, subject: str) -> pd.Series:
    rows = with_cause(audit)
    return rows[(rows["rule"] == rule) & (rows["subject_id"] == subject)]["cause"].item()


ONE_GATEWAY = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1", "dpd": False, "ike_policy": "3des-md5;modp1024"}, {"id": "g2", "dpd": False}],
    "connections": [
        {"id": "c1", "customer_gateway_id": "g1"},
        {"id": "c2", "customer_gateway_id": "g2", "cidr_list": "192.168.20.0/24"},
    ],
}


def test_one_update_of_a_gateway_is_one_cause() -> None:
    judgement = judged(ONE_GATEWAY)
    assert cause_of(judgement, "dpd-off", "g1") == cause_of(judgement, "weak-encryption", "g1")
    assert cause_of(judgement, "dpd-off", "g1") != cause_of(judgement, "dpd-off", "g2")


def test_rows_that_name_each_other_are_one_cause() -> None:
    twins = [{"id": "c1", "customer_gateway_id": "g1"}, {"id": "c2", "customer_gateway_id": "g2"}]
    judgement = judged({**ONE_GATEWAY, "connections": twins})
    assert cause_of(judgement, "remote-overlaps-sibling", "c1") == cause_of(judgement, "remote-overlaps-sibling", "c2")


def test_one_clamp_of_the_mss_mends_a_whole_source() -> None:
    vpcs = [{"id": "p1", "public_mtu_bytes": 1500}, {"id": "p2", "public_mtu_bytes": 1500}]
    tiers = [{"id": f"t{n}", "vpc_id": f"p{n}", "private_mtu_bytes": 1500} for n in (1, 2)]
    gateways = [{"id": "v1"}, {"id": "v2", "vpc_id": "p2", "public_ip": "198.51.100.2"}]
    links = [{"id": "c1"}, {"id": "c2", "vpn_gateway_id": "v2", "public_ip": "198.51.100.2"}]
    judgement = judged({**ONE_GATEWAY, "vpcs": vpcs, "tiers": tiers, "vpn_gateways": gateways, "connections": links})
    assert cause_of(judgement, "mtu-fragments", "c1") == cause_of(judgement, "mtu-fragments", "c2")


@pytest.mark.slow
class TestOfTheExample:
    def test_every_finding_has_one_cause_and_every_cause_its_worst_first(self, example_audit: Audit) -> None:
        rows, table = with_cause(example_audit), causes(example_audit)
        assert list(rows["fingerprint"]) == list(example_audit.open["fingerprint"])
        assert table["findings"].sum() == len(rows)
        assert set(rows["cause"]) == set(table.index)
        worst = rows.assign(rank=rows["severity"].map(SEVERITIES.index)).groupby("cause")["rank"].min()
        assert (table["severity"].map(SEVERITIES.index) == worst.reindex(table.index)).all()

    def test_stands_worst_first(self, example_audit: Audit) -> None:
        ranks = causes(example_audit)["severity"].map(SEVERITIES.index)
        assert ranks.is_monotonic_increasing

    def test_affected_agrees_with_the_score(self, example_audit: Audit) -> None:
        clear, connections = example_audit.clear_connections
        assert connections_by_severity(example_audit)["high"] == connections - clear

    def test_counts_connections_of_the_estate_only(self, example_audit: Audit) -> None:
        rows = example_audit.open
        known = set(example_audit.estate["connections"]["id"])
        assert set(connections_of(rows, example_audit.estate)["connection"]) <= known


def test_an_empty_estate_has_no_causes() -> None:
    empty = audit(Estate(), load(), rules=[])
    assert causes(empty).empty
    assert headline(empty, causes(empty)).startswith("Nothing failed;")
