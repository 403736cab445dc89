"""The columns as data: sound, and in step with the calls that fill them."""

from __future__ import annotations

import re

import pytest

from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.estate.columns import BOOLEAN, INTEGER, SPECIFICATION, STRING, UTC

ROWS = [(table, *row) for table, (_, _, _, columns) in SPECIFICATION.items() for row in columns]


@pytest.mark.parametrize("table", SPECIFICATION)
def test_names_a_column_once_and_has_its_key(table: str) -> None:
    _, key, meaning, columns = SPECIFICATION[table]
    names = [name for name, *_ in columns]
    assert len(names) == len(set(names))
    assert set(key) <= set(names)
    assert meaning
    fields = [field for _, _, field, _ in columns if field]
    assert len(fields) == len(set(fields)), "a field of the reply fills one column"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_has_one_of_four_types_and_its_unit_in_its_name(row: tuple[str, ...]) -> None:
    table, name, dtype, field, _ = row
    assert dtype in (STRING, INTEGER, BOOLEAN, UTC)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert re.fullmatch(r"[a-z0-9]*", field), "fields as the API writes them"
    assert (dtype == UTC) is name.endswith("_utc"), table


def test_each_table_of_the_api_is_filled_by_the_call_that_it_names() -> None:
    filled = {command.table: command.name for command in COMMANDS.values() if command.table}
    named = {table: command for table, (command, *_) in SPECIFICATION.items() if command}
    assert filled == named


def test_what_vpnaudit_makes_itself_names_no_field_of_a_reply() -> None:
    made = [table for table, (command, *_) in SPECIFICATION.items() if not command]
    assert made == ["peers", "requests", "gaps"]
    assert not [row for row in ROWS if row[0] in made and row[3]]
