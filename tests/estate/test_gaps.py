"""A snapshot can grow: what it is too old to have is a gap, and silence never reads as health."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.estates import PAIR, estate
from vpnaudit.audit import audit
from vpnaudit.estate import TABLES, Column, Estate, Table
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING, UTC
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from pathlib import Path

MOONS = Table("moons", "listMoons", "a table of a later release", (Column("source", STRING, "", ""),), ("source",))
COLUMNS = {"later_text": STRING, "later_number": INTEGER, "later_flag": BOOLEAN, "later_time": UTC}


def grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The schema of a later release: each table with a column of each type more, and one table more."""
    for name, table in list(TABLES.items()):
        more = tuple(Column(f"{name}_{column}", dtype, "", "") for column, dtype in COLUMNS.items())
        monkeypatch.setitem(TABLES, name, replace(table, columns=(*table.columns, *more)))
    monkeypatch.setitem(TABLES, MOONS.name, MOONS)


def without(place: Path, table: str) -> Path:
    """The snapshot as a release wrote it that had no such table."""
    manifest = json.loads((place / "manifest.json").read_text("utf-8"))
    del manifest["files"][table]
    (place / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (place / f"{table}.parquet").unlink()
    return place


def test_a_gap_that_names_columns_is_none_of_rows() -> None:
    gaps = estate({"gaps": [{"table": "vpcs"}, {"table": "tiers", "column_names": "cidr"}]})["gaps"]
    assert row_gaps(gaps)["table"].tolist() == ["vpcs"]


class TestColumnsAndATableThatCameLater:
    @pytest.fixture
    def old(self, example_snapshot: Path) -> Estate:
        return Estate.open(example_snapshot)

    @pytest.fixture
    def new(self, old: Estate, example_snapshot: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
        assert old.sources
        grow(monkeypatch)
        return Estate.open(example_snapshot)

    def test_are_missing_and_empty_and_all_else_is_as_it_was(self, old: Estate, new: Estate) -> None:
        for name, frame in old.tables.items():
            grown = new[name].head(len(frame))
            pd.testing.assert_frame_equal(grown[frame.columns], frame)
            later = grown[[f"{name}_{column}" for column in COLUMNS]]
            assert later.isna().all(axis=None)
            assert list(map(str, later.dtypes)) == list(COLUMNS.values())
        assert new["moons"].empty

    def test_are_one_gap_a_table_and_source_and_none_of_them_a_failed_collection(
        self, old: Estate, new: Estate
    ) -> None:
        gaps = new["gaps"].tail(len(new["gaps"]) - len(old["gaps"])).set_index(["source", "table"])
        tables = [name for name in TABLES if name != "gaps"]
        assert list(gaps.index) == [(source, table) for source in old.sources for table in tables]
        assert set(gaps["reason"]) == {"not-collected"}
        assert gaps["expected"].all()
        assert gaps[["command", "pass", "subject_id", "status", "code"]].isna().all(axis=None)
        vpcs, moons = gaps.loc[(old.sources[0], "vpcs")], gaps.loc[(old.sources[0], "moons")]
        names = [f"vpcs_{column}" for column in COLUMNS]
        assert vpcs["text"] == f"this snapshot is older than the columns {', '.join(names)}"
        assert vpcs["column_names"] == ",".join(names)
        assert moons["text"] == "this snapshot is older than the table"
        assert pd.isna(moons["column_names"])

    def test_change_no_verdict_and_no_exit_code(self, old: Estate, new: Estate) -> None:
        before, after = audit(old, load()), audit(new, load())
        pd.testing.assert_frame_equal(after.coverage, before.coverage)
        assert after.exit_code == before.exit_code

    def test_stay_gaps_where_the_estate_is_saved_again(self, new: Estate, tmp_path: Path) -> None:
        new.save(tmp_path / "again")
        pd.testing.assert_frame_equal(Estate.open(tmp_path / "again")["gaps"], new["gaps"])


def test_one_column_that_came_later_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate(PAIR).save(tmp_path / "snap")
    table = TABLES["connections"]
    later = (*table.columns, Column("margin_s", INTEGER, "", ""))
    monkeypatch.setitem(TABLES, "connections", replace(table, columns=later))
    (text,) = Estate.open(tmp_path / "snap")["gaps"]["text"]
    assert text == "this snapshot is older than the column margin_s"


NEEDED = sorted({table for rule in all_rules().values() for table in (*rule.needs, *rule.absence)} & TABLES.keys())


@pytest.mark.parametrize("table", sorted(set(NEEDED) - {"sources"}))
def test_without_a_table_that_a_rule_needs_whole_the_rule_passes_nothing(table: str, tmp_path: Path) -> None:
    """Silence must never read as health, whether a call failed or the snapshot is older than the question."""
    estate(PAIR).save(tmp_path / "snap")
    opened = Estate.open(without(tmp_path / "snap", table))
    assert opened[table].empty
    rules = [rule for rule in all_rules().values() if table in (*rule.needs, *rule.absence)]
    coverage = audit(opened, load(), rules).coverage
    assert rules
    assert "pass" not in set(coverage["verdict"])
    absence = {rule.id for rule in rules if table in rule.absence}
    assert not (coverage["rule"].isin(absence) & (coverage["verdict"] == "fail")).any()
