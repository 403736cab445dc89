"""What reaches what: remote networks down, tiers across, and what is left out is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.estates import estate
from tests.report.explorations import HOSTILE, well_formed
from vpnaudit.explore import Exploration
from vpnaudit.policy import load
from vpnaudit.report import reach_matrix as view

if TYPE_CHECKING:
    import pytest

CASE = {
    "vpcs": [{"id": "p1", "name": HOSTILE}],
    "vpn_gateways": [{"id": "v1"}],
    "tiers": [{"id": "t1", "name": HOSTILE}, {"id": "t2", "name": "?", "acl_id": "l2"}],
    "acl_lists": [{"id": "l1"}, {"id": "l2"}],
    "acl_rules": [{"id": "r1", "cidr_list": "192.168.10.0/24", "protocol": "tcp", "start_port": 443, "end_port": 443}],
    "connections": [{"id": "c1"}, {"id": "c2", "cidr_list": "?"}],
}


def explored() -> Exploration:
    return Exploration(estate(CASE), load())


def test_every_name_is_text_and_an_unknown_network_says_so() -> None:
    markup = view.reach_matrix(explored()).markup
    well_formed(markup)
    assert "networks not said" in markup


def test_one_connection_shows_that_one() -> None:
    exploration = explored()
    rows = exploration.reach("c1").to_dict("records")
    (one,) = view.connections(rows)
    assert [remote for remote, _ in one.rows] == ["192.168.10.0/24"]
    assert len(one.tiers) == 2
    cells = [cell for _, tiers in one.rows for tier in tiers for cell in tier]
    assert [cell.arrow for cell in cells] == ["→", "←"] * 2
    assert "some" in {cell.verdict for cell in cells}
    assert "networks not said" not in view.reach_matrix(exploration, "c1").markup


def test_connections_beyond_the_room_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MOST", 1)
    markup = view.reach_matrix(explored()).markup
    assert markup.count("<table") == 1
    assert "1 connection more" in markup
