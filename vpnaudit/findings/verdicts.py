"""From masks to verdicts: three values stay three, and a finding keeps its reasons and the cells it rests on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vpnaudit.findings.actions import Action, check_actions
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

VERDICTS = ("fail", "waived", "cannot-tell", "pass", "not-applicable")

CANNOT_TELL = {
    "not-permitted": "The role of the API key may not ask for it.",
    "not-collected": "No usable answer came, or the snapshot is older than the question.",
    "not-in-this-version": "This CloudStack version does not have it.",
    "unknown-value": "A value means nothing to the tool.",
    "not-modelled": "How this version behaves was never measured.",
    "no-peer-side": "The far side's configuration is not known.",
    "needs-router-evidence": "Only the router knows.",
    "rule-crashed": "The rule itself failed: a fault in vpnaudit.",
}
"""Why a question stays open: a closed list."""

COLUMNS = (
    *("source", "subject_id", "verdict", "reason", "severity", "sentence", "other_id", "discriminator"),
    *("reasons", "evidence", "action", "changes"),
)
"""What a rule returns: one row a subject, or a subject and other object. `reasons` and `evidence` hold lists of dicts,
`changes` a dict.
"""


@dataclass(frozen=True)
class Reason:
    """One way in which a subject differs from what it should be. Each value is a constant or a Series aligned with the
    subjects.

    `field`: as CloudStack names it. `ours`: CloudStack's side. `theirs`: the far side, for rules about both ends.
    `who`: the side that changes. `when`: rows it holds for (missing: all that fail).
    """

    field: Any
    ours: Any
    expected: Any = None
    theirs: Any = None
    who: Any = Side.NEAR
    when: pd.Series[Any] | None = None


@dataclass(frozen=True)
class Cell:
    """A cell of the estate that a verdict rests on: table, row by id, column, value. Each is a constant or a Series."""

    table: Any
    id: Any
    column: Any
    value: Any


def verdicts(
    subjects: pd.DataFrame,
    *,
    fails: pd.Series[Any],
    sentence: Any,
    applies: pd.Series[Any] | None = None,
    unknown: Any = "unknown-value",
    why: Any = None,
    severity: Any = None,
    other_id: Any = None,
    discriminator: Any = None,
    reasons: Sequence[Reason] = (),
    evidence: Sequence[Cell] = (),
    action: Action | pd.Series[Any] = "",
    changes: Any = None,
) -> pd.DataFrame:
    """One verdict for each row of `subjects`, which has `source` and `id`. The only way from a mask to a judgement.

    `fails` is three-valued: True fails, False passes, missing cannot be told. `applies` likewise: False is not
    applicable, missing cannot be told. `unknown` says why a missing value is missing, one of `CANNOT_TELL`; `why` puts
    it into words, for rows that cannot be told or do not apply. `sentence` says what is wrong, for rows that fail. Each
    argument marked Any is a constant or a Series aligned with `subjects`. Raises `RuleError` for an `action` that is
    none.
    """
    broken = _boolean(fails, subjects)
    applied = (
        _boolean(applies, subjects)
        if applies is not None
        else pd.Series(data=True, index=subjects.index, dtype="boolean")
    )
    # Lists and masks, since a rule judges few rows: as many operations on Series cost more than all rules together.
    conditions = [applied.isna(), ~applied.fillna(value=True), broken.isna(), broken.fillna(value=False)]
    kinds = ["cannot-tell", "not-applicable", "cannot-tell", "fail"]
    verdict = np.select([condition.to_numpy(dtype=bool) for condition in conditions], kinds, "pass")
    failed, open_, anywhere = verdict == "fail", verdict == "cannot-tell", np.full(len(subjects), fill_value=True)
    faults, whys = _cells(sentence, subjects, failed), _cells(why, subjects, ~failed & (verdict != "pass"))
    check_actions(action)
    columns = {
        "source": subjects["source"].array,
        "subject_id": subjects["id"].array,
        "verdict": pd.array(verdict, dtype="string"),
        "reason": _text(unknown, subjects, open_),
        "severity": _text(severity, subjects, failed),
        "sentence": pd.array(
            [fault if fails else reason for fault, reason, fails in zip(faults, whys, failed, strict=True)],
            dtype="string",
        ),
        "other_id": _text(other_id, subjects, anywhere),
        "discriminator": _text(discriminator, subjects, anywhere),
        "reasons": _lists(subjects, failed, [_reason_row(reason) for reason in reasons]),
        "evidence": _lists(subjects, failed, [_cell_row(cell) for cell in evidence]),
        "action": _text(action, subjects, failed),
    }
    acts = columns["action"].fillna("") != ""  # changes that no action makes are none
    columns["changes"] = pd.Series(_cells(changes, subjects, failed & acts), dtype="object")
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _boolean(mask: pd.Series[Any], subjects: pd.DataFrame) -> pd.Series[Any]:
    return mask.reindex(subjects.index).astype("boolean")


def _cells(value: Any, subjects: pd.DataFrame, rows: Any) -> list[Any]:
    """The value of each row, None where it is missing or the row is not among `rows`."""
    if not isinstance(value, pd.Series):
        return [value if keep else None for keep in rows]
    aligned = value.reindex(subjects.index)
    return [
        cell if keep and not missing else None
        for cell, keep, missing in zip(aligned, rows, aligned.isna(), strict=True)
    ]


def _text(value: Any, subjects: pd.DataFrame, rows: Any) -> Any:
    return pd.array([None if cell is None else str(cell) for cell in _cells(value, subjects, rows)], dtype="string")


def _reason_row(reason: Reason) -> tuple[dict[str, Any], pd.Series[Any] | None]:
    columns = {
        "field": reason.field,
        "ours": reason.ours,
        "theirs": reason.theirs,
        "expected": reason.expected,
        "who": reason.who,
    }
    return columns, reason.when


def _cell_row(cell: Cell) -> tuple[dict[str, Any], pd.Series[Any] | None]:
    return {"table": cell.table, "id": cell.id, "column": cell.column, "value": cell.value}, None


def _lists(
    subjects: pd.DataFrame, failed: Any, rows: list[tuple[dict[str, Any], pd.Series[Any] | None]]
) -> pd.Series[Any]:
    """For each failed subject a list of dicts, for each other an empty list."""
    lists: list[list[dict[str, str | None]]] = [[] for _ in range(len(subjects))]
    for columns, when in rows if failed.any() else ():
        holds = failed if when is None else failed & _boolean(when, subjects).fillna(value=False).to_numpy(dtype=bool)
        places = holds.nonzero()[0]
        texts = [_texts(value, subjects, places) for value in columns.values()]
        for place, row in zip(places, zip(*texts, strict=True), strict=True):
            lists[place].append(dict(zip(columns, row, strict=True)))
    return pd.Series(lists, dtype="object")


def _texts(value: Any, subjects: pd.DataFrame, places: Any) -> list[str | None]:
    """The value of each of these rows, as text."""
    if isinstance(value, pd.Series):
        return [_as_api_text(one) for one in value.reindex(subjects.index).iloc[places]]
    return [_as_api_text(value)] * len(places)


def _as_api_text(value: Any) -> str | None:
    """As the API writes it: booleans are `true` and `false`."""
    return None if pd.isna(value) else {"True": "true", "False": "false"}.get(str(value), str(value))


def fingerprint(rule_id: str, *parts: str | None) -> str:
    """The stable name of a finding: rule and immutable ids, so that runs can be compared. 16 hexadecimal digits.

    >>> fingerprint("dpd-off", "prod", "1d4f", None) == fingerprint("dpd-off", "prod", "1d4f", None)
    True
    """
    text = "\x1f".join([rule_id, *("" if part is None else part for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
