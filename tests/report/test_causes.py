"""Causes: a partition of the open findings, one repair each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.estate import Estate
from vpnaudit.findings import SEVERITIES
from vpnaudit.plan import remedies
from vpnaudit.policy import load
from vpnaudit.report.causes import causes, connections_by_severity, connections_of, headline, with_cause
from vpnaudit.rules import get

if TYPE_CHECKING:
    import pandas as pd


RULES = (
    *("dpd-off", "weak-encryption", "remote-overlaps-sibling", "mtu-fragments", "connection-stuck", "both-passive"),
    *("one-sided-connection", "gateway-unused", "acl-rule-dead", "acl-rule-shadowed", "acl-blocks-tunnel"),
    "selector-mismatch",
)


def judged(case: dict) -> Audit:
    return audit(
        estate(case),
        load(),
        rules=[get(rule) for rule in RULES],
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


def test_one_plan_of_a_tunnel_is_one_cause_whichever_end_asks_and_what() -> None:
    """Whether a value, a reset, or a connection that is created again."""
    ends = [{"id": "c1", "customer_gateway_id": "g1"}, {"id": "c2", "customer_gateway_id": "g2", "passive": True}]
    ends = [{**end, "state": "Pending"} for end in ends]
    judgement = judged({**ONE_GATEWAY, "given": "pair", "connections": ends})
    wanted = {("dpd-off", "g1"), ("dpd-off", "g2"), ("weak-encryption", "g1"), ("connection-stuck", "c1")}
    assert len({cause_of(judgement, *one) for one in wanted}) == 1


def test_either_the_connection_back_or_the_gateway_that_waits_for_it_is_one_cause() -> None:
    judgement = judged({"given": "one-sided", "customer_gateways": [{"id": "g1"}]})
    assert cause_of(judgement, "one-sided-connection", "c1") == cause_of(judgement, "gateway-unused", "v2")


LIST = {
    "vpcs": [{"id": "p1"}],
    "acl_lists": [{"id": "l1"}, {"id": "l2"}],
    "acl_rules": [
        {"id": "r1", "protocol": "tcp"},
        {"id": "r2", "number": 2, "protocol": "tcp", "start_port": 443, "end_port": 443},
        {"id": "r3", "number": 3, "protocol": "tcp", "start_port": 443, "end_port": 443},
        {"id": "r4", "protocol": "udp", "acl_id": "l2"},
    ],
}


def test_one_plan_of_an_access_list_is_one_cause() -> None:
    judgement = judged(LIST)
    assert cause_of(judgement, "acl-rule-dead", "r1") == cause_of(judgement, "acl-rule-shadowed", "r3")
    assert cause_of(judgement, "acl-rule-dead", "r1") != cause_of(judgement, "acl-rule-dead", "r4")


@pytest.mark.parametrize(("acl", "causes"), [({}, 1), ({"name": "default_deny"}, 2)])
def test_tunnels_that_one_list_stops_are_one_cause_unless_it_cannot_be_changed(acl: dict, causes: int) -> None:
    closed = {
        **ONE_GATEWAY,
        "acl_lists": [{"id": "l1", **acl}],
        "acl_rules": [{"id": "r1", "action": "Deny"}],
        "tiers": [{"id": "t1"}],
    }
    judgement = judged(closed)
    assert len({cause_of(judgement, "acl-blocks-tunnel", one) for one in ("c1", "c2")}) == causes


def test_of_rows_that_name_each_other_one_may_ask_for_both() -> None:
    """The far end's row asks for nothing, since the near end's does."""
    narrow = [
        {"id": "c1", "customer_gateway_id": "g1", "cidr_list": "10.2.5.0/24"},
        {"id": "c2", "customer_gateway_id": "g2"},
    ]
    judgement = judged({**ONE_GATEWAY, "given": "pair", "connections": narrow})
    rows = with_cause(judgement)
    assert set(rows.loc[rows["rule"] == "selector-mismatch", "action"].fillna("")) == {"", "update-customer-gateway"}
    assert len(set(rows.loc[rows["rule"] == "selector-mismatch", "cause"])) == 1
    assert cause_of(judgement, "selector-mismatch", "c1") == cause_of(judgement, "dpd-off", "g1")


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

    def test_a_cause_and_its_plan_agree(self, example_audit: Audit) -> None:
        """What one plan mends is one cause, but for findings that name another object: there either one may change."""
        rows = with_cause(example_audit).merge(remedies(example_audit), on="fingerprint")
        alone = rows[(rows["plan"] != "") & (rows["action"].fillna("") != "") & rows["other_id"].isna()]
        assert (alone.groupby("plan")["cause"].agg(lambda causes: len(set(causes))) == 1).all()
        several = alone.groupby("cause")["plan"].agg(lambda plans: len(set(plans)))
        assert (several == 1).all(), several[several > 1]

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
