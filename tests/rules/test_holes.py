"""Whatever is missing, no rule crashes, and a hole never turns a verdict that needed the cell into a pass of
everything.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.audit import audit
from vpnaudit.estate import TABLES, Estate
from vpnaudit.policy import load

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def with_holes(tables: Mapping[str, pd.DataFrame], share: float) -> Estate:
    """The estate with a share of its cells blanked and of its rows gone, never a key."""
    rng = random.Random(share)
    tables_with_holes = {}
    for name, frame in tables.items():
        is_there = pd.Series([rng.random() >= share / 2 for _ in range(len(frame))], index=frame.index, dtype=bool)
        rows = frame[is_there].reset_index(drop=True)
        for column in rows.columns:
            if column not in TABLES[name].key and column not in ("table", "reason"):
                mask = [rng.random() < share for _ in range(len(rows))]
                rows[column] = rows[column].mask(pd.Series(mask, dtype=bool), pd.NA)
        tables_with_holes[name] = rows.astype(TABLES[name].dtypes)
    return Estate(tables_with_holes)


@pytest.mark.parametrize("share", [0.02, 0.2, 0.6, 0.98])
def test_no_rule_crashes_on_an_estate_with_holes(
    example_estate: Estate, share: float, caplog: pytest.LogCaptureFixture
) -> None:
    judged = audit(with_holes(example_estate.tables, share), load())
    crashed = sorted(set(judged.coverage.loc[judged.coverage["reason"] == "rule-crashed", "rule"]))
    assert not crashed, caplog.text[-3000:]
    assert judged.coverage["fingerprint"].is_unique


ONE = {
    "vpcs": [{"id": "p1"}],
    "vpn_gateways": [{"id": "v1"}],
    "customer_gateways": [{"id": "g1"}],
    "connections": [{"id": "c1"}],
}


@pytest.mark.parametrize("empty", [None, *ONE])
def test_no_rule_crashes_on_a_small_estate_read_back_from_its_snapshot(
    empty: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    estate({name: rows for name, rows in ONE.items() if name != empty}).save(tmp_path / "small")
    judged = audit(Estate.open(tmp_path / "small"), load())
    assert "rule-crashed" not in set(judged.coverage["reason"].dropna()), caplog.text[-3000:]
