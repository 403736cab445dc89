"""The tables `reach` and `acl_analysis`: what a cell says, what is worked out once, and what is never guessed."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.acl import decision as engine
from vpnaudit.estate.access_lists import AccessLists, Listing
from vpnaudit.estate.acl_analysis import COLUMNS as ANALYSIS
from vpnaudit.estate.needed_flows import answer, common, needed_flows
from vpnaudit.estate.reach_table import COLUMNS, verdict_by_subject
from vpnaudit.policy import NeededFlow

PLACE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "connections": [{"id": "c1", "cidr_list": "192.168.10.0/24,, 192.168.10.0/24"}],
    "acl_lists": [{"id": "l1"}],
    "tiers": [{"id": "t1"}],
}


def cell(case: dict, direction: str = "ingress") -> dict:
    table = estate(PLACE | case)["reach"]
    (row,) = table[table["direction"] == direction].to_dict("records")
    return row


def test_an_empty_estate_has_empty_tables_with_all_columns() -> None:
    assert list(estate({})["reach"].columns) == list(COLUMNS)
    assert list(estate({})["acl_analysis"].columns) == list(ANALYSIS)


def test_a_network_named_twice_or_blank_is_asked_once() -> None:
    assert cell({})["remote"] == "192.168.10.0/24"


def test_more_rules_than_fit_are_counted_and_their_ids_all_given() -> None:
    rules = [{"id": f"r{n}", "number": n, "protocol": "tcp", "start_port": n, "end_port": n} for n in range(1, 6)]
    said = cell({"acl_rules": rules})
    assert said["decides"].endswith("tcp 3 from anywhere; and 3 more")
    assert said["decides_ids"] == "r1,r2,r3,r4,r5"
    assert said["passes"] == "tcp 1-5 from 192.168.10.0/24"
    assert said["counter_example"] == "tcp 443 with 192.168.10.1 is dropped: no rule: what comes in is dropped"


def test_all_has_no_counter_example() -> None:
    assert pd.isna(cell({}, "egress")["counter_example"])


def test_a_text_of_a_tenant_stays_on_one_line() -> None:
    said = cell({"acl_rules": [{"id": "r1", "protocol": "a\n<b>\u202e"}]})
    assert (said["verdict"], said["reason"]) == ("cannot-tell", "not-modelled")
    assert "\n" not in said["why"]
    assert "\u202e" not in said["why"]


def test_equal_lists_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count, known = 500, []
    real = engine.reach
    monkeypatch.setattr(
        "vpnaudit.estate.reach_table.reach_of", lambda *given, **more: known.append(1) or real(*given, **more)
    )
    ids = [f"l{n}" for n in range(count)]
    rules = [{"id": f"r{n}-{k}", "acl_id": n, "number": k, "cidr_list": f"10.0.{k}.0/24"} for n in ids for k in (1, 2)]
    many = {
        "acl_lists": [{"id": n} for n in ids],
        "acl_rules": rules,
        "tiers": [{"id": f"t{n}", "acl_id": n} for n in ids],
    }
    begun = time.process_time()
    whole = estate(PLACE | many)
    assert len(whole["reach"]) == 2 * count
    assert len(known) == 2
    assert len(whole["acl_analysis"]) == 3 * count
    assert time.process_time() - begun < 20


def test_a_list_that_was_not_collected_or_a_tier_without_one() -> None:
    lists = AccessLists(estate(PLACE))
    assert lists.of("s1", "l9") is lists.of("s1", "l9")
    assert lists.of("s1", "l9").reason == "not-collected"
    assert lists.of("s1", None) == Listing(lists.of("s1", "l1").acl, lists.of("s1", "l1").semantics)
    assert list(lists) == [("s1", "l1")]


def test_rules_of_a_list_that_itself_was_not_collected_are_judged() -> None:
    found = estate({"acl_rules": [{"id": "r1", "protocol": "tcp"}]})["acl_analysis"]
    assert found.set_index("kind").loc["rule", "dead"]


def test_settled_is_true_before_missing_before_false() -> None:
    rows = pd.DataFrame({"source": "s1", "of": ["a", "a", "b", "b", "c"]}, dtype="string")
    subjects = pd.DataFrame({"source": "s1", "id": ["a", "b", "c", "d"]}, dtype="string", index=[9, 8, 7, 6])
    said = verdict_by_subject(pd.Series([None, True, None, False, False], dtype="boolean"), rows, subjects, "of")
    assert said.to_list() == [True, pd.NA, False, pd.NA]
    assert list(said.index) == [9, 8, 7, 6]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.168.0.0/16", "192.168.10.0/24", "192.168.10.0/24"),
        ("192.168.10.7", "192.168.10.0/24", "192.168.10.7"),
        ("10.0.0.0/8", "192.168.10.0/24", None),
        ("10.0.0.1-10.0.0.9", "10.0.0.0/8", None),
        ("office", "10.0.0.0/8", None),
    ],
)
def test_the_narrower_of_two_networks(one: str, other: str, shared: str | None) -> None:
    assert common(one, other) == shared


def test_a_flow_to_a_network_that_cannot_be_read_is_not_guessed() -> None:
    flow = NeededFlow.model_validate({"name": "x", "from": "192.0.0.0/4", "to": "t1"})
    (said,) = needed_flows(
        estate(PLACE | {"connections": [{"id": "c1", "cidr_list": "192.0.0.0/+8"}]}), [flow]
    ).to_dict("records")
    assert pd.isna(said["blocked"])
    assert said["reason"] == "unknown-value"


def test_an_action_that_is_no_word_of_the_server_is_not_guessed() -> None:
    said = cell({"acl_rules": [{"id": "r1", "action": "Perhaps"}]})
    assert (said["verdict"], said["reason"]) == ("cannot-tell", "unknown-value")
    assert "perhaps" in said["why"]


def test_a_cell_is_narrowed_to_a_flow_only_where_it_can_be_told() -> None:
    whole = estate(PLACE)
    row = whole["reach"].astype("object").to_dict("records")[0] | {"acl": None}
    assert answer(whole, row, remote="10.0.0.0/8", protocol="tcp", port=1) == {}
    assert answer(whole, row, remote=None, protocol="tcp", port=1)["verdict"] == "none"
