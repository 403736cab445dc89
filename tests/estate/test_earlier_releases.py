"""A verdict can be performed again by a later release: `tests/data/snapshots` is what earlier ones wrote and judged."""

from __future__ import annotations

import csv
import gzip
import io
import tomllib
from pathlib import Path

import pytest

from vpnaudit.audit import audit
from vpnaudit.estate import Estate
from vpnaudit.policy import load

SNAPSHOTS = Path(__file__).parents[1] / "data" / "snapshots"
RELEASES = sorted(path.name for path in SNAPSHOTS.iterdir() if path.is_dir())
CASES = sorted(path.parent.relative_to(SNAPSHOTS).as_posix() for path in SNAPSHOTS.glob("*/*/snapshot"))
EXCEPTIONS = tomllib.loads((SNAPSHOTS / "exceptions.toml").read_text("utf-8"))
VERDICT = ("fingerprint", "rule", "subject_kind", "subject_id", "other_id", "source", "verdict", "severity", "reason")
"""What a later release may not change. Sentences may become better ones."""

Verdict = tuple[str, ...]


def recorded(case: str, table: str) -> set[Verdict]:
    text = gzip.decompress((SNAPSHOTS / case / f"{table}.csv.gz").read_bytes()).decode()
    return {tuple(row[column] for column in VERDICT) for row in csv.DictReader(io.StringIO(text))}


def judged(case: str) -> set[Verdict]:
    estate = Estate.open(SNAPSHOTS / case / "snapshot")
    coverage = audit(estate, load(SNAPSHOTS / case.split("/", maxsplit=1)[0] / "policy.toml")).coverage
    return set(coverage[list(VERDICT)].fillna("").itertuples(index=False, name=None))


def rules(verdicts: set[Verdict]) -> set[str]:
    return {verdict[VERDICT.index("rule")] for verdict in verdicts}


def excepted(case: str) -> set[str]:
    return {entry["rule"] for entry in EXCEPTIONS.get(case.split("/", maxsplit=1)[0], [])}


def test_every_release_has_cases_and_every_exception_says_why() -> None:
    assert {case.split("/", maxsplit=1)[0] for case in CASES} == set(RELEASES) >= set(EXCEPTIONS)
    assert all(entry["why"] for entries in EXCEPTIONS.values() for entry in entries)


@pytest.mark.parametrize("case", CASES)
def test_a_snapshot_of_an_earlier_release_is_judged_as_it_was_then(case: str) -> None:
    """Rules that came later add verdicts; those that were there give the same, but for the listed exceptions."""
    then, now = recorded(case, "coverage"), judged(case)
    changed = rules(then - now) | (rules(now - then) & rules(then))
    assert changed == excepted(case) & (rules(then) | rules(now)), "a change on purpose goes into exceptions.toml"


@pytest.mark.parametrize("case", CASES)
def test_what_was_recorded_has_findings_which_are_the_failed_verdicts(case: str) -> None:
    findings, coverage = recorded(case, "findings"), recorded(case, "coverage")
    assert len(findings) > 100
    assert findings == {verdict for verdict in coverage if verdict[VERDICT.index("verdict")] in ("fail", "waived")}
