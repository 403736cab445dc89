"""A cell that is missing decides nothing: whichever column is emptied, in all rows or in one, no fault disappears and
none appears.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import random
import re
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from tests import replay
from tests.rejudging import Judge
from vpnaudit.collect import collect
from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.estate import DERIVED
from vpnaudit.policy import load
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vpnaudit.findings import Rule

pytestmark = pytest.mark.slow

RANK = ("fail", "cannot-tell", "pass", "not-applicable")
SHORT, MANY = 3, 30
NAMES = {"name", "zone_id", "zone", "domain", "project", "vpc"}
"""Columns that joins carry along for the reader's sake: they count as read by rules that name them themselves."""
WRONG = {("fail", "pass"), ("fail", "not-applicable"), ("pass", "fail")}
Verdicts = dict[tuple[str, str, str], str]
JUDGE = Judge()


@cache
def recorded() -> Estate:
    when = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    transport = replay.transport(replay.recording())
    return asyncio.run(collect([replay.profile("auditor")], transport=transport, clock=lambda: when))


@pytest.fixture(scope="module")
def whole(example_estate: Estate) -> Estate:
    """The recorded estate and the example in one, three sources: most of the time goes into the number of runs."""
    parts = [recorded(), example_estate]
    return Estate({name: pd.concat([part[name] for part in parts], ignore_index=True) for name in TABLES})


@pytest.fixture(scope="module")
def before(whole: Estate) -> Verdicts:
    return verdicts_of(whole, list(all_rules().values()))


def bases(rule: Rule) -> set[str]:
    return {base for name in rule.reads for base in (DERIVED[name][1] if name in DERIVED else (name,))}


@cache
def words(module: str) -> tuple[frozenset[str], frozenset[str]]:
    """The texts in a module and in those of the same kind that it imports: whole ones, and parts of f-strings."""
    nodes = list(ast.walk(ast.parse(inspect.getsource(import_module(module)))))
    whole = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    whole |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    texts = [part for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.iter_child_nodes(node)]
    parts = {part.value for part in texts if isinstance(part, ast.Constant) and len(str(part.value)) > SHORT}
    imports = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    for name in imports:
        if re.match(r"vpnaudit\.(comparing|estate)\.", name) and not re.search(r"\.(columns|estate|tables)$", name):
            whole, parts = whole | words(name)[0], parts | words(name)[1]
    return frozenset(whole), frozenset(parts)


@cache
def columns_read(rule_id: str) -> frozenset[tuple[str, str]]:
    """Every column that the rule, or a table derived for it, may read: its name stands in their text."""
    rule = all_rules()[rule_id]
    modules = {rule.find.__module__, *(DERIVED[name][0].__module__ for name in rule.reads if name in DERIVED)}
    # Tables that are derived from derived ones: the joins of tunnels stand below them all.
    modules |= {"vpnaudit.estate.tunnels"} if any(name in DERIVED for name in rule.reads) else set()
    texts = [words(module) for module in modules]
    whole = frozenset().union(*(one for one, _ in texts))
    parts = tuple(frozenset().union(*(one for _, one in texts)))
    own = words(rule.find.__module__)[0]
    return frozenset(
        (table, column)
        for table in bases(rule)
        for column in TABLES[table].dtypes
        if (column in whole and (column in own or column not in NAMES))
        or column.startswith(parts)
        or column.endswith(parts)
    )


def emptied(estate: Estate, cells: dict[tuple[str, str], pd.Series]) -> Estate:
    """The estate without the cells of these masks, by table and column."""
    frames = dict(estate.tables)
    for (table, column), mask in cells.items():
        cells_left = frames[table][column].mask(mask, pd.NA).astype(TABLES[table].dtypes[column])
        frames[table] = frames[table].assign(**{column: cells_left})
    return Estate(frames)


def verdicts_of(estate: Estate, rules: list[Rule]) -> Verdicts:
    """The worst verdict on each subject. A fault that stands at another row ("see …", "as for …") is one all the
    same.
    """
    names = {rule.id for rule in rules}
    better = [all_rules()[name] for name in {name for rule in rules for name in rule.yields_to} - names]
    rows = JUDGE.audit(estate, load(), [*rules, *better]).coverage
    assert "rule-crashed" not in set(rows["reason"].dropna())
    elsewhere = (rows["verdict"] == "not-applicable") & rows["sentence"].str.contains("^(?:see|as for) ").fillna(
        value=False
    )
    verdicts = rows["verdict"].mask(elsewhere, "fail")
    worst: Verdicts = {}
    for rule, source, subject, verdict in zip(rows["rule"], rows["source"], rows["subject_id"], verdicts, strict=True):
        if rule in names and not pd.isna(subject):
            key = (rule, source, subject)
            worst[key] = min(worst.get(key, verdict), verdict, key=RANK.index)
    return worst


def columns_to_empty(estate: Estate, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        for column in TABLES[name].dtypes:
            if column not in TABLES[name].key and estate[name][column].notna().any():
                yield name, column


def changes(estate: Estate, before: Verdicts, cells: dict[tuple[str, str], pd.Series], rules: list[Rule]) -> list[str]:
    after = verdicts_of(emptied(estate, cells), rules)
    names = {rule.id for rule in rules}
    moved = [(key, verdict, after.get(key, "nothing")) for key, verdict in before.items() if key[0] in names]
    where = ", ".join(f"{table}.{column}" for table, column in cells)
    return [
        f"{where}: {key[0]} of {key[2]} was {old} and is {new}"
        for key, old, new in moved
        if (old, new) in WRONG or new == "nothing"
    ]


def one_row_each(estate: Estate, places: Iterable[tuple[str, str]]) -> list[dict[tuple[str, str], pd.Series]]:
    """A row of each of these columns, as masks; columns whose rows are of different sources go together, since what is
    missing in one source opens nothing in another.
    """
    batches: list[dict[str, dict[tuple[str, str], pd.Series]]] = []
    for table, column in places:
        frame = estate[table]
        there = frame[column].notna()
        row = random.Random(f"{table}.{column}").choice(list(there[there].index))
        source = frame.loc[row, "source"] if "source" in frame else ""
        batch = next((one for one in batches if source not in one), None)
        if batch is None:
            batches.append(batch := {})
        batch[source] = {(table, column): there & (there.index == row)}
    return [{place: mask for cells in batch.values() for place, mask in cells.items()} for batch in batches]


TABLES_WITH_CELLS = [name for name in TABLES if name not in ("gaps", "requests")]


@pytest.mark.parametrize("table", TABLES_WITH_CELLS)
def test_no_column_that_is_missing_hides_a_fault_or_makes_one(whole: Estate, before: Verdicts, table: str) -> None:
    wrong: list[str] = []
    for place in columns_to_empty(whole, [table]):
        if readers := [rule for rule in all_rules().values() if place in columns_read(rule.id)]:
            wrong += changes(whole, before, {place: whole[table][place[1]].notna()}, readers)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("table", TABLES_WITH_CELLS)
def test_no_cell_that_is_missing_hides_a_fault_or_makes_one(whole: Estate, before: Verdicts, table: str) -> None:
    wrong: list[str] = []
    for cells in one_row_each(whole, columns_to_empty(whole, [table])):
        readers = [rule for rule in all_rules().values() if cells.keys() & columns_read(rule.id)]
        if alone := [rule for rule in readers if not rule.across]:
            wrong += changes(whole, before, cells, alone)
        for place, mask in cells.items():
            if across := [rule for rule in readers if rule.across and place in columns_read(rule.id)]:
                wrong += changes(whole, before, {place: mask}, across)
    assert not wrong, "\n".join(wrong)


def test_columns_that_no_rule_names_change_no_verdict(whole: Estate, before: Verdicts) -> None:
    read = {place for rule in all_rules() for place in columns_read(rule)}
    unread = [place for place in columns_to_empty(whole, TABLES_WITH_CELLS) if place not in read]
    assert len(unread) > MANY
    cells = {(table, column): whole[table][column].notna() for table, column in unread}
    assert verdicts_of(emptied(whole, cells), list(all_rules().values())) == before
