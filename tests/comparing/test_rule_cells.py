"""Cells of the collected rules stand at the rows that name them."""

from __future__ import annotations

import pandas as pd

from tests.estates import estate
from vpnaudit.comparing.rule_cells import rule_cells


def test_each_row_gets_the_cells_of_its_own_rule_and_a_stranger_none() -> None:
    rules = [{"id": "r1", "protocol": "tcp"}, {"id": "r2", "protocol": "udp"}, {"id": "r3"}]
    sources = ["s1", "s1", "s2", "s1"]
    rows = pd.DataFrame({"source": sources, "split_id": ["r2", None, "r1", "r1"]}, index=[9, 8, 7, 6], dtype="string")
    cells = rule_cells(rows, estate({"acl_rules": rules})["acl_rules"], ["protocol", "number"], "split_id")
    assert cells["protocol"].tolist() == ["udp", pd.NA, pd.NA, "tcp"]
    assert list(cells.columns) == ["protocol", "number"]
    assert list(cells.index) == [9, 8, 7, 6]
