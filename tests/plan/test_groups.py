"""What must change together is one group, whoever of it is asked, and a group keeps its name while its members stay."""

from __future__ import annotations

import doctest

from tests.estates import estate
from tests.plan.conftest import PAIR, SINGLE, G, K, V, findings_of, on_connection, uuid
from vpnaudit.estate.tables import records
from vpnaudit.plan import groups as module
from vpnaudit.plan.estate_index import EstateIndex
from vpnaudit.plan.groups import groups, name_of

NEAR, FAR = ("s1", G), ("s1", uuid(2))


def grouped(tables, *findings):
    return groups(EstateIndex(estate(tables)), records(findings_of(*findings)))


def test_the_examples_in_the_documentation_hold():
    assert doctest.testmod(module).failed == 0


def test_both_ends_of_a_tunnel_are_one_group_and_a_gateway_alone_is_its_own():
    assert grouped(PAIR) == {NEAR: (NEAR, FAR), FAR: (NEAR, FAR)}
    assert grouped(SINGLE) == {NEAR: (NEAR,)}


def test_a_far_end_that_does_not_answer_is_no_member():
    assert grouped(PAIR | {"customer_gateways": PAIR["customer_gateways"][:1]}) == {NEAR: (NEAR,)}
    assert grouped(PAIR | {"connections": PAIR["connections"][:1]}) == {NEAR: (NEAR,), FAR: (FAR,)}


def test_connections_to_one_peer_are_one_group_where_both_were_collected():
    second = {"id": uuid(12), "customer_gateway_id": uuid(2), "vpn_gateway_id": V}
    twins = SINGLE | {
        "customer_gateways": [*SINGLE["customer_gateways"], {"id": uuid(2)}],
        "connections": [*SINGLE["connections"], second],
    }
    finding = on_connection("duplicate-peer", "delete-connection", other_id=uuid(12))
    assert grouped(twins, finding)[FAR] == (NEAR, FAR)
    assert grouped(twins, finding | {"other_id": uuid(99)})[FAR] == (FAR,)
    lost = on_connection("duplicate-peer", "delete-connection", subject_id=K, other_id=None)
    assert grouped(twins, lost)[FAR] == (FAR,)


def test_a_chain_is_one_group_and_its_name_is_that_of_its_members():
    third = {"id": uuid(3), "name": "third", "gateway": "198.51.100.1"}
    chain = PAIR | {
        "customer_gateways": [*PAIR["customer_gateways"], third],
        "connections": [
            *PAIR["connections"],
            PAIR["connections"][1] | {"id": uuid(13), "customer_gateway_id": uuid(3)},
        ],
    }
    group = grouped(chain)[NEAR]
    assert group == (NEAR, FAR, ("s1", uuid(3)))
    assert name_of(group) == name_of(tuple(group))
    assert name_of(group) != name_of(group[:2])
