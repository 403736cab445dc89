"""What a finding asks is read from its changes; a reset, a deletion and a creation ask no parameter."""

from __future__ import annotations

import pytest

from tests.estates import estate
from tests.plan.conftest import CIPHER, DPD, SINGLE, G, K, findings_of, on_connection, uuid
from vpnaudit.estate.tables import records
from vpnaudit.findings import ACTIONS
from vpnaudit.plan.asks import BySubject, gateway_of, list_of, parameters_of, passive_of
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.wanted import CHOOSE, KEY

INDEX = EstateIndex(estate(SINGLE))


def one(finding):
    return records(findings_of(finding))[0]


@pytest.mark.parametrize(
    ("finding", "parameters"),
    [
        (DPD, {"dpd": "true"}),
        (CIPHER, {"ikepolicy": "aes256-md5;modp1024"}),
        (DPD | {"rule": "weak-psk", "changes": None}, {KEY: "new"}),
        (DPD | {"changes": {"dpd": None, "passive": "true"}}, {}),
        (DPD | {"changes": None, "reasons": [{"field": "forceencap", "expected": "true"}]}, {"forceencap": "true"}),
        (DPD | {"changes": None, "reasons": [{"field": "cidrlist", "expected": "other"}]}, {"cidrlist": CHOOSE}),
        (DPD | {"changes": None, "reasons": [{"field": "state", "expected": "Connected"}]}, {}),
        (DPD | {"action": "recreate-connection", "changes": None}, {"gateway": CHOOSE}),
        (DPD | {"action": "recreate-connection", "changes": {"gateway": "192.0.2.9"}}, {"gateway": "192.0.2.9"}),
        (on_connection("x", "recreate-connection", {"gateway": "192.0.2.9"}), {"gateway": "192.0.2.9"}),
        (on_connection("x", "recreate-connection", {"passive": "true"}), {}),
    ],
)
def test_the_parameters_that_it_wants(finding, parameters):
    assert parameters_of(one(finding)) == parameters


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"update-customer-gateway", "recreate-connection"}))
def test_no_other_action_asks_for_a_value(action):
    assert parameters_of(one(DPD | {"action": action})) == {}
    assert passive_of(one(on_connection("x", action, {"passive": "true"}))) is None


def test_whether_it_wants_a_connection_passive():
    assert passive_of(one(on_connection("x", "recreate-connection", {"passive": "true"}))) is True
    assert passive_of(one(on_connection("x", "recreate-connection", {"passive": "false"}))) is False
    assert passive_of(one(on_connection("x", "recreate-connection"))) is None
    assert passive_of(one(DPD | {"action": "recreate-connection", "changes": {"passive": "true"}})) is None


def test_the_gateway_that_it_is_about():
    assert gateway_of(INDEX, one(DPD)) == gateway_of(INDEX, one(on_connection("x", ""))) == ("s1", G)
    assert gateway_of(INDEX, one(DPD | {"subject_id": uuid(9)})) is None
    assert gateway_of(INDEX, one(on_connection("x", "", subject_id=uuid(9)))) is None
    assert gateway_of(INDEX, one(DPD | {"subject_kind": "VPC", "subject_id": K})) is None


@pytest.mark.parametrize(
    ("action", "subject", "evidence", "asked"),
    [
        ("rewrite-acl", "l1", (), "l1"),
        ("reapply-acl", "l1", (), "l1"),
        ("rewrite-acl", "l9", (), None),
        ("update-acl-rule", "r1", (), "l1"),
        ("delete-acl-rule", "r1", (), "l1"),
        ("delete-acl-rule", "r9", (), None),
        ("create-acl-rule", "c1", ("l1",), "l1"),
        ("create-acl-rule", "c1", ("l2",), None),
        ("create-acl-rule", "c1", ("l3",), None),
        ("create-acl-rule", "c1", ("l9",), None),
        ("create-acl-rule", "c1", (), None),
        ("replace-acl", "l1", ("l1",), None),
        ("", "r1", (), None),
    ],
)
def test_the_access_list_that_it_asks_to_be_changed(action, subject, evidence, asked):
    lists = [{"id": "l1"}, {"id": "l2", "name": "default_deny"}, {"id": "l3", "vpc_id": "?"}]
    index = EstateIndex(estate({"acl_lists": lists, "acl_rules": [{"id": "r1"}]}))
    cells = [{"table": "tiers", "column": column, "value": "l1"} for column in ("account", "cidr")]
    cells += [{"table": "tiers", "column": "acl_id", "value": value} for value in evidence]
    finding = {"action": action, "source": "s1", "subject_id": subject, "evidence": cells}
    assert list_of(index, finding) == (asked and ("s1", asked))


def test_findings_of_several_subjects_come_in_the_order_of_all():
    rows = [{"source": "s1", "subject_id": subject, "place": place} for place, subject in enumerate("abcab")]
    by_subject = BySubject(rows)
    assert [row["place"] for row in by_subject.of([("s1", "b"), ("s1", "a")])] == [0, 1, 3, 4]
    assert by_subject.of([("s2", "a")]) == []
