"""The table `acl_analysis`: a row for every list and rule, and a reason where one could not be judged."""

from __future__ import annotations

import pandas as pd

from tests.estates import estate
from vpnaudit.estate.acl_analysis import COLUMNS

PLACE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "connections": [{"id": "c1", "cidr_list": "192.168.10.0/24"}],
    "acl_lists": [{"id": "l1"}],
    "tiers": [{"id": "t1"}],
}


def rows(case: dict) -> dict[str, dict]:
    frame = estate(PLACE | case)["acl_analysis"]
    return {row["id"]: row for row in frame.astype("object").to_dict("records")}


def test_an_empty_estate_has_an_empty_table_with_all_columns() -> None:
    assert list(estate({})["acl_analysis"].columns) == list(COLUMNS)


def test_rules_of_a_list_that_itself_was_not_collected_are_judged() -> None:
    analysis = estate({"acl_rules": [{"id": "r1", "protocol": "tcp"}]})["acl_analysis"]
    assert analysis.set_index("kind").loc["rule", "dead"]


def test_a_rule_behind_a_wider_one_names_it_and_its_id() -> None:
    wide = {"id": "r1", "cidr_list": "10.0.0.0/8"}
    hidden = rows({"acl_rules": [wide, {"id": "r2", "number": 2, "action": "Deny", "cidr_list": "10.1.0.0/16"}]})["r2"]
    assert (hidden["shadowed"], hidden["contradicted"]) == (True, True)
    assert (hidden["covered_by"], hidden["covered_by_id"]) == ("1", "r1")


def test_a_rule_that_changes_nothing_names_what_decides_instead() -> None:
    last = rows({"acl_rules": [{"id": "r1", "action": "Deny"}]})["r1"]
    assert (last["redundant"], last["instead"]) == (True, "default")
    assert pd.isna(last["instead_id"])


def test_a_refused_rule_leaves_open_which_others_are_redundant() -> None:
    icmp = {"id": "r1", "protocol": "icmp", "icmp_type": -1, "icmp_code": 0}
    judged = rows({"acl_rules": [icmp, {"id": "r2", "number": 2}]})
    assert judged["l1"]["refused"]
    assert judged["l1"]["refused_rules"] == "1"
    assert pd.isna(judged["r2"]["redundant"])
    assert judged["r2"]["why"] == "a refused rule moves the others: mend it first"


def test_several_cidrs_that_break_the_order_give_a_list_to_write_instead() -> None:
    split = {"id": "r1", "action": "Deny", "cidr_list": "10.0.0.0/8,192.168.0.0/16"}
    whole = rows({"acl_rules": [split, {"id": "r2", "number": 2}]})["l1"]
    assert (whole["order_broken"], whole["split_rules"], whole["split_id"]) == (True, "1", "r1")
    assert whole["opened"] == "everything from 10.0.0.0/8"
    assert whole["rewrite"].count("\n") == 2


def test_a_list_that_cannot_be_judged_gives_its_reason_to_each_of_its_rules() -> None:
    judged = rows({"acl_rules": [{"id": "r1", "number": "?"}, {"id": "r2", "acl_id": "l1", "state": "Revoke"}]})
    assert judged["l1"]["reason"] == judged["r1"]["reason"] == "unknown-value"
    assert judged["r1"]["why"] == judged["l1"]["why"]
    assert "r2" not in judged, "a rule on its way out is none"


def test_a_rule_of_no_list_says_so() -> None:
    assert (
        rows({"acl_rules": [{"id": "r1", "acl_id": "?"}]})["r1"]["why"]
        == "the rule does not say which list it stands in"
    )


def test_a_routed_vpc_is_not_modelled_and_an_unknown_one_is_not_guessed() -> None:
    lists = {"acl_lists": [{"id": "l1"}, {"id": "l2", "vpc_id": "p9"}]}
    judged = rows({**lists, "vpcs": [{"id": "p1", "ip4_routing": "Static"}]})
    assert judged["l1"]["reason"] == "not-modelled"
    assert judged["l2"]["reason"] == "not-collected"


def test_a_protocol_that_depends_on_an_unknown_version_leaves_its_direction_open() -> None:
    source = [{"source": "s1", "cloudstack_version": "?"}]
    judged = rows({"sources": source, "acl_rules": [{"id": "r1", "protocol": "47"}]})
    assert judged["l1"]["reason"] == judged["r1"]["reason"] == "not-modelled"
    assert pd.isna(judged["r1"]["shadowed"])
