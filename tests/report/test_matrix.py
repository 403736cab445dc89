"""The matrix: a verdict stands wherever it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.estates import estate
from vpnaudit.explore import Exploration
from vpnaudit.policy import load
from vpnaudit.report import matrix

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
