"""Estate, rules and policy become verdicts: findings, and coverage, which says what could not be judged and why.

Pure: the same estate and policy give the same bytes. The time is the time of collection.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vpnaudit.errors import ConfigError
from vpnaudit.estate.dependents import connections_of_subjects
from vpnaudit.estate.gap_places import GapPlaces
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.estate.subjects import KINDS
from vpnaudit.estate.tables import records
from vpnaudit.findings import COLUMNS, SEVERITIES, Rule
from vpnaudit.findings.foundation import founded
from vpnaudit.findings.ledger import Ledger, Sheet
from vpnaudit.findings.subject_index import SubjectIndex
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

    from vpnaudit.estate import Estate
    from vpnaudit.policy import Policy, Waiver

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Audit:
    """What an estate was judged to be under a policy.

    `coverage` has one row for every verdict, `findings` the failed and waived ones among them, worst first; columns:
    `OUTPUT`. An estate has a hundred verdicts a connection, so coverage is made when it is asked for: what `ledger`
    counts needs none of it. `expired` are waivers that no longer count at the time of collection.
    """

    estate: Estate
    policy: Policy
    ledger: Ledger
    expired: tuple[Waiver, ...]

    @property
    def coverage(self) -> pd.DataFrame:
        """Every verdict, findings first."""
        return self.ledger.coverage

    @property
    def findings(self) -> pd.DataFrame:
        """Failed and waived verdicts, worst first."""
        return self.ledger.findings

    @cached_property
    def open(self) -> pd.DataFrame:
        """Findings that nobody waived."""
        return self.findings[self.findings["verdict"] == "fail"].reset_index(drop=True)

    @property
    def cannot_tell(self) -> pd.DataFrame:
        """The verdicts that could not be told, and why, as coverage has them."""
        return self.ledger.cannot_tell

    @property
    def counts(self) -> dict[str, int]:
        """Verdicts by kind; every kind is there."""
        return {str(kind): int(count) for kind, count in self.ledger.counts_by_rule.sum().items()}

    @property
    def by_severity(self) -> dict[str, int]:
        """Open findings by severity; every severity is there."""
        count = self.open["severity"].value_counts()
        return {severity: int(count.get(severity, 0)) for severity in SEVERITIES}

    @property
    def coverage_percent(self) -> int:
        """Share of the verdicts that apply which could be judged, rounded down: 100 means that nothing was left
        open.
        """
        counts = self.counts
        judged = counts["fail"] + counts["waived"] + counts["pass"]
        return 100 * judged // max(judged + counts["cannot-tell"], 1)

    @cached_property
    def findings_by_connection(self) -> pd.DataFrame:
        """Which findings touch which connections: a finding on an object touches every connection that depends on it.

        One row a finding and connection, worst finding first; columns: source, connection_id, fingerprint, severity,
        verdict (fail or waived). What depends on what: `estate.dependents`. A finding on a source or an offering has
        no row.
        """
        keys = ["source", "subject_kind", "subject_id"]
        findings = self.findings[[*keys, "fingerprint", "severity", "verdict"]]
        rows = findings.merge(connections_of_subjects(self.estate, findings), on=keys)
        return rows[["source", "connection_id", "fingerprint", "severity", "verdict"]]

    def connections_with_findings(self, severity: str = SEVERITIES[-1]) -> pd.DataFrame:
        """The connections that an open finding of this severity or a worse one touches. Columns: source,
        connection_id.
        """
        counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        rows = self.findings_by_connection
        rows = rows[(rows["verdict"] == "fail") & rows["severity"].isin(counted)]
        return rows[["source", "connection_id"]].drop_duplicates(ignore_index=True)

    @property
    def clear_connections(self) -> tuple[int, int]:
        """Connections that no open critical or high finding touches, and connections in all."""
        count = len(self.estate["connections"].drop_duplicates(["source", "id"]))
        return count - len(self.connections_with_findings("high")), count

    @property
    def crashed(self) -> list[str]:
        """The rules that failed themselves, a fault in vpnaudit."""
        return self.ledger.rules_with_reason("rule-crashed")

    @property
    def exit_code(self) -> int:
        """0: nothing at or above `policy.fail_on`. 1: findings. 2: less was seen than was asked for; 2 wins over 1."""
        gaps = self.estate["gaps"]
        unexpected = bool((~gaps["expected"].fillna(value=False)).any())
        if unexpected or self.crashed or self.coverage_percent < self.policy.coverage_min_percent:
            return 2
        counted = SEVERITIES[: SEVERITIES.index(self.policy.fail_on) + 1]
        return int(bool(self.open["severity"].isin(counted).any()))


def audit(estate: Estate, policy: Policy, rules: Iterable[Rule] | None = None) -> Audit:
    """Judge the estate by all rules, or by those given."""
    rules = list(all_rules().values() if rules is None else rules)
    unknown = sorted({waiver.rule for waiver in policy.waivers} - set(all_rules()))
    if unknown:
        raise ConfigError(
            f"The policy waives rules that do not exist: {', '.join(unknown)}. `vpnaudit rules` lists all."
        )
    index = SubjectIndex(estate["subjects"])
    sheets = _yield(_sheets(estate, policy, rules, index), rules, estate, index)
    sheets, expired = _waive(sheets, policy.waivers, estate.collected_at, index)
    return Audit(estate, policy, Ledger(sheets, index), expired)


def _sheets(estate: Estate, policy: Policy, rules: Sequence[Rule], index: SubjectIndex) -> list[Sheet]:
    gaps = row_gaps(estate["gaps"])
    unseen = {kind: _unseen(kind, gaps) for kind in {rule.subject for rule in rules}}
    places = GapPlaces(estate, gaps)
    sheets = []
    for rule in rules:
        rows, failed = _judge(rule, estate, policy, places, unseen[rule.subject])
        sheets.append(Sheet.of(rule, rows, failed, index))
    return sheets


def _judge(
    rule: Rule, estate: Estate, policy: Policy, places: GapPlaces, unseen: pd.DataFrame
) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """The verdicts, and which rows the rule itself failed: what it says of those stays when a gap takes the verdict
    back.
    """
    try:
        rows = rule.find(estate.only(rule.reads), policy)
    except Exception:
        # Whatever a rule raises becomes "not assessed" for all that it would have judged: silence must never read as
        # health.
        log.exception("Rule %s failed; what it would have judged is shown as not assessed.", rule.id)
        rows = _cannot_tell(
            [(source, None) for source in estate.sources], "rule-crashed", "the rule itself failed: a fault in vpnaudit"
        )
        return rows, np.array([], dtype="intp")
    failed = np.flatnonzero(rows["verdict"] == "fail")
    rows = founded(rule, rows, places, estate)
    return pd.concat([rows, unseen], ignore_index=True) if len(unseen) else rows, failed


def _unseen(kind: str, gaps: pd.DataFrame) -> pd.DataFrame:
    """Subjects that were not collected: one row an object where it is known which, else one a source."""
    holes = gaps[gaps["table"] == KINDS[kind]].drop_duplicates(["source", "subject_id"])
    parts = [
        _cannot_tell([(hole["source"], hole["subject_id"])], hole["reason"], f"not collected: {hole['text']}")
        for hole in records(holes)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _cannot_tell(subjects: list[tuple[str, Any]], reason: str, sentence: str) -> pd.DataFrame:
    rows = [
        {
            "source": source,
            "subject_id": subject,
            "verdict": "cannot-tell",
            "reason": reason,
            "sentence": sentence,
            "reasons": [],
            "evidence": [],
        }
        for source, subject in subjects
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    texts = [column for column in COLUMNS if column not in ("reasons", "evidence", "changes")]
    return frame.astype(dict.fromkeys(texts, "string"))


def _yield(sheets: list[Sheet], rules: Sequence[Rule], estate: Estate, index: SubjectIndex) -> list[Sheet]:
    """Where another rule names the same cause for the same subject, or for the customer gateway of that connection,
    this one steps back. The first better rule is the one that is named.
    """
    failed = {sheet.rule: sheet.subjects[sheet.places("fail")] for sheet in sheets}
    kinds = {rule.id: rule.subject for rule in rules}

    def stepped_back(sheet: Sheet, better: str) -> Sheet:
        places, hits = sheet.places("fail"), failed[better]
        if len(places) and len(hits) and (sheet.kind, kinds[better]) == ("connection", "customer gateway"):
            hits = _connections_of(hits, estate, index)
        steps = places[np.isin(sheet.subjects[places], hits)]
        return sheet.turned(steps, "not-applicable", f"see {better}") if len(steps) else sheet

    betters = {rule.id: [better for better in rule.yields_to if better in failed] for rule in rules}
    return [reduce(stepped_back, betters[sheet.rule], sheet) for sheet in sheets]


def _connections_of(gateways: npt.NDArray[np.int32], estate: Estate, index: SubjectIndex) -> npt.NDArray[np.int32]:
    ends = estate["connections"][["source", "id", "customer_gateway_id"]].dropna()
    far = index.numbers("customer gateway", ends["source"].array, ends["customer_gateway_id"].array)
    return index.numbers("connection", ends["source"].array, ends["id"].array)[np.isin(far, gateways)]


def _waive(
    sheets: list[Sheet], waivers: Iterable[Waiver], at: pd.Timestamp | None, index: SubjectIndex
) -> tuple[list[Sheet], tuple[Waiver, ...]]:
    expired = []
    for waiver in waivers:
        if at is not None and waiver.until < at.date():
            expired.append(waiver)
            continue
        sheets = [_waived(sheet, waiver.subject, index) if sheet.rule == waiver.rule else sheet for sheet in sheets]
    return sheets, tuple(expired)


def _waived(sheet: Sheet, subject: str, index: SubjectIndex) -> Sheet:
    places = sheet.places("fail")
    ids = index.table["id"].iloc[sheet.subjects[places]]
    return sheet.turned(places[(ids == subject).fillna(value=False) | (subject == "*")], "waived")
