"""Verdicts and what is made of them: severities, the `@rule` decorator, three-valued masks, fingerprints."""

from __future__ import annotations

import hashlib
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import pandas as pd

from vpnaudit.errors import RuleError
from vpnaudit.estate import tables
from vpnaudit.estate.subjects import KINDS
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vpnaudit.policy import Policy

SEVERITIES = ("critical", "high", "medium", "low", "info")
"""Worst first."""

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

HEADINGS = ("What it finds", "Why it matters", "How to fix it", "What it cannot see", "References")

COLUMNS = (
    *("source", "subject_id", "verdict", "reason", "severity", "sentence", "other_id", "discriminator"),
    *("reasons", "evidence", "action", "changes"),
)
"""What a rule returns: one row a subject, or a subject and other object. `reasons` and `evidence` hold lists of dicts,
`changes` a dict.
"""

Action = Literal[
    "update-customer-gateway",
    "recreate-connection",
    "reset-connection",
    "delete-customer-gateway",
    "delete-vpn-gateway",
    "delete-connection",
    "create-connection-back",
    "replace-acl",
    "rewrite-acl",
    "update-acl-rule",
    "reapply-acl",
    "change-setting",
    "upgrade",
    "clamp-mss",
    "",
]
"""What would mend a finding, as `plan/` turns into commands; empty: no single command does."""


class Tables(tables.Tables, Protocol):
    """What a rule sees: tables by name, and the time of collection."""

    @property
    def collected_at(self) -> pd.Timestamp | None:
        """When the latest collection began, in UTC."""


@dataclass(frozen=True)
class Rule:
    """One rule: what machines read of it. `text` holds the sections of its docstring by heading, `title` its first
    line.
    """

    id: str
    severity: str
    subject: str
    reads: tuple[str, ...]
    needs: tuple[str, ...]
    absence: tuple[str, ...]
    across: bool
    yields_to: tuple[str, ...]
    title: str
    text: dict[str, str]
    find: Callable[[Tables, Policy], pd.DataFrame]


def rule(
    *,
    severity: str,
    subject: str,
    reads: Sequence[str],
    needs: Sequence[str] = (),
    absence: Sequence[str] = (),
    across: bool = False,
    yields_to: Sequence[str] = (),
) -> Callable[[Callable[[Tables, Policy], pd.DataFrame]], Rule]:
    """Make a rule of a function `(estate, policy) -> verdicts(…)`. Its id is the file's name, its documentation the
    module's docstring.

    `severity` is the severity of its findings unless a row says otherwise. `subject` is one of `KINDS`: what one
    verdict is about. `reads` names every table it reads, derived ones too; others are refused. `needs`: tables that
    must be whole for a *pass* (a missing sibling could overlap). `absence`: tables that must be whole for a *fail* too
    (an unused gateway may be used by what was not seen). `across`: whole in all sources, not only in the subject's own.
    `yields_to`: rules that name the same cause better; where one of them fails for the same subject, this one is not
    applicable.
    """

    def make(find: Callable[[Tables, Policy], pd.DataFrame]) -> Rule:
        module = inspect.getmodule(find)
        name = find.__module__.rpartition(".")[2].replace("_", "-")
        if severity not in SEVERITIES or subject not in KINDS:
            raise RuleError(f"Rule {name}: severity is one of {SEVERITIES}, subject one of {tuple(KINDS)}.")
        title, text = sections(module.__doc__ or "" if module else "", name)
        return Rule(
            name,
            severity,
            subject,
            tuple(reads),
            tuple(needs),
            tuple(absence),
            across,
            tuple(yields_to),
            title,
            text,
            find,
        )

    return make


def sections(docstring: str, name: str) -> tuple[str, dict[str, str]]:
    """Title and sections of a rule's docstring; raises `RuleError` unless each of `HEADINGS` is there, in order, with
    text.
    """
    doc = inspect.cleandoc(docstring)
    parts = re.split(rf"^({'|'.join(HEADINGS)}):", doc, flags=re.MULTILINE)
    found = {heading: " ".join(text.split()) for heading, text in zip(parts[1::2], parts[2::2], strict=True)}
    title = " ".join(parts[0].split())
    if tuple(found) != HEADINGS or not title or not all(found.values()):
        raise RuleError(
            f"Rule {name}: its docstring needs a first line and, in this order and with text, the headings"
            f" {', '.join(HEADINGS)}."
        )
    return title, found


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
    action: Any = "",
    changes: Any = None,
) -> pd.DataFrame:
    """One verdict for each row of `subjects`, which has `source` and `id`. The only way from a mask to a judgement.

    `fails` is three-valued: True fails, False passes, missing cannot be told. `applies` likewise: False is not
    applicable, missing cannot be told. `unknown` says why a missing value is missing, one of `CANNOT_TELL`; `why` puts
    it into words, for rows that cannot be told or do not apply. `sentence` says what is wrong, for rows that fail. Each
    argument marked Any is a constant or a Series aligned with `subjects`.
    """
    broken = _boolean(fails, subjects)
    applied = (
        _boolean(applies, subjects)
        if applies is not None
        else pd.Series(data=True, index=subjects.index, dtype="boolean")
    )
    # Lists and masks, since a rule judges few rows: as many operations on Series cost more than all rules together.
    doubts = [applied.isna(), ~applied.fillna(value=True), broken.isna(), broken.fillna(value=False)]
    kinds = ["cannot-tell", "not-applicable", "cannot-tell", "fail"]
    verdict = np.select([doubt.to_numpy(dtype=bool) for doubt in doubts], kinds, "pass")
    failed, open_, anywhere = verdict == "fail", verdict == "cannot-tell", np.full(len(subjects), fill_value=True)
    said, unsaid = _cells(sentence, subjects, failed), _cells(why, subjects, ~failed & (verdict != "pass"))
    columns = {
        "source": subjects["source"].array,
        "subject_id": subjects["id"].array,
        "verdict": pd.array(verdict, dtype="string"),
        "reason": _text(unknown, subjects, open_),
        "severity": _text(severity, subjects, failed),
        "sentence": pd.array(
            [one if fails else two for one, two, fails in zip(said, unsaid, failed, strict=True)], dtype="string"
        ),
        "other_id": _text(other_id, subjects, anywhere),
        "discriminator": _text(discriminator, subjects, anywhere),
        "reasons": _lists(subjects, failed, [_reason_row(reason) for reason in reasons]),
        "evidence": _lists(subjects, failed, [_cell_row(cell) for cell in evidence]),
        "action": _text(action, subjects, failed),
        "changes": pd.Series(_cells(changes, subjects, failed), dtype="object"),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _boolean(mask: pd.Series[Any], subjects: pd.DataFrame) -> pd.Series[Any]:
    return mask.reindex(subjects.index).astype("boolean")


def _cells(value: Any, subjects: pd.DataFrame, kept: Any) -> list[Any]:
    """The value of each row, None where it is missing or not kept."""
    if not isinstance(value, pd.Series):
        return [value if keep else None for keep in kept]
    aligned = value.reindex(subjects.index)
    return [
        cell if keep and not missing else None
        for cell, keep, missing in zip(aligned, kept, aligned.isna(), strict=True)
    ]


def _text(value: Any, subjects: pd.DataFrame, kept: Any) -> Any:
    return pd.array([None if cell is None else str(cell) for cell in _cells(value, subjects, kept)], dtype="string")


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
        return [_shown(one) for one in value.reindex(subjects.index).iloc[places]]
    return [_shown(value)] * len(places)


def _shown(value: Any) -> str | None:
    """As the API writes it: booleans are `true` and `false`."""
    return None if pd.isna(value) else {"True": "true", "False": "false"}.get(str(value), str(value))


def fingerprint(rule_id: str, *parts: str | None) -> str:
    """The stable name of a finding: rule and immutable ids, so that runs can be compared. 16 hexadecimal digits.

    >>> fingerprint("dpd-off", "prod", "1d4f", None) == fingerprint("dpd-off", "prod", "1d4f", None)
    True
    """
    text = "\x1f".join([rule_id, *("" if part is None else part for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
