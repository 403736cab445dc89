"""Which connections depend on an object: each of its own VPC and gateways, none of another's."""

from __future__ import annotations

import pandas as pd

from tests.estates import NEAR, estate
from vpnaudit.estate.dependents import COLUMNS, connections_of_subjects

TWO_VPCS = {
    "vpcs": [{"id": "p1"}, {"id": "p2", "cidr": "10.2.0.0/16"}],
    "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2"}],
    "customer_gateways": [{"id": "g1"}, {"id": "g2"}, {"id": "g3"}],
    "connections": [
        {"id": "c1"},
        {"id": "c2", "customer_gateway_id": "g2"},
        {"id": "c3", "customer_gateway_id": "g3", "vpn_gateway_id": "v2"},
    ],
    "tiers": [{"id": "t1"}, {"id": "t2", "vpc_id": "p2", "acl_id": "shared"}, {"id": "t3", "acl_id": "shared"}],
    "acl_lists": [{"id": "l1"}, {"id": "shared", "vpc_id": "?"}, {"id": "idle"}],
    "acl_rules": [{"id": "r1"}, {"id": "rs", "acl_id": "shared"}, {"id": "ri", "acl_id": "idle"}],
    "routers": [{"id": "r-1"}, {"id": "r-2", "vpc_id": "p2"}],
    "service_offerings": [{"id": "o1"}],
}
P1, P2, BOTH = ["c1", "c2"], ["c3"], ["c1", "c2", "c3"]


def dependents() -> dict[tuple[str, str], list[str]]:
    rows = estate(TWO_VPCS)["connections_by_subject"]
    assert list(rows.columns) == list(COLUMNS)
    assert not rows.duplicated().any()
    return {
        (str(kind), str(subject)): sorted(ids)
        for (kind, subject), ids in rows.groupby(["subject_kind", "subject_id"])["connection_id"]
    }


def test_a_finding_touches_what_depends_on_its_object_and_nothing_else() -> None:
    assert dependents() == {
        ("connection", "c1"): ["c1"],
        ("connection", "c2"): ["c2"],
        ("connection", "c3"): ["c3"],
        ("customer gateway", "g1"): ["c1"],
        ("customer gateway", "g2"): ["c2"],
        ("customer gateway", "g3"): ["c3"],
        ("VPN gateway", "v1"): P1,
        ("VPN gateway", "v2"): P2,
        ("VPC", "p1"): P1,
        ("VPC", "p2"): P2,
        ("tier", "t1"): P1,
        ("tier", "t2"): P2,
        ("tier", "t3"): P1,
        ("router", "r-1"): P1,
        ("router", "r-2"): P2,
        ("ACL list", "l1"): P1,
        ("ACL list", "shared"): BOTH,
        ("ACL rule", "r1"): P1,
        ("ACL rule", "rs"): BOTH,
    }, "a list that no tier has decides no packet of a tunnel"


def test_equal_ids_of_two_sources_are_two_objects() -> None:
    both = [{"id": "c1"}, {"id": "c1", "source": "s2"}]
    rows = estate({**NEAR, "connections": both})["connections_by_subject"]
    assert rows[rows["source"] == "s2"]["subject_kind"].tolist() == ["connection", "customer gateway", "VPN gateway"]


def test_what_is_not_known_joins_nothing() -> None:
    mute = {"vpn_gateway_id": "?", "customer_gateway_id": "?"}
    whole = estate({**NEAR, "connections": [{"id": "c1", **mute}], "tiers": [{"id": "t1", "vpc_id": "?"}]})
    assert whole["connections_by_subject"]["subject_kind"].tolist() == ["connection"]


def test_an_object_that_damage_names_twice_touches_a_connection_once() -> None:
    tables = {**TWO_VPCS, "tiers": [*TWO_VPCS["tiers"], {"id": "t1", "acl_id": "shared"}]}
    rows = estate(tables)["connections_by_subject"]
    assert not rows.duplicated().any()
    assert sorted(rows.loc[rows["subject_id"] == "t1", "connection_id"]) == P1


def test_what_depends_on_some_objects_is_their_part_of_the_table() -> None:
    whole = estate(TWO_VPCS)
    rows = whole["connections_by_subject"]
    for part in (rows.iloc[::3], rows.iloc[:0], rows):
        wanted = part[["source", "subject_kind", "subject_id"]].drop_duplicates()
        pd.testing.assert_frame_equal(connections_of_subjects(whole, part), rows.merge(wanted).astype("string"))
