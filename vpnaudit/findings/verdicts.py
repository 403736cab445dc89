"""From masks to verdicts: three values stay three, and a finding keeps its reasons and the cells it rests on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypedDict

import numpy as np
import pandas as pd
import pyarrow as pa

from vpnaudit.findings.actions import Action, check_actions
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Places = npt.NDArray[np.intp]

VERDICTS = ("fail", "waived", "cannot-tell", "pass", "not-applicable")

VERDICT: Final = pd.CategoricalDtype(list(VERDICTS))

_FAIL, _, _CANNOT_TELL, _PASS, _NOT_APPLICABLE = range(len(VERDICTS))

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
    """One way in which a subject differs from what it should be. Each value is a constant, a Series aligned with the
    subjects, or a function from the rows that fail.

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


class Finding(TypedDict, total=False):
    """What a rule says of rows that fail: arguments of `verdicts`, each a constant or a Series aligned with them."""

    sentence: Any
    severity: Any
    reasons: Sequence[Reason]
    evidence: Sequence[Cell]
    action: Action | pd.Series[Any]
    changes: Any


def verdicts(
    subjects: pd.DataFrame,
    *,
    fails: pd.Series[Any],
    sentence: Any = None,
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
    finding: Callable[[pd.DataFrame], Finding] | None = None,
) -> pd.DataFrame:
    """One verdict for each row of `subjects`, which has `source` and `id`. The only way from a mask to a judgement.

    `fails` is three-valued: True fails, False passes, missing cannot be told. `applies` likewise: False is not
    applicable, missing cannot be told. `unknown` says why a missing value is missing, one of `CANNOT_TELL`; `why` puts
    it into words, for rows that cannot be told or do not apply. `sentence` says what is wrong, for rows that fail. Each
    argument marked Any is a constant or a Series aligned with `subjects`; but for `other_id` and `discriminator` it may
    be a function too, from the rows that it is for, which is called where there are any. Raises `RuleError` for an
    `action` that is none.

    `finding` is such a function for sentence, severity, reasons, evidence, action and changes together: what costs
    something is worked out for rows that fail, and for no others.
    """
    codes = _codes(subjects, fails, applies)
    failed, open_ = np.flatnonzero(codes == _FAIL), np.flatnonzero(codes == _CANNOT_TELL)
    unjudged = np.flatnonzero((codes == _CANNOT_TELL) | (codes == _NOT_APPLICABLE))
    check_actions(action)
    columns: dict[str, Any] = {
        "source": subjects["source"].array,
        "subject_id": subjects["id"].array,
        "verdict": pd.Categorical.from_codes(codes, dtype=VERDICT),
        "reason": _text(unknown, subjects, open_),
        "other_id": _aligned(other_id, subjects),
        "discriminator": _aligned(discriminator, subjects),
    }
    whys = _cells(why, subjects, unjudged)
    words: Finding = {
        "sentence": sentence,
        "severity": severity,
        "reasons": reasons,
        "evidence": evidence,
        "action": action,
        "changes": changes,
    }
    if finding is not None and len(failed):
        words = finding(subjects.iloc[failed])
        check_actions(words.get("action", ""))
    columns |= _of_failed(words, subjects, failed, (unjudged, whys))
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _of_failed(
    words: Finding, subjects: pd.DataFrame, failed: Places, unjudged: tuple[Places, list[Any]]
) -> dict[str, Any]:
    """The columns that are filled for rows that fail; the sentence also for those that are not judged."""
    count, places = len(subjects), np.concatenate([failed, unjudged[0]])
    faults = _cells(words.get("sentence"), subjects, failed)
    actions = _cells(words.get("action", ""), subjects, failed)
    acts = [bool(name) for name in actions]  # changes that no action makes are none
    changes = [
        change if on else None for change, on in zip(_cells(words.get("changes"), subjects, failed), acts, strict=True)
    ]
    return {
        "severity": _scattered(_cells(words.get("severity"), subjects, failed), failed, count),
        "sentence": _scattered([*faults, *unjudged[1]], places, count),
        "reasons": _lists(subjects, failed, [_reason_row(reason) for reason in words.get("reasons", ())]),
        "evidence": _lists(subjects, failed, [_cell_row(cell) for cell in words.get("evidence", ())]),
        "action": _scattered(actions, failed, count),
        "changes": _objects(changes, failed, count, None),
    }


def _codes(subjects: pd.DataFrame, fails: pd.Series[Any], applies: pd.Series[Any] | None) -> npt.NDArray[np.int8]:
    """For each row the place of its verdict in `VERDICTS`."""
    fail, fail_missing = _boolean(fails, subjects)
    codes = np.where(fail_missing, _CANNOT_TELL, np.where(fail, _FAIL, _PASS)).astype("int8")
    if applies is not None:
        apply, apply_missing = _boolean(applies, subjects)
        codes[~apply] = _NOT_APPLICABLE
        codes[apply_missing] = _CANNOT_TELL
    return codes


def _boolean(mask: pd.Series[Any], subjects: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The values, and where they are missing."""
    values = _for_rows(mask, subjects)
    if values.dtype == bool:
        return values.to_numpy(), np.zeros(len(values), dtype=bool)
    three = values.astype("boolean")
    return three.to_numpy(dtype=bool, na_value=False), three.isna().to_numpy()


def _for_rows(value: pd.Series[Any], subjects: pd.DataFrame) -> pd.Series[Any]:
    return value if value.index is subjects.index else value.reindex(subjects.index)


def _cells(value: Any, subjects: pd.DataFrame, places: Places) -> list[Any]:
    """The value at each of these rows, None where it is missing; a function gives the values of these rows."""
    if not len(places):
        return []
    if callable(value):
        value = value(subjects.iloc[places])
    if not isinstance(value, pd.Series):
        return [value] * len(places)
    part = value.iloc[places] if value.index is subjects.index else value.reindex(subjects.index[places])
    return [None if missing else cell for cell, missing in zip(part.tolist(), part.isna().tolist(), strict=True)]


def _aligned(value: Any, subjects: pd.DataFrame) -> Any:
    """The value of every row, as text."""
    if isinstance(value, pd.Series):
        return _for_rows(value, subjects).astype("string").array
    return _scattered([] if value is None else [value] * len(subjects), np.arange(len(subjects)), len(subjects))


def _text(value: Any, subjects: pd.DataFrame, places: Places) -> Any:
    return _scattered(_cells(value, subjects, places), places, len(subjects))


def _scattered(cells: list[Any], places: Places, count: int) -> Any:
    """A column of texts that are missing but at these places."""
    if not cells:
        return pd.array(pa.nulls(count, pa.large_string()), dtype="string")
    texts = np.full(count, None, dtype="object")
    texts[places] = [None if cell is None else str(cell) for cell in cells]
    return pd.array(texts, dtype="string")


def _objects(cells: list[Any], places: Places, count: int, otherwise: Any) -> pd.Series[Any]:
    column = np.empty(count, dtype="object")
    column.fill(otherwise)
    for place, cell in zip(places, cells, strict=True):
        column[place] = cell
    return pd.Series(column, dtype="object")


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
    subjects: pd.DataFrame, failed: Places, rows: list[tuple[dict[str, Any], pd.Series[Any] | None]]
) -> pd.Series[Any]:
    """For each failed subject a list of dicts, for each other an empty list."""
    lists: list[list[dict[str, str | None]]] = [[] for _ in failed]
    for columns, when in rows if len(failed) else ():
        holds = _cells(when, subjects, failed) if when is not None else [True] * len(failed)
        texts = [[_as_api_text(cell) for cell in _cells(value, subjects, failed)] for value in columns.values()]
        for row, of_row, holding in zip(lists, zip(*texts, strict=True), holds, strict=True):
            if holding:
                row.append(dict(zip(columns, of_row, strict=True)))
    return _objects(lists, failed, len(subjects), [])


def _as_api_text(value: Any) -> str | None:
    """As the API writes it: booleans are `true` and `false`."""
    return None if value is None else {"True": "true", "False": "false"}.get(str(value), str(value))


def fingerprint(rule_id: str, *parts: str | None) -> str:
    """The stable name of a finding: rule and immutable ids, so that runs can be compared. 16 hexadecimal digits.

    >>> fingerprint("dpd-off", "prod", "1d4f", None) == fingerprint("dpd-off", "prod", "1d4f", None)
    True
    """
    text = "\x1f".join([rule_id, *("" if part is None else part for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
