"""Every verdict as numbers: rule, subject, verdict. Words are kept where there are any, and names, fingerprints and the
order are made for those that somebody asks for: of ten verdicts nine are passes that nobody reads.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.matching import as_arrow
from vpnaudit.findings.rule import SEVERITIES
from vpnaudit.findings.subject_index import PATH
from vpnaudit.findings.verdicts import VERDICT, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from vpnaudit.findings.rule import Rule
    from vpnaudit.findings.subject_index import SubjectIndex

    Places = npt.NDArray[np.intp]

OUTPUT = (
    *(
        "fingerprint",
        "rule",
        "severity",
        "verdict",
        "reason",
        "subject_kind",
        "subject_id",
        "subject",
        "other_id",
        "other",
        "source",
    ),
    *(*PATH, "sentence", "reasons", "evidence", "action", "changes", "discriminator"),
)
"""Columns of coverage and findings. All strings but reasons and evidence (lists of dicts) and changes (a dict or
nothing).
"""

FINDINGS: Final = ("fail", "waived")

_CODE: Final = {name: code for code, name in enumerate(VERDICTS)}
_TEXTS: Final = ("reason", "sentence", "other_id", "discriminator")
_LISTS: Final = ("reasons", "evidence", "changes")
_SEPARATOR: Final = pa.scalar("\x1f", pa.large_string())


@dataclass(frozen=True)
class Sheet:
    """The verdicts of one rule. `texts` are columns with few different values, those that are empty left out; `details`
    what the rule said of the rows `failed`, which it failed itself.
    """

    rule: str
    kind: str
    subjects: npt.NDArray[np.int32]
    codes: npt.NDArray[np.int8]
    texts: dict[str, pa.DictionaryArray]
    failed: Places
    details: dict[str, list[Any]]

    @classmethod
    def of(cls, rule: Rule, rows: pd.DataFrame, failed: Places, index: SubjectIndex) -> Sheet:
        """The sheet of verdicts as `verdicts` gives them; `failed` are the rows that the rule itself failed."""
        texts = {name: as_arrow(rows[name].array) for name in _TEXTS}
        words = {name: as_arrow(rows[name].iloc[failed].array).to_pylist() for name in ("severity", "action")}
        words["severity"] = [severity or rule.severity for severity in words["severity"]]
        return cls(
            rule.id,
            rule.subject,
            index.numbers(rule.subject, rows["source"].array, rows["subject_id"].array),
            np.asarray(rows["verdict"].astype(VERDICT).cat.codes, dtype=np.int8),
            {name: text.dictionary_encode() for name, text in texts.items() if text.null_count < len(text)},
            failed,
            {**{name: rows[name].iloc[failed].tolist() for name in _LISTS}, **words},
        )

    def places(self, *verdicts: str) -> Places:
        """The rows with one of these verdicts."""
        return np.flatnonzero(np.isin(self.codes, [_CODE[verdict] for verdict in verdicts]))

    def turned(self, places: Places, verdict: str, sentence: str | None = None) -> Sheet:
        """The sheet with another verdict in these rows, and another sentence where one is given."""
        codes = self.codes.copy()
        codes[places] = _CODE[verdict]
        if sentence is None:
            return replace(self, codes=codes)
        words = self.text("sentence").to_numpy(zero_copy_only=False).copy()
        words[places] = sentence
        return replace(
            self, codes=codes, texts={**self.texts, "sentence": pa.array(words, pa.large_string()).dictionary_encode()}
        )

    def text(self, name: str, places: Places | None = None) -> pa.Array:
        """One of the texts, of these rows or of all."""
        count = len(self.codes) if places is None else len(places)
        if name not in self.texts:
            return pa.nulls(count, pa.large_string())
        column = self.texts[name] if places is None else self.texts[name].take(pa.array(places))
        return column.dictionary_decode()


@dataclass(frozen=True)
class Part:
    """Some rows of a sheet, in order, and their fingerprints."""

    sheet: Sheet
    places: Places
    fingerprints: npt.NDArray[np.uint64]

    def rows(self, some: slice) -> Part:
        """Some of these rows."""
        return Part(self.sheet, self.places[some], self.fingerprints[some])

    @property
    def numbers(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8], npt.NDArray[np.uint64]]:
        """Subjects, codes of verdicts, and fingerprints."""
        return self.sheet.subjects[self.places], self.sheet.codes[self.places], self.fingerprints

    def details(self, name: str) -> npt.NDArray[np.object_]:
        """What the rule said of these rows; of those that it did not fail, nothing."""
        column = np.empty(len(self.places), dtype="object")
        column.fill([] if name in ("reasons", "evidence") else None)
        _, rows, cells = np.intersect1d(self.places, self.sheet.failed, assume_unique=True, return_indices=True)
        for row, cell in zip(rows, cells, strict=True):
            column[row] = self.sheet.details[name][cell]
        return column


class Ledger:
    """The verdicts of an audit: one sheet a rule."""

    def __init__(self, sheets: Sequence[Sheet], index: SubjectIndex) -> None:
        self.sheets, self.index = sorted(sheets, key=lambda sheet: sheet.rule), index
        self.rules = tuple(sheet.rule for sheet in self.sheets)

    @cached_property
    def counts_by_rule(self) -> pd.DataFrame:
        """How many verdicts of each kind: a row a rule, a column a kind."""
        counts = [np.bincount(sheet.codes, minlength=len(VERDICTS)) for sheet in self.sheets]
        names = pd.Index(self.rules, name="rule")
        frame = pd.DataFrame(np.array(counts).reshape(-1, len(VERDICTS)), index=names, columns=list(VERDICTS))
        return frame.groupby(level=0).sum()

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Failed and waived verdicts, worst first: then by rule, source, subject and fingerprint. Columns: `OUTPUT`."""
        parts = [self._part(sheet, sheet.places(*FINDINGS)) for sheet in self.sheets]
        frame = self.frame([part for part in parts if len(part.places)])
        severity = frame["severity"].map({name: rank for rank, name in enumerate(SEVERITIES)}).to_numpy(dtype="int64")
        return frame.iloc[np.argsort(severity, kind="stable")].reset_index(drop=True)

    @cached_property
    def coverage(self) -> pd.DataFrame:
        """Every verdict: the findings, then the others by rule, source, subject and fingerprint."""
        return pd.concat([self.findings, self.frame(list(self.others()))], ignore_index=True)

    @cached_property
    def cannot_tell(self) -> pd.DataFrame:
        """The verdicts that could not be told, by rule. Columns: `OUTPUT`."""
        parts = [self._part(sheet, sheet.places("cannot-tell")) for sheet in self.sheets]
        return self.frame([part for part in parts if len(part.places)])

    @cached_property
    def counts_by_reason(self) -> dict[str, int]:
        """How many verdicts could not be told for each reason, most first, then as coverage has them."""
        counts: dict[str, int] = {}
        for sheet in self.sheets:
            places = sheet.places("cannot-tell")
            places = places[np.argsort(self.index.ranks[sheet.subjects[places]], kind="stable")]
            for pair in sheet.text("reason", places).value_counts().to_pylist():
                counts[pair["values"]] = counts.get(pair["values"], 0) + pair["counts"]
        return dict(sorted(counts.items(), key=lambda pair: -pair[1]))

    def rules_with_reason(self, reason: str) -> list[str]:
        """The rules that left a verdict open for this reason."""
        texts = {sheet.rule: sheet.texts["reason"].dictionary for sheet in self.sheets if "reason" in sheet.texts}
        return [rule for rule, reasons in texts.items() if reason in reasons.to_pylist()]

    def others(self) -> Iterator[Part]:
        """The verdicts that are no findings, rule by rule and in order."""
        for sheet in self.sheets:
            yield self._part(sheet, np.flatnonzero(~np.isin(sheet.codes, [_CODE[verdict] for verdict in FINDINGS])))

    def _part(self, sheet: Sheet, places: Places) -> Part:
        fingerprints = self.fingerprints(sheet, places)
        order = np.lexsort((fingerprints, self.index.ranks[sheet.subjects[places]]))
        return Part(sheet, places[order], fingerprints[order])

    def frame(self, parts: Sequence[Part]) -> pd.DataFrame:
        """These rows with names and words. Columns: `OUTPUT`."""
        if not parts:
            return empty()
        numbers, codes, fingerprints = (
            np.concatenate(column)
            for column in zip(
                *(
                    (part.sheet.subjects[part.places], part.sheet.codes[part.places], part.fingerprints)
                    for part in parts
                ),
                strict=True,
            )
        )
        subjects = self.index.table.iloc[numbers].reset_index(drop=True)
        texts = {name: pa.concat_arrays([part.sheet.text(name, part.places) for part in parts]) for name in _TEXTS}
        details = {
            name: np.concatenate([part.details(name) for part in parts]) for name in ("severity", "action", *_LISTS)
        }
        details["severity"][~np.isin(codes, [_CODE[verdict] for verdict in FINDINGS])] = None
        columns = {
            "fingerprint": hexadecimal(fingerprints),
            "rule": np.repeat([part.sheet.rule for part in parts], [len(part.places) for part in parts]),
            "verdict": np.array(VERDICTS, dtype="object")[codes],
            "subject_kind": subjects["kind"].array,
            "subject_id": subjects["id"].array,
            "other": pa.concat_arrays([self.others_of(part)[1] for part in parts]),
            **texts,
            **{name: subjects[name].array for name in ("subject", "source", *PATH)},
            **{name: details[name] for name in ("severity", "action")},
        }
        typed = {name: pd.array(cells, dtype=STRING) for name, cells in columns.items()}
        lists = {name: details[name] for name in ("reasons", "evidence", "changes")}
        return pd.DataFrame({**typed, **lists}, columns=list(OUTPUT))

    def others_of(self, part: Part) -> tuple[pa.Array, pa.Array]:
        """The ids and the names of the other objects of these rows."""
        ids = part.sheet.text("other_id", part.places)
        if ids.null_count == len(ids):
            return ids, ids
        column = part.sheet.texts["other_id"]
        names = self.index.names(column.dictionary).take(column.indices.take(pa.array(part.places)))
        return ids, names

    def fingerprints(self, sheet: Sheet, places: Places) -> npt.NDArray[np.uint64]:
        """The fingerprint of each of these rows as a number: its 16 hexadecimal digits, so that both have one order."""
        parts = [self._subject_keys.take(pa.array(sheet.subjects[places]))]
        parts += [pc.fill_null(sheet.text(name, places), "") for name in ("other_id", "discriminator")]
        texts = pc.binary_join_element_wise(pa.scalar(sheet.rule, pa.large_string()), *parts, _SEPARATOR)
        digest = hashlib.sha256
        digests = [digest(text).digest()[:8] for text in texts.cast(pa.large_binary()).to_pylist()]
        return np.frombuffer(b"".join(digests), dtype=">u8").astype("uint64")

    @cached_property
    def _subject_keys(self) -> pa.Array:
        table = self.index.table
        source, subject = (pc.fill_null(as_arrow(table[name].array), "") for name in ("source", "id"))
        return pc.binary_join_element_wise(source, subject, _SEPARATOR)


def empty() -> pd.DataFrame:
    """No verdicts, with all columns."""
    kinds = {name: "object" if name in ("reasons", "evidence", "changes") else STRING for name in OUTPUT}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def hexadecimal(fingerprints: npt.NDArray[np.uint64]) -> pa.Array:
    """Fingerprints as they are written."""
    text = fingerprints.astype(">u8").tobytes().hex()
    offsets = np.arange(len(fingerprints) + 1, dtype="int64") * 16
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(text.encode())]
    return pa.Array.from_buffers(pa.large_string(), len(fingerprints), buffers)
