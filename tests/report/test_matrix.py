"""The matrix: a verdict stands wherever it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.estates import estate
from vpnaudit.explore import Exploration
from vpnaudit.policy import load
from vpnaudit.report import matrix, views

if TYPE_CHECKING:
    import pytest


def test_what_is_said_of_a_gateway_stands_in_each_of_its_connections() -> None:
    case = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "customer_gateways": [{"id": "g1", "dpd": False}],
        "connections": [{"id": "c1"}, {"id": "c2"}],
    }
    grid = matrix.grid(Exploration(estate(case), load()).audit)
    column = grid.rules.index("dpd-off")
    assert [row.cells[column].letter for row in grid.rows] == ["M", "M"]
    assert all(row.cells[column].cause for row in grid.rows)


def test_many_connections_become_rows_of_vpcs_with_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "NAMED_CONNECTIONS", 1)
    case = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "customer_gateways": [{"id": "g1", "dpd": False}],
        "connections": [{"id": "c1"}, {"id": "c2"}],
    }
    grid = matrix.grid(Exploration(estate(case), load()).audit)
    (row,) = grid.rows
    assert row.cells[grid.rules.index("dpd-off")].times == 2


def test_more_rules_than_a_sheet_holds_are_further_tables_and_none_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    case = {
        "vpcs": [{"id": "p1"}],
        "vpn_gateways": [{"id": "v1"}],
        "customer_gateways": [{"id": "g1", "dpd": False, "ike_policy": "3des-md5;modp1024"}, {"id": "g2"}],
        "connections": [{"id": "c1"}, {"id": "c2", "customer_gateway_id": "g2"}],
    }
    judgement = Exploration(estate(case), load()).audit
    grid = matrix.grid(judgement)
    assert [part.rules for part in grid.parts] == [grid.rules], "one table where it fits"
    for across in (1, 2, 3, len(grid.rules)):
        monkeypatch.setattr(matrix, "ACROSS", across)
        assert [rule for part in grid.parts for rule in part.rules] == grid.rules
        assert max(len(part.rules) for part in grid.parts) <= across
        for number, row in enumerate(grid.rows):
            assert [cell for part in grid.parts for cell in part.rows[number].cells] == row.cells
    page = views.matrix(Exploration(estate(case), load())).markup
    assert page.count("<table") == 1


def test_no_rules_are_no_table() -> None:
    assert matrix.grid(Exploration(estate({}), load()).audit).parts == []
