"""What names what: between tables of the estate that calls fill, by columns that exist."""

from __future__ import annotations

import pytest

from tests import replay
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.gaps import Gaps
from vpnaudit.cloudstack.links import LINKS, NAME_LINKS, ROOT_LINKS
from vpnaudit.cloudstack.visibility import Viewer
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


def gaps_of_root():
    return Gaps(replay.profile("auditor"), Viewer(role_type="Admin"))


@pytest.mark.parametrize(("table", "name", "target"), [*LINKS, *ROOT_LINKS])
def test_whatever_a_row_names_by_its_id_must_be_there(table, name, target):
    gaps = gaps_of_root()
    gaps.dangling({table: [{"id": "x", name: "y"}], target: [{"id": "y"}]})
    assert not gaps.rows
    gaps.dangling({table: [{"id": "x", name: "y"}]})
    (gap,) = gaps.rows
    assert (gap["table"], gap["subject_id"], gap["expected"]) == (target, "y", False)


@pytest.mark.parametrize(("table", "names", "target", "target_names"), NAME_LINKS)
def test_whatever_a_row_names_without_an_id_must_be_there(table, names, target, target_names):
    gaps = gaps_of_root()
    row = {"id": "x", **dict.fromkeys(names, "y")}
    gaps.unnamed({table: [row], target: [dict.fromkeys(target_names, "y")]})
    assert not gaps.rows
    gaps.unnamed({table: [row], target: [dict.fromkeys(target_names, "z")]})
    assert [(gap["table"], gap["expected"]) for gap in gaps.rows] == [(target, False)]
