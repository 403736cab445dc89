"""The table `reach`: what a cell says, what is worked out once, and what is never guessed."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.acl.address_rows import AddressRows
from vpnaudit.estate.reach_table import COLUMNS, reach_of_connection, verdict_by_subject
from vpnaudit.estate.tables import records

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


def test_an_empty_estate_has_an_empty_table_with_all_columns() -> None:
    assert list(estate({})["reach"].columns) == list(COLUMNS)


def test_a_network_named_twice_or_blank_is_asked_once() -> None:
    assert cell({})["remote"] == "192.168.10.0/24"


def test_more_rules_than_fit_are_counted_and_their_ids_all_given() -> None:
    rules = [{"id": f"r{n}", "number": n, "protocol": "tcp", "start_port": n, "end_port": n} for n in range(1, 6)]
    row = cell({"acl_rules": rules})
    assert row["decides"].endswith("tcp 3 from 0.0.0.0/0; and 3 more")
    assert row["decides_ids"] == "r1,r2,r3,r4,r5"
    assert row["passes"] == "tcp 1-5 from 192.168.10.0/24"
    assert row["counter_example"] == "tcp 443 with 192.168.10.1 is dropped: no rule: what comes in is dropped"


def test_all_has_no_counter_example() -> None:
    assert pd.isna(cell({}, "egress")["counter_example"])


def test_a_text_of_a_tenant_stays_on_one_line() -> None:
    row = cell({"acl_rules": [{"id": "r1", "protocol": "a\n<b>\u202e"}]})
    assert (row["verdict"], row["reason"]) == ("cannot-tell", "not-modelled")
    assert "\n" not in row["why"]
    assert "\u202e" not in row["why"]


def test_equal_lists_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count, solved = 500, []
    monkeypatch.setattr(
        "vpnaudit.estate.reach_answers.AddressRows", lambda *of_list: solved.append(1) or AddressRows(*of_list)
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
    assert len(solved) == 2
    assert len(whole["acl_analysis"]) == 3 * count
    assert time.process_time() - begun < 20


def test_one_connection_has_the_rows_that_it_has_among_all() -> None:
    many = estate(
        {
            "vpcs": [{"id": "p1"}, {"id": "p2"}],
            "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2"}],
            "connections": [
                {"id": "c1", "cidr_list": "192.168.10.0/24,10.0.0.0/8"},
                {"id": "c2", "vpn_gateway_id": "v2"},
                {"id": "c3", "vpn_gateway_id": "?"},
            ],
            "acl_lists": [{"id": "l1"}, {"id": "l2"}],
            "acl_rules": [{"id": "r1"}, {"id": "r2", "acl_id": "l2", "cidr_list": "10.1.0.0/16"}],
            "tiers": [{"id": "t1"}, {"id": "t2", "acl_id": "l2"}, {"id": "t3", "vpc_id": "p2", "acl_id": "?"}],
        }
    )
    for connection in records(many["tunnels"]):
        rows = many["reach"][many["reach"]["connection_id"] == connection["id"]]
        pd.testing.assert_frame_equal(reach_of_connection(many, connection), rows.reset_index(drop=True))


def test_settled_is_true_before_missing_before_false() -> None:
    rows = pd.DataFrame({"source": "s1", "of": ["a", "a", "b", "b", "c"]}, dtype="string")
    subjects = pd.DataFrame({"source": "s1", "id": ["a", "b", "c", "d"]}, dtype="string", index=[9, 8, 7, 6])
    verdicts = verdict_by_subject(pd.Series([None, True, None, False, False], dtype="boolean"), rows, subjects, "of")
    assert verdicts.to_list() == [True, pd.NA, False, pd.NA]
    assert list(verdicts.index) == [9, 8, 7, 6]


def test_an_action_that_is_no_word_of_the_server_is_not_guessed() -> None:
    row = cell({"acl_rules": [{"id": "r1", "action": "Perhaps"}]})
    assert (row["verdict"], row["reason"]) == ("cannot-tell", "unknown-value")
    assert "perhaps" in row["why"]


@pytest.mark.parametrize(
    ("cidr_list", "reason", "why"),
    [
        ("2001:db8::/32", "not-modelled", "2001:db8::/32 is no IPv4 network"),
        ("office", "unknown-value", "office"),
        ("?", "unknown-value", "which remote networks the connection has was not said"),
    ],
)
def test_a_remote_network_that_cannot_be_read_is_not_guessed(cidr_list: str, reason: str, why: str) -> None:
    unread = cell({"connections": [{"id": "c1", "cidr_list": cidr_list}]})
    assert (unread["verdict"], unread["reason"]) == ("cannot-tell", reason)
    assert why in unread["why"]
