"""Findings and coverage as CSV and Parquet, for spreadsheets and for machines."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from vpnaudit.hostile import spreadsheet_cell
from vpnaudit.private_files import make_folder, write_bytes, write_text
from vpnaudit.report.causes import with_cause

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
    "cause",
)
"""Columns of both exports, all text. `reasons` and `evidence` are JSON lists; `what`, `command`, `interrupts` say what
mends it. `cause` is the fingerprint of the worst finding that the same repair mends: report and mail count causes.
"""

_BREAK = " ⏎ "


def export(audit: Audit, mends: pd.DataFrame, folder: Path) -> list[Path]:
    """Write findings.csv, findings.parquet, coverage.csv and coverage.parquet; returns their paths. `mends` is what
    `plan.remedies` gives.

    Rows stand in the order of `Audit.coverage`: worst first, then by rule, source and subject. The same audit gives the
    same CSV bytes. CSV is UTF-8; each cell stands on one line and none begins as a formula. Parquet holds the text as
    it is.
    """
    make_folder(folder)
    whole = rows(audit, mends)
    findings = whole[whole["verdict"].isin(["fail", "waived"])]
    written = []
    for name, frame in (("findings", findings), ("coverage", whole)):
        written.append(write_text(folder / f"{name}.csv", _csv(frame)))
        written.append(write_bytes(folder / f"{name}.parquet", _parquet(frame)))
    return written


def rows(audit: Audit, mends: pd.DataFrame) -> pd.DataFrame:
    """One row a verdict, with `COLUMNS`, all strings; missing where there is nothing to say."""
    frame = audit.coverage.copy()
    for column in ("reasons", "evidence"):
        frame[column] = [json.dumps(value, ensure_ascii=False) if value else None for value in frame[column]]
    for column in ("what", "command", "interrupts"):
        frame[column] = frame["fingerprint"].map(remedy_texts(mends, column))
    cause_by_finding = with_cause(audit).set_index("fingerprint")["cause"]
    frame["cause"] = frame["fingerprint"].map(cause_by_finding).where(frame["verdict"] == "fail")
    return frame.reindex(columns=list(COLUMNS)).astype("string").reset_index(drop=True)


def remedy_texts(mends: pd.DataFrame, column: str) -> dict[str, str]:
    """What the remedies say in one column, by fingerprint: both sides one below the other."""
    texts = mends[["fingerprint", column]].astype("string").dropna()
    texts = texts[texts[column] != ""].drop_duplicates()
    return {str(name): "\n".join(part[column]) for name, part in texts.groupby("fingerprint", sort=False)}


def _csv(frame: pd.DataFrame) -> str:
    file = io.StringIO()
    lines = csv.writer(file, lineterminator="\n")
    lines.writerow(frame.columns)
    cells = frame.astype("object").where(frame.notna(), "")
    lines.writerows([_cell(value) for value in row] for row in cells.itertuples(index=False))
    return file.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file, index=False)
    return file.getvalue()


def _cell(value: str) -> str:
    return spreadsheet_cell(_BREAK.join(value.splitlines()) if value[:1] not in ("\t", "\r", "\n") else value)
