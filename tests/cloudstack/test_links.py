"""What names what: between tables of the estate that calls fill, by columns that exist."""

from __future__ import annotations

from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.links import LINKS, NAME_LINKS, ROOT_LINKS
from vpnaudit.estate import TABLES


def fields(table: str) -> set[str]:
    return {column.field for column in TABLES[table].columns}


def test_every_link_leads_from_a_table_of_the_estate_to_one_that_a_call_fills():
    for table, name, target in (*LINKS, *ROOT_LINKS):
        assert name in {column.field for column in TABLES[table].columns}
        assert TABLES[target].command in COMMANDS


def test_what_is_named_without_an_id_is_named_by_fields_of_both() -> None:
    for table, names, target, target_names in NAME_LINKS:
        assert set(names) <= fields(table)
        assert set(target_names) <= fields(target)
        assert TABLES[target].command in COMMANDS
