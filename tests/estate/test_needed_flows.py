"""Needed flows: where a flow meets a connection and a tier, whether it is blocked, and what nobody could mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.errors import ConfigError
from vpnaudit.estate.needed_flows import COLUMNS, answer, common, directions, needed_flows
from vpnaudit.policy import NeededFlow, load

if TYPE_CHECKING:
    from pathlib import Path

PLACE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "connections": [{"id": "c1", "cidr_list": "192.168.10.0/24"}],
    "acl_lists": [{"id": "l1"}],
    "tiers": [{"id": "t1"}],
}
WHOLE = 'name = "orders"\nfrom = "192.168.10.0/24"\nto = "web"\n'


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(f"[[needed_flows]]\n{text}", "utf-8")
    return path


def test_a_flow_is_read_with_its_ends_and_ports(tmp_path: Path) -> None:
    (flow,) = load(written(tmp_path, f'{WHOLE}port = 8000\nport_last = 8100\nvpc = "payroll"\n')).needed_flows
    assert (flow.name, flow.from_, flow.to, flow.vpc) == ("orders", "192.168.10.0/24", "web", "payroll")
    assert (flow.protocol, flow.port, flow.port_last) == ("tcp", 8000, 8100)


def test_a_policy_that_declares_none_has_none() -> None:
    assert load().needed_flows == ()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('protocol = "tpc"', "no protocol"),
        ('protocol = "gre"\nport = 1', "no ports"),
        ("port_last = 5", "port_last"),
        ("port = 6\nport_last = 5", "port_last"),
        ("port = 65536", "port"),
        ('port = "443"', "port"),
        ('via = "x"', "via"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, line: str, says: str) -> None:
    path = written(tmp_path, f"{WHOLE}{line}\n")
    with pytest.raises(ConfigError) as failure:
        load(path)
    assert "needed_flows.0" in str(failure.value)
    assert says in str(failure.value)


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
    (row,) = needed_flows(estate(PLACE | {"connections": [{"id": "c1", "cidr_list": "192.0.0.0/+8"}]}), [flow]).to_dict(
        "records"
    )
    assert pd.isna(row["blocked"])
    assert row["reason"] == "unknown-value"


def test_a_cell_is_narrowed_to_a_flow_only_where_it_can_be_told() -> None:
    whole = estate(PLACE)
    row = whole["reach"].astype("object").to_dict("records")[0] | {"acl": None}
    assert answer(whole, row, remote="10.0.0.0/8", protocol="tcp", port=1) == {}
    assert answer(whole, row, remote=None, protocol="tcp", port=1)["verdict"] == "none"


HTTPS = {"name": "x", "from": "192.168.10.0/24", "to": "t1", "port": 443}


@pytest.mark.parametrize(
    ("rules", "flow", "blocked"),
    [
        ([], {}, True),
        ([{"id": "r1", "protocol": "tcp", "start_port": 443, "end_port": 443}], {}, False),
        ([], {"from": "t1", "to": "192.168.10.0/24"}, False),
        ([], {"from": "10.1.1.7", "to": "192.168.10.9"}, False),
        ([{"id": "r1", "number": "?"}], {}, None),
    ],
)
def test_a_flow_is_blocked_open_or_not_known(rules: list, flow: dict, blocked: bool | None) -> None:
    wanted = NeededFlow.model_validate(HTTPS | flow)
    (row,) = needed_flows(estate(PLACE | {"acl_rules": rules}), [wanted]).astype("object").to_dict("records")
    assert (None if pd.isna(row["blocked"]) else row["blocked"]) is blocked


@pytest.mark.parametrize("flow", [{"vpc": "elsewhere"}, {"to": "t9"}, {"from": "172.16.0.0/12"}])
def test_a_flow_of_another_place_is_about_no_tier(flow: dict) -> None:
    assert needed_flows(estate(PLACE), [NeededFlow.model_validate(HTTPS | flow)]).empty


def test_what_the_firewall_of_a_routed_vpc_does_is_not_guessed() -> None:
    routed = PLACE | {"vpcs": [{"id": "p1", "ip4_routing": "Static"}]}
    flow = NeededFlow.model_validate(HTTPS | {"from": "t1", "to": "192.168.10.0/24"})
    (row,) = needed_flows(estate(routed), [flow]).to_dict("records")
    assert (row["reason"], pd.isna(row["blocked"])) == ("not-modelled", True)


def test_without_a_flow_nothing_is_judged_and_the_columns_stay() -> None:
    frame = needed_flows({}, [])
    assert frame.astype("object").to_dict("records") == []
    assert dict(frame.dtypes.astype(str)) == COLUMNS


@pytest.mark.parametrize(("vpc", "ways"), [("", ["ingress"]), ("shop", ["ingress"]), ("elsewhere", [])])
def test_a_flow_is_about_a_place_of_its_vpc_alone(vpc: str, ways: list[str]) -> None:
    place = {"vpc": "shop", "tier": "t1", "tier_cidr": "10.1.1.0/24", "remote": "192.168.10.0/24"}
    assert directions(NeededFlow.model_validate(HTTPS | {"vpc": vpc}), place) == ways
