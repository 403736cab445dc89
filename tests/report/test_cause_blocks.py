"""Blocks: all that a cause shows, once."""

from __future__ import annotations

from tests.estates import estate
from vpnaudit.audit import audit
from vpnaudit.policy import load
from vpnaudit.report.cause_blocks import blocks, facets
from vpnaudit.report.causes import causes
from vpnaudit.rules import get

CASE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1", "dpd": False, "ike_policy": "3des-md5;modp1024"}, {"id": "g2", "dpd": False}],
    "connections": [
        {"id": "c1", "customer_gateway_id": "g1"},
        {"id": "c2", "customer_gateway_id": "g2", "cidr_list": "192.168.20.0/24"},
    ],
}
AUDIT = audit(estate(CASE), load(), rules=[get("dpd-off"), get("weak-encryption"), get("weak-integrity")])


def test_stand_in_the_order_of_causes_and_hold_every_finding_once() -> None:
    every = blocks(AUDIT)
    assert [block.id for block in every] == list(causes(AUDIT).index)
    fingerprints = [row["fingerprint"] for block in every for row in block.findings]
    assert sorted(fingerprints) == sorted(AUDIT.open["fingerprint"])


def test_one_command_that_mends_several_findings_is_shown_once() -> None:
    block = next(block for block in blocks(AUDIT) if len(block.findings) > 1)
    commands = [mend.command for mend in block.mends if mend.command]
    assert commands
    assert len(commands) == len(set(commands))
    assert len(block.reasons) == len({tuple(row.values()) for row in block.reasons})


def test_what_to_do_is_one_sentence() -> None:
    for block in blocks(AUDIT):
        assert block.imperative.endswith(".")
        assert ". " not in block.imperative


def test_facets_count_causes_and_not_findings() -> None:
    counted = {name: dict(values) for name, values in facets(blocks(AUDIT)).items()}
    assert counted["source"] == {"s1": 2}
    assert counted["rule"]["dpd-off"] == 2
    assert counted["rule"]["weak-encryption"] == 1
