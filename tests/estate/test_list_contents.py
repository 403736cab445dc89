"""Lists as integers say what they say rule by rule: equal ones are one content, and damage is named."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import estate
from vpnaudit.acl.rules import AclList
from vpnaudit.estate import list_contents
from vpnaudit.estate.list_contents import ListContents, codes_of, in_state, revoked
from vpnaudit.estate.tables import TABLES, records

FIELDS = {"cidr_list": "cidrlist", "traffic_type": "traffictype", "start_port": "startport", "end_port": "endport"}
WHOLE = {"number": 1, "protocol": "tcp", "cidr_list": "10.0.0.0/8", "traffic_type": "Ingress", "action": "Allow"}
rows = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["s1", "s2"]),
        "acl_id": st.sampled_from(["l1", "l2", "l3", None]),
        "number": st.integers(1, 3),
        "protocol": st.sampled_from(["tcp", " tcp", "all"]),
        "cidr_list": st.sampled_from(["10.0.0.0/8", "10.0.0.0/8, 192.168.0.0/16", ""]),
        "traffic_type": st.sampled_from(["Ingress", "egress"]),
        "action": st.sampled_from(["Allow", "deny"]),
        "start_port": st.sampled_from([None, 22]),
        "state": st.sampled_from(["Active", "Revoke", " revoke ", None]),
    }
)


def contents(rules: list[dict[str, Any]], lists: tuple[str, ...] = ("l1",)) -> ListContents:
    numbered = [{"id": f"r{at}", **rule} for at, rule in enumerate(rules)]
    collected = TABLES["acl_lists"].frame([{"source": "s1", "id": name} for name in lists])
    return ListContents(collected, TABLES["acl_rules"].frame(numbered))


@settings(max_examples=60, deadline=None)
@given(st.lists(rows.map(lambda row: row | {"end_port": row["start_port"]}), max_size=8))
def test_a_list_says_what_its_rules_say_one_by_one(rules: list[dict[str, Any]]) -> None:
    solved = contents(rules)
    named = [("s1", "l1"), *((rule["source"], rule["acl_id"]) for rule in rules if rule["acl_id"])]
    assert solved.keys == list(dict.fromkeys(named))
    for number, key in enumerate(solved.keys):
        own = [
            {"id": f"r{at}"} | {FIELDS.get(name, name): value for name, value in rule.items()}
            for at, rule in enumerate(rules)
            if (rule["source"], rule["acl_id"]) == key
        ]
        acl = AclList.from_listing(own)
        assert solved.contents[number] is acl.content
        assert list(solved.ids_of(number)) == [rule.id for rule in acl.rules]


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ({"number": None, "action": None}, "a rule of the list does not say its number"),
        ({"start_port": 1}, "a rule of the list does not say its end port"),
        ({"icmp_code": 1}, "a rule of the list does not say its icmp type"),
        ({"action": "Perhaps"}, "ACL rule r1: action is 'perhaps'; known are allow, deny"),
    ],
)
def test_what_a_rule_does_not_say_is_the_fault_of_its_list_alone(damage: dict[str, Any], fault: str) -> None:
    rules = [WHOLE | {"source": "s1", "acl_id": "l2"}, {**WHOLE, "source": "s1", "acl_id": "l1", **damage}]
    solved = contents(rules, ("l1", "l2"))
    assert solved.faults == [fault, ""]
    assert [content is None for content in solved.contents] == [True, False]


def test_each_text_of_a_rule_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Mock(wraps=list_contents._rule)
    monkeypatch.setattr(list_contents, "_rule", read)
    rules = [WHOLE | {"source": "s1", "acl_id": f"l{at % 50}", "number": at // 50} for at in range(150)]
    assert len(set(contents(rules).contents[1:])) == 1
    assert read.call_count == 3


def test_rows_are_numbered_by_all_their_cells_and_missing_is_like_missing() -> None:
    texts = pd.Series(["a", None, "a", None, "b"], dtype="string")
    numbers = pd.Series([1, None, 1, None, 1], dtype="Int64")
    assert codes_of([texts, numbers]).tolist() == [0, 1, 0, 1, 2]
    assert codes_of([numbers]).tolist() == [0, 1, 0, 1, 0]
    assert codes_of([]).tolist() == []


def test_a_rule_on_its_way_out_is_known_by_its_state_alone() -> None:
    assert revoked("Revoke")
    assert not revoked("Active")
    assert not revoked(None)
    states = estate({"acl_rules": [{"id": "r1", "state": "REVOKE"}, {"id": "r2", "state": "?"}, {"id": "r3"}]})
    assert in_state(states["acl_rules"]["state"], revoked).tolist() == [True, False, False]
    assert records(states["acl_rules"])[1]["state"] is None
