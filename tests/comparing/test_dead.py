"""A tunnel that is predicted to carry nothing has a finding with its cause, at high or above, and no reset."""

from __future__ import annotations

from typing import Any

import pytest

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.comparing.dead import PREDICTORS, dead_starters
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

IKEV1 = {"ike_versions": "ikev1", "initiates_with": "ikev1"}
DEAD = {
    "identity that it shows": ("identity-mismatch", {"id": "192.168.77.2"}, {}),
    "identity that it expects": ("identity-mismatch", {"peer_id": "10.1.0.1"}, {}),
    "aggressive mode": ("authentication-mismatch", {**IKEV1, "aggressive": True}, {"ike_version": "ikev1"}),
    "key": ("psk-mismatch", {"psk_fingerprint": "bbbb"}, {}),
    "version": ("ike-version-mismatch", IKEV1, {}),
    "IKE proposals": ("phase1-mismatch", {"ike_proposals": "3des-md5-modp1024"}, {}),
    "ESP proposals": ("phase2-mismatch", {"esp_proposals": "3des-md5-modp1024"}, {}),
    "networks": ("selector-mismatch", {"local_subnets": "10.9.0.0/24", "exact_selectors": True}, {}),
    "address": ("predicted-dead", {"address": "203.0.113.9", "connection_id": "c1"}, {}),
}


def judged(peer: dict[str, Any], connection: dict[str, Any]) -> Audit:
    case = {
        "given": "branch",
        "peers": [{"name": "branch", **peer}],
        "connections": [{"id": "c1", "state": "Disconnected", **connection}],
    }
    return audit(estate(case), load())


@pytest.mark.parametrize("name", DEAD)
def test_its_cause_is_a_finding_and_to_reset_it_is_no_advice(name: str) -> None:
    rule, peer, connection = DEAD[name]
    one = judged(peer, connection)
    assert dead_starters(one.estate["predictions_by_connection"]).any(axis=None)
    bad = one.open[one.open["severity"].isin(["critical", "high"])]
    assert rule in set(bad["rule"])
    assert "reset-connection" not in set(one.open["action"])


def test_a_tunnel_that_only_one_end_ever_starts_is_not_dead() -> None:
    waits = judged({"peer_address": "%any"}, {})
    assert not dead_starters(waits.estate["predictions_by_connection"]).any(axis=None)
    assert "connection-down" in set(waits.open["rule"]), "nothing explains it, so to ask again is the advice"


def test_every_rule_that_says_why_exists() -> None:
    assert set(PREDICTORS) <= set(all_rules())


def test_in_the_example_every_dead_tunnel_has_its_cause(example_audit: Audit) -> None:
    rows = example_audit.estate["predictions_by_connection"]
    dead = set(rows.loc[dead_starters(rows).all(axis=1), "id"])
    bad = example_audit.open[example_audit.open["severity"].isin(["critical", "high"])]
    assert dead
    assert dead <= set(bad["subject_id"])
