"""Text from tenants comes out harmless, whatever it is."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpnaudit.hostile import file_name, one_line, spreadsheet_cell

HOSTILE = st.text() | st.sampled_from(
    ["=cmd|' /C calc'!A0", "../../x", "a\nb", "\u202etxt.exe", "\x1b[31mred", "<script>", "@SUM(1)", "\tx"]
)


@given(HOSTILE)
def test_one_line_is_one_line_without_escapes_or_turned_text(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", line)


@given(HOSTILE)
def test_no_spreadsheet_takes_a_cell_for_a_formula(text: str) -> None:
    cell = spreadsheet_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    buffer = io.StringIO()
    csv.writer(buffer).writerow([cell])
    assert list(csv.reader(io.StringIO(buffer.getvalue()))) == [[cell]]


@given(HOSTILE)
def test_a_file_name_stays_in_its_folder(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", file_name(text))
    assert file_name(text) != ".."


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029\x85\ud800")
def test_a_mark_that_turns_hides_or_breaks_a_line_is_shown_as_one_that_was_taken_out(mark: str) -> None:
    assert one_line(f"a{mark}b") == "a�b"


@pytest.mark.parametrize(
    ("text", "name"),
    [("Zürich ↔ Köln", "Zurich-Koln"), ("...", "unnamed"), ("", "unnamed"), ("a" * 59 + "-b", "a" * 59)],
)
def test_a_file_name_is_short_plain_and_never_empty(text: str, name: str) -> None:
    assert file_name(text) == name
