"""Exports: the columns that others read, the same bytes for the same audit, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests.estates import estate
from vpnaudit.audit import Audit, audit
from vpnaudit.policy import load
from vpnaudit.report.exports import COLUMNS, export
from vpnaudit.rules import get

if TYPE_CHECKING:
    from pathlib import Path

RULES = [get("dpd-off"), get("weak-encryption")]
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "a\nb",
    'say "hi", twice',
    "\u202egnp.exe",
    "x\x00y",
    "naïve ←",
]
NO_MENDS = pd.DataFrame(columns=["fingerprint", "side", "what", "command", "interrupts", "rollback"], dtype="string")


@pytest.fixture(scope="module")
def judged() -> Audit:
    gateways = [{"id": f"g{n}", "name": name, "dpd": False} for n, name in enumerate(HOSTILE)]
    return audit(estate({"customer_gateways": gateways}), load(), rules=RULES)


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_has_every_verdict_and_the_columns_that_others_read(judged: Audit, tmp_path: Path) -> None:
    export(judged, NO_MENDS, tmp_path)
    findings, whole = cells(tmp_path / "findings.csv"), cells(tmp_path / "coverage.csv")
    wanted = (
        "rule severity verdict subject_kind subject_id other_id source zone domain account project vpc customer_gateway"
        " sentence"
    )
    assert list(findings[0])[:14] == wanted.split()
    assert list(findings[0]) == list(COLUMNS)
    assert len(whole) == len(judged.coverage)
    assert [row["fingerprint"] for row in findings] == list(judged.findings["fingerprint"])
    assert {row["verdict"] for row in findings} == {"fail"}
    assert all(json.loads(row["reasons"])[0]["field"] for row in findings)


def test_no_cell_is_a_formula_or_a_second_line(judged: Audit, tmp_path: Path) -> None:
    export(judged, NO_MENDS, tmp_path)
    text = (tmp_path / "coverage.csv").read_text("utf-8")
    rows = cells(tmp_path / "coverage.csv")
    assert text.count("\n") == len(rows) + 1, "each row stands on one line"
    assert not set(text) & {"\t", "\r", "\x00", "\u202e"}
    for row in rows:
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row.values()), row
    names = {row["subject"] for row in rows if row["subject_kind"] == "customer gateway"}
    assert {"'=cmd|' /C calc'!A0", 'say "hi", twice', "naïve ←"} <= names


def test_parquet_holds_the_text_as_it_is(judged: Audit, tmp_path: Path) -> None:
    export(judged, NO_MENDS, tmp_path)
    frame = pd.read_parquet(tmp_path / "coverage.parquet")
    assert list(frame.columns) == list(COLUMNS)
    assert set(HOSTILE) <= set(frame["subject"])


def test_the_same_audit_gives_the_same_bytes(judged: Audit, tmp_path: Path) -> None:
    export(judged, NO_MENDS, tmp_path / "a")
    export(audit(judged.estate, judged.policy, rules=RULES), NO_MENDS, tmp_path / "b")
    for name in ("findings.csv", "coverage.csv"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_says_what_mends_a_finding_on_one_line(judged: Audit, tmp_path: Path) -> None:
    name = judged.open["fingerprint"].iloc[0]
    one = {
        "fingerprint": name,
        "side": "both ends",
        "what": "Set it.",
        "command": "cmk a \\\n  b",
        "interrupts": "",
        "rollback": "",
    }
    export(judged, pd.DataFrame([one], dtype="string"), tmp_path)
    row = next(row for row in cells(tmp_path / "findings.csv") if row["fingerprint"] == name)
    assert row["command"] == "cmk a \\ ⏎   b"
    assert row["what"] == "Set it."
