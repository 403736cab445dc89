"""What is said of all addresses at once is what is said of each network alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.acl.address_rows import AddressRows
from vpnaudit.acl.decision import addresses_of, reach
from vpnaudit.acl.packets import PacketSet
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics
from vpnaudit.acl.table import DEFAULT

from .small_space import lists

NEW = Semantics.V4_23
NETWORKS = ["10.0.0.0/30", "10.0.0.4/31", "10.0.0.5/32", "172.16.0.0/12", "10.0.0.0/8", "0.0.0.0/0"]


def parts_of(acl, cidr, direction):
    """Position and packets of each rule that decides, as a question about this network alone has them."""
    places = {id(rule): place for place, rule in enumerate(acl.rules)}
    answer = reach(acl, cidr, direction, NEW)
    return answer, [(places.get(id(part.rule), DEFAULT), part.packets) for part in answer.parts]


@settings(max_examples=60, deadline=None)
@given(lists(), st.sampled_from(["ingress", "egress"]), st.sampled_from(NETWORKS))
def test_a_network_fares_as_when_it_is_asked_for_alone(acl, direction, cidr):
    rows = AddressRows(acl.content, direction, NEW)
    low, high = addresses_of(cidr)
    answer, parts = parts_of(acl, cidr, direction)
    assert rows.passage(low, high) == (answer.allowed, parts)
    row = int(rows.holding(np.array([low]), np.array([high]))[0])
    if row >= 0:
        treatment = rows.treatment(row)
        whole = PacketSet.box((low, high))
        assert PacketSet.from_bands([(low, high, treatment.allowed)]) == answer.allowed
        assert PacketSet.from_bands([(low, high, treatment.denied)]) == whole - answer.allowed
        assert treatment.parts == tuple((position, packets.bands[0][2]) for position, packets in parts)
        for position, spans in treatment.parts:
            assert all(treatment.decider(service) == position for span in spans for service in span)


def test_neighbours_that_fare_alike_are_one_row_and_rows_that_do_one_treatment():
    inner = AclRule(2, "all", "ingress", allow=True, cidrs=("10.1.0.0/16",))
    outer = AclRule(1, "all", "ingress", allow=True, cidrs=("10.0.0.0/8",))
    rows = AddressRows(AclList((outer, inner)).content, "ingress", NEW)
    assert rows.edges.tolist() == [0, 10 << 24, 11 << 24, 2**32]
    assert rows.treatment(0) is rows.treatment(2)
