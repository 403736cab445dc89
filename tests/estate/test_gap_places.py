"""A gap that says where something is missing takes back what rests on that place, and nothing else."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.estate.gap_places import NO_PROJECT_NAMED, GapPlaces, lacks_rows, lists_of_gap
from vpnaudit.estate.gaps import row_gaps

TWO_VPCS = {
    "vpcs": [{"id": "p1"}, {"id": "p2"}, {"id": "p3"}],
    "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2"}],
    "customer_gateways": [{"id": "g1"}, {"id": "g2"}, {"id": "g3"}],
    "connections": [{"id": "c1"}, {"id": "c2", "vpn_gateway_id": "v2", "customer_gateway_id": "g2"}],
    "acl_lists": [{"id": "l1"}, {"id": "l2", "vpc_id": "p2"}, {"id": "l0", "vpc_id": "?"}],
    "acl_rules": [{"id": "r1"}, {"id": "r2", "acl_id": "l2"}],
    "tiers": [
        {"id": "t1"},
        {"id": "t1b", "acl_id": "l0"},
        {"id": "t2", "vpc_id": "p2", "acl_id": "l2"},
        {"id": "t3", "vpc_id": "p3", "acl_id": "l0"},
    ],
}


def touched(gap: dict, kind: str, *ids: str, source: str = "s1", case: dict = TWO_VPCS) -> set[str]:
    tables = estate({**case, "gaps": [gap]})
    places = GapPlaces(tables, row_gaps(tables["gaps"]))
    rows = pd.DataFrame({"source": source, "subject_id": list(ids)}, dtype="string")
    (hole,) = places.holes([gap["table"]])
    both = [places.touches(hole, kind, rows), places.touches(hole, kind, rows)]
    assert both[0].equals(both[1])
    return set(rows.loc[both[0], "subject_id"])


@pytest.mark.parametrize(
    "gap", [{"table": "acl_lists", "subject_id": "l1"}, {"table": "acl_rules", "rows_where": "acl_id=l1"}]
)
def test_a_list_touches_itself_its_rules_its_tiers_and_what_is_in_their_vpc(gap: dict) -> None:
    assert touched(gap, "ACL list", "l1", "l2", "l0") == {"l1"}
    assert touched(gap, "ACL rule", "r1", "r2") == {"r1"}
    assert touched(gap, "tier", "t1", "t1b", "t2", "t3") == {"t1"}
    assert touched(gap, "connection", "c1", "c2") == {"c1"}
    assert touched(gap, "customer gateway", "g1", "g2", "g3") == {"g1"}
    assert touched(gap, "source", "s1") == {"s1"}


def test_a_list_for_all_touches_every_vpc_with_a_tier_that_has_it() -> None:
    gap = {"table": "acl_rules", "rows_where": "acl_id=l0"}
    assert touched(gap, "tier", "t1", "t1b", "t2", "t3") == {"t1b", "t3"}
    assert touched(gap, "connection", "c1", "c2") == {"c1"}


def test_nothing_of_another_source_is_touched() -> None:
    assert touched({"table": "acl_lists", "subject_id": "l1"}, "tier", "t1", source="s2") == set()
    assert touched({"table": "acl_rules"}, "tier", "t1", source="s2") == set()


def test_a_gap_that_names_no_place_touches_all() -> None:
    for gap in ({"table": "acl_rules"}, {"table": "acl_rules", "subject_id": "r9"}, {"table": "acl_lists"}):
        assert touched(gap, "tier", "t1", "t2") == {"t1", "t2"}
    assert touched({"table": "tiers", "rows_where": "state=Allocated"}, "tier", "t1") == {"t1"}


OF_PROJECT = {
    "vpcs": [
        {"id": "p1"},
        {"id": "p2", "account": "?", "project_id": "j"},
        {"id": "p3", "account": "?", "project_id": "k"},
        {"id": "p4", "account": "?"},
    ],
    "acl_lists": [
        {"id": "l1"},
        {"id": "l2", "vpc_id": "p2"},
        {"id": "l3", "vpc_id": "p9"},
        {"id": "l0", "vpc_id": "?"},
    ],
    "acl_rules": [{"id": "r1"}, {"id": "r2", "acl_id": "l2"}],
    "tiers": [{"id": "t1", "account": "a"}, {"id": "t2", "vpc_id": "p2", "project_id": "j"}],
    "customer_gateways": [{"id": "g1"}, {"id": "g2", "account": "PrjAcct-j", "project_id": "j"}],
    "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2", "project_id": "j"}],
    "connections": [{"id": "c1"}, {"id": "c2", "vpn_gateway_id": "v2", "customer_gateway_id": "g2", "project_id": "j"}],
}


def test_what_is_missing_of_a_project_touches_what_it_owns_or_may_own() -> None:
    def touched_by(project_id: str, kind: str, *ids: str) -> set[str]:
        gap = {"table": "connections", "rows_where": f"project_id={project_id}"}
        return touched(gap, kind, *ids, case=OF_PROJECT)

    assert touched_by("j", "VPC", "p1", "p2", "p3", "p4") == {"p2", "p4"}
    assert touched_by("j", "tier", "t1", "t2") == {"t2"}
    assert touched_by("j", "customer gateway", "g1", "g2") == {"g2"}
    assert touched_by("j", "connection", "c1", "c2") == {"c2"}
    assert touched_by("j", "ACL list", "l1", "l2") == {"l2"}
    assert touched_by("j", "ACL rule", "r1", "r2") == {"r2"}
    assert touched_by("j", "source", "s1") == {"s1"}
    assert touched_by(NO_PROJECT_NAMED, "VPC", "p1", "p2", "p3", "p4") == {"p4"}
    assert touched_by(NO_PROJECT_NAMED, "connection", "c1", "c2") == set()


def test_a_project_without_its_rules_opens_its_lists_and_those_of_a_vpc_that_was_not_seen() -> None:
    tables = estate(OF_PROJECT)

    def lists(**gap: str) -> list[str | None]:
        return lists_of_gap(
            tables, {"source": "s1", "table": "acl_rules", "subject_id": None, "rows_where": None} | gap
        )

    assert lists(rows_where="project_id=j") == ["l2", "l3"]
    assert lists(rows_where="project_id=j", source="s2") == []
    assert lists(rows_where="acl_id=l1") == ["l1"]
    assert lists() == [None]


def test_a_table_lacks_rows_for_its_source_or_for_a_project_of_it() -> None:
    rows = pd.DataFrame(
        {"source": ["s1", "s1", "s2"], "project_id": ["j", pd.NA, "j"], "account": [pd.NA, "a", pd.NA]}, dtype="string"
    )

    def lacking(*gaps: dict[str, str]) -> list[bool]:
        mask: list[bool] = lacks_rows(rows, estate({"gaps": list(gaps)})["gaps"], "tiers").tolist()
        return mask

    assert lacking({"table": "tiers", "rows_where": "project_id=j"}) == [True, False, False]
    assert lacking({"table": "tiers", "rows_where": "project_id=j"}, {"table": "tiers"}) == [True, True, False]
    assert lacking({"table": "tiers", "source": "s2", "subject_id": "t9"}) == [False, False, True]
    assert lacking({"table": "vpcs"}, {"table": "tiers", "column_names": "state"}) == [False, False, False]


def test_a_vpn_gateway_that_is_missing_is_in_no_vpc_that_has_one() -> None:
    gap = {"table": "vpn_gateways", "subject_id": "v9"}
    assert touched(gap, "tier", "t1", "t2", "t3") == {"t3"}
    assert touched(gap, "connection", "c1", "c2") == set()
    assert touched(gap, "customer gateway", "g1", "g3") == {"g3"}


@pytest.mark.parametrize(
    ("event", "kind", "is_touched"),
    [
        ("VPN.S2S.CUSTOMER.GATEWAY.CREATE", "customer gateway", True),
        ("VPN.S2S.CUSTOMER.GATEWAY.CREATE", "ACL list", False),
        ("VPN.S2S.VPN.GATEWAY.DELETE", "connection", False),
        ("VPN.S2S.CONNECTION.RESET", "connection", True),
        ("NETWORK.ACL.ITEM.UPDATE", "ACL list", True),
        ("ROUTER.REBOOT", "ACL list", True),
    ],
)
def test_an_event_of_a_gateway_says_nothing_of_an_access_list(event: str, kind: str, *, is_touched: bool) -> None:
    gap = {"table": "events", "rows_where": f"type={event}"}
    assert touched(gap, kind, "x") == ({"x"} if is_touched else set())


def test_of_gaps_that_touch_all_the_first_of_each_source_is_enough() -> None:
    gaps = [
        {"table": "acl_rules", "text": "first"},
        {"table": "acl_rules", "rows_where": "acl_id=l1"},
        {"table": "acl_rules", "text": "second"},
        {"table": "acl_rules", "text": "third", "source": "s2"},
        {"table": "acl_rules", "rows_where": "acl_id=l2"},
        {"table": "tiers", "text": "of another table"},
    ]
    tables = estate({**TWO_VPCS, "gaps": gaps})
    holes = GapPlaces(tables, tables["gaps"]).holes(["acl_rules", "events"])
    assert [hole["text"] or hole["rows_where"] for hole in holes] == ["first", "acl_id=l1", "third", "acl_id=l2"]
    assert GapPlaces(tables, tables["gaps"]).holes([]) == []
