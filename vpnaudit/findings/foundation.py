"""What a verdict rests on beside the rows that the rule judged: tables that must be whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.estate.gap_places import GapPlaces
    from vpnaudit.estate.tables import Tables
    from vpnaudit.findings.rule import Rule


def founded(rule: Rule, rows: pd.DataFrame, places: GapPlaces, tables: Tables) -> pd.DataFrame:
    """The verdicts; those that rest on rows which are missing cannot be told, and say what was seen.

    A gap opens only what rests on what it names. A hole of another source, which may be another's scope, is told by
    numbers alone.
    """
    for needed, verdicts in rule.rests_on:
        for hole in places.holes(needed):
            is_touched = rows["source"].notna() if rule.across else places.touches(hole, rule.subject, rows)
            rests_on_hole = rows["verdict"].isin(verdicts) & is_touched
            if not rests_on_hole.any():
                continue
            passes = rows.loc[rests_on_hole, "verdict"] == "pass"
            seen = pd.Series(_seen_words(hole, places.of(needed), tables, rule), index=passes.index)
            rows = rows.copy()
            rows.loc[rests_on_hole, "reason"] = hole["reason"]
            rows.loc[rests_on_hole, "sentence"] = seen.where(passes, "") + _hole_words(hole, across=rule.across)
            rows.loc[rests_on_hole, ["severity", "action"]] = pd.NA
            rows.loc[rests_on_hole, "verdict"] = "cannot-tell"
    return rows


def _hole_words(hole: Mapping[str, Any], *, across: bool) -> str:
    text = "" if across or not hole["text"] else f": {hole['text']}"
    return f"the table {hole['table']} is not whole{text}"


def _seen_words(hole: Mapping[str, Any], holes: pd.DataFrame, tables: Tables, rule: Rule) -> str:
    """What a pass would rest on: how many objects were seen, and of how many where every hole is one object."""
    table, source = hole["table"], hole["source"]
    mine = holes[(holes["table"] == table) & (rule.across | (holes["source"] == source))]
    frame = tables[table]
    count = len(frame if rule.across else frame[frame["source"] == source])
    total = f" of {count + mine['subject_id'].nunique()}" if mine["subject_id"].notna().all() else ""
    return f"nothing found among {count}{total} seen, and "
