"""The joins: no row is lost or doubled, what was not collected stays missing, and a far end is never guessed."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.estate import Estate

FAR_CONNECTION = {"public_ip": "198.51.100.2", "vpn_gateway_id": "v2", "customer_gateway_id": "g2"}
TWO_VPCS = {
    "vpcs": [{"id": "p1"}, {"id": "p2", "cidr": "10.2.0.0/16"}],
    "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2", "public_ip": "198.51.100.2"}],
}


def labels(whole: Estate) -> list[tuple[str, str]]:
    return list(whole["pairs"][["id", "id_far"]].fillna("none").itertuples(index=False, name=None))


def test_a_tunnel_is_named_by_both_its_ends() -> None:
    whole = estate({**TWO_VPCS, "customer_gateways": [{"id": "g1", "name": "office"}], "connections": [{"id": "c1"}]})
    row = whole["tunnels"].iloc[0]
    assert (row["label"], row["vpc_cidr"], row["zone"], row["customer_gateway"]) == (
        "p1 ← office",
        "10.1.0.0/16",
        "z1",
        "office",
    )


def test_what_was_not_collected_stays_missing_and_keeps_its_row() -> None:
    whole = estate(
        {"connections": [{"id": "c1"}, {"id": "c2", "public_ip": "?", "gateway": "?", "vpn_gateway_id": "?"}]}
    )
    rows = whole["tunnels"]
    assert rows["label"].tolist() == ["198.51.100.1 ← 192.0.2.10", "not collected ← not collected"]
    assert rows[["vpc_id", "vpc", "vpc_cidr", "zone", "customer_gateway"]].isna().all(axis=None)


def test_equal_ids_of_two_sources_do_not_mix() -> None:
    rows = estate(
        {
            "vpcs": [{"id": "p1"}, {"source": "s2", "id": "p1", "cidr": "10.9.0.0/16"}],
            "vpn_gateways": [{"id": "v1"}, {"source": "s2", "id": "v1"}],
            "connections": [{"id": "c1"}, {"source": "s2", "id": "c1"}],
        }
    )["tunnels"]
    assert rows["vpc_cidr"].tolist() == ["10.1.0.0/16", "10.9.0.0/16"]


def test_pairs_both_ways_and_across_sources() -> None:
    far_gateway = {"source": "s2", "vpc_id": "p1", "public_ip": "198.51.100.2"}
    whole = estate(
        {
            "vpcs": [{"id": "p1"}, {"source": "s2", "id": "p1"}],
            "vpn_gateways": [{"id": "v1"}, {"id": "v1", **far_gateway}],
            "connections": [
                {"id": "c1", "gateway": "198.51.100.2"},
                {"source": "s2", "id": "c2", "gateway": "198.51.100.1", "public_ip": "198.51.100.2"},
            ],
        }
    )
    assert labels(whole) == [("c1", "c2"), ("c2", "c1")]
    assert whole["pairs"]["far_source"].tolist() == ["s2", "s1"]


def test_a_pair_needs_the_way_back_to_the_same_address() -> None:
    whole = estate(
        {
            **TWO_VPCS,
            "connections": [
                {"id": "c1", "gateway": "198.51.100.2"},
                {"id": "c2", "gateway": "203.0.113.9", **FAR_CONNECTION},
            ],
        }
    )
    assert labels(whole) == [("c1", "none")]


def test_a_missing_address_meets_no_missing_address() -> None:
    whole = estate(
        {
            **TWO_VPCS,
            "connections": [
                {"id": "c1", "gateway": "198.51.100.2", "public_ip": "?"},
                {"id": "c2", "gateway": "?", **FAR_CONNECTION},
            ],
        }
    )
    assert labels(whole) == [("c1", "none")]


def test_its_own_gateway_is_no_far_side() -> None:
    assert labels(estate({**TWO_VPCS, "connections": [{"id": "c1", "gateway": "198.51.100.1"}]})) == []


def test_one_address_of_several_gateways_is_looked_for_at_home_first() -> None:
    twin = {"source": "s2", "id": "v2", "vpc_id": "p2", "public_ip": "198.51.100.2"}
    gateways = [*TWO_VPCS["vpn_gateways"], twin]
    home = estate({**TWO_VPCS, "vpn_gateways": gateways, "connections": [{"id": "c1", "gateway": "198.51.100.2"}]})
    assert home["pairs"]["far_source"].tolist() == ["s1"]


def test_an_address_that_fits_several_gateways_is_not_guessed() -> None:
    far = [{"source": s, "id": "v2", "public_ip": "198.51.100.2"} for s in ("s2", "s3")]
    assert (
        labels(estate({"vpn_gateways": [{"id": "v1"}, *far], "connections": [{"id": "c1", "gateway": "198.51.100.2"}]}))
        == []
    )


def test_both_ends_keeps_every_connection_and_says_why_nothing_answers() -> None:
    whole = estate(
        {
            **TWO_VPCS,
            "connections": [
                {"id": "c1", "gateway": "198.51.100.2"},
                {"id": "c2", "gateway": "198.51.100.1", **FAR_CONNECTION},
                {"id": "c3"},
                {"id": "c4", "gateway": "198.51.100.2", "public_ip": "198.51.100.77"},
            ],
        }
    )
    rows = whole["both_ends"].set_index("id")
    assert {k: None if pd.isna(v) else bool(v) for k, v in rows["answered"].items()} == {
        "c1": True,
        "c2": True,
        "c3": None,
        "c4": False,
    }
    assert rows["unanswered"].isna().to_dict() == {"c1": True, "c2": True, "c3": False, "c4": False}
    assert "no connection back" in rows.loc["c4", "unanswered"]
    assert "no VPC of this estate" in rows.loc["c3", "unanswered"]
    assert Estate()["both_ends"].empty


def test_the_overview_names_everything() -> None:
    whole = estate(
        {
            **TWO_VPCS,
            "tiers": [{"id": "t2", "name": "db", "cidr": "10.1.2.0/24", "acl": "?"}, {"id": "t1", "name": "web"}],
            "connections": [{"id": "c1"}, {"id": "c2", **FAR_CONNECTION}],
        }
    )
    rows = whole["overview"].set_index("id")
    assert rows.loc["c1", ["tiers", "acls"]].tolist() == ["web, db", "web, none"]
    assert rows.loc["c2", ["tiers"]].isna().all()


@pytest.mark.parametrize("name", ["tunnels", "pairs", "overview"])
def test_an_estate_without_anything_has_empty_joins(name: str) -> None:
    assert Estate()[name].empty
    assert len(Estate()[name].columns) > 10


def test_an_overview_without_tiers_says_so() -> None:
    assert estate({**TWO_VPCS, "connections": [{"id": "c1"}]})["overview"]["tiers"].isna().all()
