"""A pass that rests on a table with holes cannot be told, and says what was seen; of another source, in numbers."""

from __future__ import annotations

from typing import Any

from tests.estates import estate
from vpnaudit.audit import audit
from vpnaudit.policy import load
from vpnaudit.rules import get

HOLE = {"table": "customer_gateways", "source": "s2", "subject_id": "g9", "text": "HTTP 530 for gateway tenant-secret"}
GATEWAYS = [
    {"id": "g1", "psk_fingerprint": "a"},
    {"id": "g2", "psk_fingerprint": "b", "gateway": "192.0.2.2"},
    {"id": "g3", "psk_fingerprint": "c", "source": "s2"},
]


def rows_of(rule: str, case: dict[str, Any]) -> dict[Any, dict[str, Any]]:
    judged = audit(estate(case), load(), [get(rule)]).coverage
    return {row["subject_id"]: row for row in judged.to_dict("records")}


def test_one_object_that_cannot_be_read_leaves_the_number_that_was_seen() -> None:
    rows = rows_of("shared-psk", {"customer_gateways": GATEWAYS, "gaps": [HOLE]})
    assert {rows[one]["verdict"] for one in ("g1", "g2", "g3")} == {"cannot-tell"}
    for one in ("g1", "g2", "g3"):
        assert rows[one]["sentence"].startswith("nothing found among 3 of 4 seen, ")
        assert "tenant-secret" not in rows[one]["sentence"]


def test_how_many_there_are_is_not_said_where_nobody_knows() -> None:
    hole = {**HOLE, "subject_id": "?"}
    rows = rows_of("shared-psk", {"customer_gateways": GATEWAYS, "gaps": [hole]})
    assert rows["g1"]["sentence"] == "nothing found among 3 seen, and the table customer_gateways is not whole"


def test_a_rule_of_one_source_counts_and_quotes_its_own() -> None:
    case = {"connections": [{"id": "c1"}, {"id": "c2", "source": "s2"}]}
    hole = {"table": "connections", "source": "s1", "subject_id": "c9", "text": "HTTP 530"}
    rows = rows_of("duplicate-peer", {**case, "gaps": [hole]})
    assert rows["c1"]["sentence"] == "nothing found among 1 of 2 seen, and the table connections is not whole: HTTP 530"
    assert rows["c2"]["verdict"] == "pass"


def test_a_fault_that_was_seen_stays_one() -> None:
    same = [{**gateway, "psk_fingerprint": "a"} for gateway in GATEWAYS]
    rows = rows_of("shared-psk", {"customer_gateways": same, "gaps": [HOLE]})
    assert {rows[one]["verdict"] for one in ("g1", "g2", "g3")} == {"fail"}


def test_what_does_not_apply_as_far_as_was_seen_cannot_be_told_where_not_all_was() -> None:
    case = {"given": "stranger", "tiers": [{"id": "t1"}, {"id": "t2", "vpc_id": "p2"}], "acl_lists": [{"id": "l1"}]}
    assert rows_of("acl-open-to-remote", case)["t2"]["verdict"] == "not-applicable"
    hole = {"table": "connections", "text": "HTTP 530"}
    rows = rows_of("acl-open-to-remote", {**case, "gaps": [hole]})
    assert rows["t2"]["verdict"] == "cannot-tell"
    assert rows["t2"]["sentence"] == "the table connections is not whole: HTTP 530"
    rows = rows_of("acl-open-to-remote", {**case, "gaps": [{"table": "acl_rules"}]})
    assert rows["t2"]["verdict"] == "not-applicable", "that it has no tunnel rests on no rule"
