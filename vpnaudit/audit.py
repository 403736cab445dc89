"""Estate, rules and policy become verdicts: findings, and coverage, which says what could not be judged and why.

Pure: the same estate and policy give the same bytes. The time is the time of collection.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.errors import ConfigError
from vpnaudit.estate.gap_places import GapPlaces
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.estate.subjects import KINDS
from vpnaudit.estate.tables import records
from vpnaudit.findings import COLUMNS, SEVERITIES, Rule, fingerprint
from vpnaudit.findings.foundation import founded
from vpnaudit.rules import all_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vpnaudit.estate import Estate
    from vpnaudit.policy import Policy, Waiver

log = logging.getLogger(__name__)

_PATH = ("zone", "domain", "account", "project", "vpc", "customer_gateway")
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
    *(*_PATH, "sentence", "reasons", "evidence", "action", "changes", "discriminator"),
)
"""Columns of coverage and findings. All strings but reasons and evidence (lists of dicts) and changes (a dict or
nothing).
"""


@dataclass(frozen=True)
class Audit:
    """What an estate was judged to be under a policy.

    `coverage` has one row for every verdict, `findings` the failed and waived ones among them, worst first; columns:
    `OUTPUT`. `expired` are waivers that no longer count at the time of collection.
    """

    estate: Estate
    policy: Policy
    coverage: pd.DataFrame
    expired: tuple[Waiver, ...]

    @property
    def findings(self) -> pd.DataFrame:
        """Failed and waived verdicts, worst first."""
        return self.coverage[self.coverage["verdict"].isin(["fail", "waived"])].reset_index(drop=True)

    @property
    def open(self) -> pd.DataFrame:
        """Findings that nobody waived."""
        return self.coverage[self.coverage["verdict"] == "fail"].reset_index(drop=True)

    @property
    def counts(self) -> dict[str, int]:
        """Verdicts by kind; every kind is there."""
        count = self.coverage["verdict"].value_counts()
        return {kind: int(count.get(kind, 0)) for kind in ("fail", "waived", "cannot-tell", "pass", "not-applicable")}

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
        rows = findings.merge(self.estate["connections_by_subject"], on=keys)
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
    def exit_code(self) -> int:
        """0: nothing at or above `policy.fail_on`. 1: findings. 2: less was seen than was asked for; 2 wins over 1."""
        gaps = self.estate["gaps"]
        unexpected = bool((~gaps["expected"].fillna(value=False)).any())
        crashed = bool((self.coverage["reason"] == "rule-crashed").any())
        if unexpected or crashed or self.coverage_percent < self.policy.coverage_min_percent:
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
    rows = verdict_rows(estate, policy, rules)
    rows, expired = _waive(rows, policy.waivers, estate.collected_at)
    return Audit(estate, policy, _located(rows, estate), expired)


def verdict_rows(estate: Estate, policy: Policy, rules: Sequence[Rule]) -> pd.DataFrame:
    """What the rules say, before waivers and names: the columns of a rule's verdicts, with rule and subject_kind."""
    gaps = row_gaps(estate["gaps"])
    unseen = {kind: _unseen(kind, gaps) for kind in {rule.subject for rule in rules}}
    places = GapPlaces(estate, gaps)
    parts = [_judge(rule, estate, policy, places, unseen[rule.subject]) for rule in rules]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["rule", "subject_kind", *COLUMNS])
    return _yield(rows, {rule.id: rule.yields_to for rule in rules}, estate)


def _judge(rule: Rule, estate: Estate, policy: Policy, places: GapPlaces, unseen: pd.DataFrame) -> pd.DataFrame:
    try:
        rows = rule.find(estate.only(rule.reads), policy)
    except Exception:
        # Whatever a rule raises becomes "not assessed" for all that it would have judged: silence must never read as
        # health.
        log.exception("Rule %s failed; what it would have judged is shown as not assessed.", rule.id)
        rows = _cannot_tell(
            [(source, None) for source in estate.sources], "rule-crashed", "the rule itself failed: a fault in vpnaudit"
        )
    else:
        rows = pd.concat([founded(rule, rows, places, estate), unseen], ignore_index=True)
    rows["severity"] = rows["severity"].fillna(rule.severity)
    return rows.assign(rule=rule.id, subject_kind=rule.subject)


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


def _yield(rows: pd.DataFrame, yields: dict[str, tuple[str, ...]], estate: Estate) -> pd.DataFrame:
    """Where another rule names the same cause for the same subject, or for the customer gateway of that connection,
    this one steps back.
    """
    failed = rows[rows["verdict"] == "fail"]
    named = pd.Series(
        list(zip(failed["source"], failed["subject_id"], strict=True)), index=failed.index, dtype="object"
    )
    subjects = dict(iter(named.groupby(failed["rule"])))
    kinds = dict(zip(rows["rule"], rows["subject_kind"], strict=True))
    for rule, better in (
        (rule, better) for rule, betters in yields.items() for better in betters if {rule, better} <= subjects.keys()
    ):
        hits = set(subjects[better])
        if (kinds[rule], kinds[better]) == ("connection", "customer gateway"):
            ends = records(estate["connections"][["source", "id", "customer_gateway_id"]])
            hits = {(end["source"], end["id"]) for end in ends if (end["source"], end["customer_gateway_id"]) in hits}
        steps = subjects[rule][subjects[rule].isin(hits)].index
        steps = steps[rows.loc[steps, "verdict"] == "fail"]  # the first better rule is the one that is named
        rows.loc[steps, "verdict"] = "not-applicable"
        rows.loc[steps, "sentence"] = f"see {better}"
    return rows


def _waive(
    rows: pd.DataFrame, waivers: Iterable[Waiver], at: pd.Timestamp | None
) -> tuple[pd.DataFrame, tuple[Waiver, ...]]:
    expired = []
    for waiver in waivers:
        if at is not None and waiver.until < at.date():
            expired.append(waiver)
            continue
        same = (rows["rule"] == waiver.rule) & (rows["verdict"] == "fail")
        rows.loc[same & ((waiver.subject == "*") | (rows["subject_id"] == waiver.subject)), "verdict"] = "waived"
    return rows, tuple(expired)


def _located(rows: pd.DataFrame, estate: Estate) -> pd.DataFrame:
    """Add names and paths, fingerprints, and the order: worst first."""
    named = estate["subjects"].rename(columns={"kind": "kind_of_subject", "id": "subject_id", "name": "subject"})
    keys = rows.astype({"source": "string", "subject_id": "string", "other_id": "string", "subject_kind": "string"})
    full = keys.merge(named.drop_duplicates(["source", "subject_id"]), on=["source", "subject_id"], how="left")
    full["subject_kind"] = full["kind_of_subject"].fillna(
        full["subject_kind"]
    )  # a rule may judge gateways of both ends
    name_by_id = estate["subjects"].drop_duplicates("id").set_index("id")["name"]
    full["other"] = full["other_id"].map(name_by_id).astype("string")
    full["subject"] = full["subject"].fillna(full["subject_id"])
    parts = full[["rule", "source", "subject_id", "other_id", "discriminator"]].astype("object")
    named_parts: list[list[str]] = parts.where(parts.notna(), "").to_numpy().tolist()
    full["fingerprint"] = [fingerprint(*row) for row in named_parts]
    full["severity"] = full["severity"].where(full["verdict"].isin(["fail", "waived"]))
    order = full["severity"].map({severity: rank for rank, severity in enumerate(SEVERITIES)}).fillna(len(SEVERITIES))
    full = full.assign(_order=order).sort_values(
        ["_order", "rule", "source", "subject", "subject_id", "fingerprint"], kind="stable"
    )
    return full.reindex(columns=list(OUTPUT)).reset_index(drop=True)
