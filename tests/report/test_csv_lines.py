"""CSV by columns is the CSV of Python's own writer, over cells that are safe."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.hostile import spreadsheet_cell
from vpnaudit.report.csv_lines import csv_cells, csv_lines

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('=+-@"\t\r\n,\u2028\u202e\x85'), max_size=6)


def written(rows: list) -> str:
    """By the writer of the standard library, cell by cell."""
    file = io.StringIO()
    cells = [["" if text is None else safe(text) for text in row] for row in rows]
    csv.writer(file, lineterminator="\n").writerows(cells)
    return file.getvalue()


def safe(text: str) -> str:
    return spreadsheet_cell(" ⏎ ".join(text.splitlines()) if text[:1] not in ("\t", "\r", "\n") else text)


@given(st.lists(st.tuples(st.none() | texts, st.just("between"), st.none() | texts), min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_is_what_the_writer_writes(rows: list) -> None:
    first, _, last = (pa.array(list(column), pa.large_string()) for column in zip(*rows, strict=True))
    lines = csv_lines([csv_cells(first), "between", csv_cells(last)])
    assert lines.to_pybytes().decode() == written(rows)


def test_constants_may_stand_at_either_end() -> None:
    column = pa.array(["a", "b"], pa.large_string())
    assert csv_lines(["", "x", column, ""]).to_pybytes() == b",x,a,\n,x,b,\n"
