"""Findings and coverage as CSV and Parquet, for spreadsheets and for machines. Batches of rows go through, since an
estate has millions of verdicts.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.matching import as_arrow
from vpnaudit.findings.ledger import hexadecimal
from vpnaudit.findings.subject_index import PATH
from vpnaudit.findings.verdicts import VERDICTS
from vpnaudit.private_files import make_folder, new_file
from vpnaudit.report.causes import with_cause
from vpnaudit.report.csv_lines import csv_cells, csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from vpnaudit.audit import Audit

    Batch = dict[str, pa.Array]
    """Columns by name, those without a value left out."""

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

_FEW_VALUES: Final = (
    *("rule", "severity", "verdict", "subject_kind", "source", "zone", "domain", "account", "project", "reason"),
    *("sentence", "reasons", "evidence", "what", "command", "interrupts", "cause"),
)
_OF_SUBJECT: Final = {
    "subject_kind": "kind",
    "subject_id": "id",
    **{name: name for name in ("source", "subject", *PATH)},
}
"""Columns that tell of the subject, and their names in the index of subjects."""

_OURS: Final = ("rule", "verdict", "fingerprint")
"""Columns of plain words that need no look as cells."""

_LISTS: Final = ("reasons", "evidence")
_REMEDY: Final = ("what", "command", "interrupts")
_BATCH: Final = 2**17
_JSON: Final = json.JSONEncoder(ensure_ascii=False)
_SCHEMA: Final = pa.Schema.from_pandas(pd.DataFrame(columns=list(COLUMNS), dtype=STRING), preserve_index=False)


def export(audit: Audit, mends: pd.DataFrame, folder: Path) -> list[Path]:
    """Write findings.csv, findings.parquet, coverage.csv and coverage.parquet; returns their paths. `mends` is what
    `plan.remedies` gives.

    Rows stand in the order of `Audit.coverage`: worst first, then by rule, source and subject. The same audit gives the
    same CSV bytes. CSV is UTF-8; each cell stands on one line and none begins as a formula. Parquet holds the text as
    it is.
    """
    make_folder(folder)
    paths = [folder / f"{name}.{kind}" for name in ("findings", "coverage") for kind in ("csv", "parquet")]
    with ExitStack() as stack:
        findings, coverage = (_Pair(stack, *paths[place : place + 2]) for place in (0, 2))
        for batch in _findings(audit, mends):
            lines = csv_lines([csv_cells(batch[name]) if name in batch else "" for name in COLUMNS])
            for pair in (findings, coverage):
                pair.write(batch, lines)
        table = audit.ledger.index.table
        cells = {name: csv_cells(as_arrow(table[column].array)) for name, column in _OF_SUBJECT.items()}
        texts = {name: as_arrow(table[column].array) for name, column in _OF_SUBJECT.items()}
        for numbers, batch in _others(audit):
            of_subject = {name: column.take(numbers) for name, column in cells.items()}
            of_rest = {name: column if name in _OURS else csv_cells(column) for name, column in batch.items()}
            of_rest |= of_subject
            batch |= {name: column.take(numbers) for name, column in texts.items()}
            coverage.write(batch, csv_lines([of_rest.get(name, "") for name in COLUMNS]))
    return paths


class _Pair:
    """A CSV and a Parquet file of the same rows."""

    def __init__(self, stack: ExitStack, lines: Path, table: Path) -> None:
        self._lines = stack.enter_context(new_file(lines))
        self._lines.write(",".join(COLUMNS).encode() + b"\n")
        file = stack.enter_context(new_file(table))
        self._table = stack.enter_context(ParquetWriter(file, _SCHEMA, use_dictionary=list(_FEW_VALUES)))

    def write(self, batch: Batch, lines: pa.Buffer) -> None:
        self._lines.write(lines)
        count = len(batch["rule"])
        columns = [batch.get(name, pa.nulls(count, pa.large_string())) for name in COLUMNS]
        self._table.write_table(pa.table(columns, schema=_SCHEMA))


def _findings(audit: Audit, mends: pd.DataFrame) -> Iterator[Batch]:
    """The findings as they stand, with what mends them and their cause."""
    frame = audit.findings
    texts = {name: remedy_texts(mends, name) for name in _REMEDY}
    cause_by_finding = dict(with_cause(audit)[["fingerprint", "cause"]].itertuples(index=False, name=None))
    for start in range(0, len(frame), _BATCH):
        rows = frame.iloc[start : start + _BATCH]
        batch = {name: as_arrow(rows[name].array) for name in COLUMNS if name in rows and name not in _LISTS}
        batch |= {name: _json_lists(rows[name]) for name in _LISTS}
        for name, text_by_finding in {**texts, "cause": cause_by_finding}.items():
            batch[name] = pa.array([text_by_finding.get(key) for key in rows["fingerprint"]], pa.large_string())
        yield batch


def _others(audit: Audit) -> Iterator[tuple[pa.Array, Batch]]:
    """The verdicts that are no findings, without the columns of `_OF_SUBJECT`, and the numbers of their subjects."""
    ledger = audit.ledger
    verdict_by_code = pa.array(VERDICTS, pa.large_string())
    for whole in ledger.others():
        for start in range(0, len(whole.places), _BATCH):
            part = whole.rows(slice(start, start + _BATCH))
            subjects, codes, fingerprints = part.numbers
            other_ids, others = ledger.others_of(part)
            batch = {
                "rule": pa.repeat(pa.scalar(part.sheet.rule, pa.large_string()), len(codes)),
                "verdict": verdict_by_code.take(pa.array(codes)),
                "other_id": other_ids,
                "other": others,
                "fingerprint": hexadecimal(fingerprints),
                **{name: part.sheet.text(name, part.places) for name in ("reason", "sentence")},
                **{name: _json_lists(part.details(name)) for name in _LISTS},
            }
            yield (
                pa.array(subjects),
                {name: column for name, column in batch.items() if column.null_count < len(column)},
            )


def _json_lists(cells: Iterable[Any]) -> pa.Array:
    return pa.array([_JSON.encode(cell) if cell else None for cell in cells], pa.large_string())


def remedy_texts(mends: pd.DataFrame, column: str) -> dict[str, str]:
    """What the remedies say in one column, by fingerprint: both sides one below the other."""
    texts = mends[["fingerprint", column]].astype("string").dropna()
    texts = texts[texts[column] != ""].drop_duplicates()
    several = texts["fingerprint"].duplicated(keep=False)
    alone = dict(texts[~several].itertuples(index=False, name=None))
    parts = texts[several].groupby("fingerprint", sort=False)
    return alone | {str(name): "\n".join(part[column]) for name, part in parts}
