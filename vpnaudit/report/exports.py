"""Findings and coverage as CSV and Parquet, for spreadsheets and for machines."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from vpnaudit.hostile import spreadsheet_cell

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from vpnaudit.audit import Audit

COLUMNS = (
    *(
        "rule",
        "severity",
        "verdict",
        "subject_kind",
        "subject_id",
        "other_id",
        "source",
        "zone",
        "domain",
        "account",
        "project",
    ),
    *(
        "vpc",
        "customer_gateway",
        "sentence",
        "fingerprint",
        "subject",
        "other",
        "reason",
        "reasons",
        "evidence",
        "what",
        "command",
    ),
    "interrupts",
)
"""Columns of both exports, all text. `reasons` and `evidence` are JSON lists; `what`, `command`, `interrupts` say what
mends it.
"""

_BREAK = " ⏎ "


def export(audit: Audit, mends: pd.DataFrame, folder: Path) -> list[Path]:
    """Write findings.csv, findings.parquet, coverage.csv and coverage.parquet; returns their paths. `mends` is what
    `plan.remedies` gives.

    Rows stand in the order of `Audit.coverage`: worst first, then by rule, source and subject. The same audit gives the
    same CSV bytes. CSV is UTF-8; each cell stands on one line and none begins as a formula. Parquet holds the text as
    it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = rows(audit, mends)
    findings = whole[whole["verdict"].isin(["fail", "waived"])]
    written = []
    for name, frame in (("findings", findings), ("coverage", whole)):
        text, table = folder / f"{name}.csv", folder / f"{name}.parquet"
        _write_csv(frame, text)
        frame.to_parquet(table, index=False)
        written += [text, table]
    return written


def rows(audit: Audit, mends: pd.DataFrame) -> pd.DataFrame:
    """One row a verdict, with `COLUMNS`, all strings; missing where there is nothing to say."""
    frame = audit.coverage.copy()
    for column in ("reasons", "evidence"):
        frame[column] = [json.dumps(value, ensure_ascii=False) if value else None for value in frame[column]]
    for column in ("what", "command", "interrupts"):
        frame[column] = frame["fingerprint"].map(remedy_texts(mends, column))
    return frame.reindex(columns=list(COLUMNS)).astype("string").reset_index(drop=True)


def remedy_texts(mends: pd.DataFrame, column: str) -> dict[str, str]:
    """What the remedies say in one column, by fingerprint: both sides one below the other."""
    texts = mends[["fingerprint", column]].astype("string").dropna()
    texts = texts[texts[column] != ""].drop_duplicates()
    return {str(name): "\n".join(part[column]) for name, part in texts.groupby("fingerprint", sort=False)}


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(frame.columns)
        cells = frame.astype("object").where(frame.notna(), "")
        lines.writerows([_cell(value) for value in row] for row in cells.itertuples(index=False))


def _cell(value: str) -> str:
    return spreadsheet_cell(_BREAK.join(value.splitlines()) if value[:1] not in ("\t", "\r", "\n") else value)
