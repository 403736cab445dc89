"""Where each object is: by name, whatever was not collected."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.estates import estate
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.subjects import COLUMNS, KINDS

PLACE = ("zone", "vpc", "account", "customer_gateway")


def row(whole: Estate, kind: str, named: str) -> dict:
    table = whole["subjects"]
    (one,) = table[(table["kind"] == kind) & (table["id"] == named)].to_dict("records")
    return {k: v for k, v in one.items() if isinstance(v, str)}


def full() -> Estate:
    return estate(
        {
            "vpcs": [{"id": "p1", "name": "shop", "domain": "acme"}, {"id": "p2", "name": "bank", "zone": "z2"}],
            "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2"}, {"id": "v3", "vpc_id": "p9", "vpc": "told"}],
            "customer_gateways": [{"id": "g1", "name": "office"}, {"id": "g2", "name": "idle"}],
            "connections": [{"id": "c1"}, {"id": "c2", "vpn_gateway_id": "v2"}],
            "tiers": [{"id": "t1", "name": "web", "vpc": "shop"}],
            "acl_lists": [{"id": "l1", "name": "web"}, {"id": "l2", "name": "default_deny", "vpc_id": "?"}],
            "acl_rules": [{"id": "r1", "number": 7}, {"id": "r2", "acl_id": "l9", "acl": "gone"}],
            "routers": [{"id": "x1", "name": "r-1-VM"}],
            "service_offerings": [{"id": "o1", "name": "small"}],
        }
    )


def test_each_kind_shows_its_path() -> None:
    whole = full()
    assert row(whole, "connection", "c1")["name"] == "shop ← office"
    assert row(whole, "connection", "c1")["customer_gateway_id"] == "g1"
    assert (
        row(whole, "VPN gateway", "v1").items()
        >= {"name": "shop", "vpc": "shop", "zone": "z1", "domain": "acme"}.items()
    )
    assert row(whole, "VPN gateway", "v3")["name"] == "told", "the gateway's own word where the VPC was not collected"
    assert row(whole, "VPC", "p2").items() >= {"name": "bank", "vpc": "bank", "vpc_id": "p2", "zone": "z2"}.items()
    assert row(whole, "tier", "t1")["vpc"] == "shop"
    assert row(whole, "ACL list", "l1").items() >= {"name": "web", "vpc": "shop", "zone": "z1"}.items()
    assert "vpc" not in row(whole, "ACL list", "l2")
    assert row(whole, "ACL rule", "r1").items() >= {"name": "web 7", "vpc": "shop"}.items()
    assert row(whole, "ACL rule", "r2")["name"] == "gone 1"
    assert row(whole, "router", "x1")["name"] == "r-1-VM"
    assert row(whole, "service offering", "o1")["name"] == "small"
    assert row(whole, "source", "s1")["name"] == "s1"


def test_a_customer_gateway_shows_the_places_of_its_connections() -> None:
    whole = full()
    assert (
        row(whole, "customer gateway", "g1").items()
        >= {"zone": "z1, z2", "vpc": "bank, shop", "customer_gateway": "office"}.items()
    )
    assert not {"zone", "vpc"} & set(row(whole, "customer gateway", "g2"))


def test_nothing_and_missing_are_legal() -> None:
    assert Estate()["subjects"].empty
    blank = {name: [{"id": f"{name}1"}] for name in KINDS.values() if name != "sources"}
    rows = Estate({n: TABLES[n].frame([{"source": "s1", "id": f"{n}1"}]) for n in blank})["subjects"]
    assert list(rows.columns) == list(COLUMNS)
    assert (rows.dtypes == "string").all()
    assert set(rows["kind"]) == set(KINDS) - {"source"}
    unnamed = estate({"connections": [{"id": "c1", "customer_gateway_id": "?"}], "customer_gateways": [{"id": "g1"}]})
    assert not {"zone", "vpc"} & set(row(unnamed, "customer gateway", "g1"))


LINKS = st.fixed_dictionaries(
    {
        "customer_gateway_id": st.sampled_from(["g1", "g2", "?"]),
        "vpn_gateway_id": st.sampled_from(["v1", "v2", "v3", "v4", "?"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.lists(LINKS, max_size=6))
def test_a_customer_gateway_shows_every_place_where_it_is_used_once_and_in_order(links: list[dict]) -> None:
    whole = estate(
        {
            "vpcs": [{"id": f"p{n}", "name": name, "zone": f"z{n // 3}"} for n, name in enumerate(["", "b", "a", "a"])],
            "vpn_gateways": [{"id": f"v{n + 1}", "vpc_id": f"p{n}"} for n in range(4)],
            "customer_gateways": [{"id": "g1"}, {"id": "g2"}],
            "connections": [{"id": f"c{n}", **link} for n, link in enumerate(links)],
        }
    )
    tunnels = whole["tunnels"]
    for column in ("zone", "vpc", "vpc_id"):
        for gateway in ("g1", "g2"):
            names = set(tunnels.loc[tunnels["customer_gateway_id"].eq(gateway).fillna(value=False), column].dropna())
            assert row(whole, "customer gateway", gateway).get(column, "") == ", ".join(sorted(names))
