"""What a verdict rests on beside the rows that the rule judged: tables that must be whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables
    from vpnaudit.findings.rule import Rule


def founded(rule: Rule, rows: pd.DataFrame, gaps: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """The verdicts; those that rest on tables which are not whole cannot be told, and say what was seen.

    A hole of another source, which may be another's scope, is told by numbers alone.
    """
    for needed, verdicts in ((rule.needs, ("pass",)), (rule.absence, ("pass", "fail"))):
        holes = gaps[gaps["table"].isin(needed)]
        first = holes.drop_duplicates("source").set_index("source")
        if first.empty:
            continue
        sources = list(rows["source"].dropna().unique()) if rule.across else list(first.index)
        why = first.iloc[[0] * len(sources)].set_axis(sources) if rule.across else first
        rests_on_hole = rows["verdict"].isin(verdicts) & rows["source"].isin(why.index)
        if not rests_on_hole.any():
            continue
        of_row = rows.loc[rests_on_hole, "source"]
        passes = rows.loc[rests_on_hole, "verdict"] == "pass"
        words = pd.Series({source: _hole_words(hole, across=rule.across) for source, hole in why.iterrows()})
        seen = pd.Series(
            {source: _seen_words(source, hole["table"], holes, tables, rule) for source, hole in why.iterrows()}
        )
        rows = rows.copy()
        rows.loc[rests_on_hole, "reason"] = of_row.map(why["reason"])
        rows.loc[rests_on_hole, "sentence"] = of_row.map(seen).where(passes, "") + of_row.map(words)
        rows.loc[rests_on_hole, ["severity", "action"]] = pd.NA
        rows.loc[rests_on_hole, "verdict"] = "cannot-tell"
    return rows


def _hole_words(hole: pd.Series[Any], *, across: bool) -> str:
    text = "" if across or pd.isna(hole["text"]) else f": {hole['text']}"
    return f"the table {hole['table']} is not whole{text}"


def _seen_words(source: Any, table: str, holes: pd.DataFrame, tables: Tables, rule: Rule) -> str:
    """What a pass would rest on: how many objects were seen, and of how many where every hole is one object."""
    mine = holes[(holes["table"] == table) & (rule.across | (holes["source"] == source))]
    frame = tables[table]
    count = len(frame if rule.across else frame[frame["source"] == source])
    total = f" of {count + mine['subject_id'].nunique()}" if mine["subject_id"].notna().all() else ""
    return f"nothing found among {count}{total} seen, and "
