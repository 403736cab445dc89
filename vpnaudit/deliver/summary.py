"""What a mail says about a run, read from the run folder, with every text made harmless."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from vpnaudit.deliver.attachment import attachable
from vpnaudit.errors import DeliveryError
from vpnaudit.estate.tables import records
from vpnaudit.findings import CANNOT_TELL, SEVERITIES
from vpnaudit.hostile import file_name, one_line
from vpnaudit.regular_files import read_regular
from vpnaudit.report.places import REPORT
from vpnaudit.report.words import NO_BREAK, count, list_up, number_list, utc

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, Any]

WORST = 8
GAPS = 6
_LONGEST = 200
_LARGEST_BYTES = 2**30


@dataclass(frozen=True)
class Cause:
    """One repair, in the words of its worst finding: text on one line each. `advice` is empty where nothing is known;
    `explains` is how many findings it closes.
    """

    severity: str
    subject: str
    sentence: str
    advice: str
    place: str
    rule: str
    fingerprint: str
    explains: int


@dataclass(frozen=True)
class Gap:
    """Something that was not collected."""

    what: str
    why: str
    expected: bool


@dataclass(frozen=True)
class Summary:
    """A run in the words of its mail: it counts causes, as the report does, and findings only as what they explain.
    `not_assessed` and `severities` (of causes) are (words, number) in order.
    """

    title: str
    headline: str
    verdict: str
    collected: str
    clear: int
    connections: int
    coverage_percent: int
    judged: int
    checks: int
    severities: tuple[tuple[str, int], ...]
    worst: tuple[Cause, ...]
    more: int
    causes: int
    findings: int
    not_assessed: tuple[tuple[str, int], ...]
    gaps: tuple[Gap, ...]
    all_gaps: int
    policy: str
    tool: str
    exit_code: int
    manifest_sha256: str
    attachment: str
    attachment_bytes: int
    attachment_sha256: str
    report_sha256: str


def summarise(run: Path) -> tuple[Summary, bytes]:
    """The summary of a run folder, and its report as a mail can carry it (`attachment.attachable`).

    Raises `DeliveryError` where the folder is no whole run, or the report is not the one that run.json names: a mail
    carries what was made.
    """
    facts = _facts(run)
    whole = _report(run, facts)
    report_sha256 = hashlib.sha256(whole).hexdigest()
    report = attachable(whole, f"{run.resolve().parent.name}/{run.resolve().name}", report_sha256)
    rows = _rows(run, "coverage")
    failed = [row for row in rows if row["verdict"] == "fail"]
    causes = _causes(failed, facts["causes_in_order"])
    verdicts, severities = facts["verdicts"], facts["causes"]
    judged = verdicts["fail"] + verdicts["waived"] + verdicts["pass"]
    unclear = Counter(row["reason"] for row in rows if row["verdict"] == "cannot-tell")
    title = list_up([short_text(source["source"]) for source in facts["sources"]]) or "an empty estate"
    collected = datetime.fromisoformat(facts["collected_utc"]) if facts["collected_utc"] else None
    gaps = sorted(facts["gaps"], key=lambda gap: bool(gap["expected"]))
    summary = Summary(
        title=title,
        headline=_headline(title, severities, facts["coverage_percent"]),
        verdict=one_line(facts["verdict"]),
        collected=utc(collected),
        clear=facts["connections_clear"],
        connections=facts["connections"],
        coverage_percent=facts["coverage_percent"],
        judged=judged,
        checks=judged + verdicts["cannot-tell"],
        severities=tuple((severity, severities[severity]) for severity in SEVERITIES if severities[severity]),
        worst=tuple(_cause(group) for group in causes[:WORST]),
        more=len(causes[WORST:]),
        causes=len(causes),
        findings=len(failed),
        not_assessed=tuple(
            (CANNOT_TELL.get(str(reason), short_text(reason)).rstrip("."), number)
            for reason, number in unclear.most_common()
        ),
        gaps=tuple(_gap(gap) for gap in gaps[:GAPS]),
        all_gaps=len(gaps),
        policy=short_text(facts["policy"]["name"]),
        tool=short_text(facts["tool"]),
        exit_code=facts["exit_code"],
        manifest_sha256=short_text(facts["manifest_sha256"] or "not known"),
        attachment=f"vpn-{file_name(title)}{f'-{collected:%Y%m%d}' if collected else ''}.html",
        attachment_bytes=len(report),
        attachment_sha256=hashlib.sha256(report).hexdigest(),
        report_sha256=report_sha256,
    )
    return summary, report


def short_text(text: Any, most: int = _LONGEST) -> str:
    """A stranger's text on one line, without control characters and turned direction; a cut is shown."""
    line = one_line("" if text is None else str(text))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _facts(run: Path) -> dict[str, Any]:
    try:
        facts: Any = json.loads(read_regular(run / "run.json", _LARGEST_BYTES))
    except OSError:
        raise DeliveryError(
            f"{run} is no finished run: it has no run.json that can be read. Give the folder that `vpnaudit run` named."
        ) from None
    except (ValueError, RecursionError):
        raise DeliveryError(f"{run / 'run.json'} is not JSON: the run is damaged. Make the report again.") from None
    if not isinstance(facts, dict) or facts.get("status") != "complete":
        raise DeliveryError(
            f"The run {run} did not complete, so there is no report to send:"
            f" {short_text(facts.get('error') if isinstance(facts, dict) else None) or 'no reason given'}"
        )
    if "causes_in_order" not in facts:
        raise DeliveryError(
            f"The run {run} was written by {short_text(facts.get('tool'))}, which did not say what each cause explains."
            " Make the report again with `vpnaudit report`, and send that."
        )
    return dict(facts)


def _report(run: Path, facts: dict[str, Any]) -> bytes:
    try:
        report = read_regular(run / REPORT, _LARGEST_BYTES)
    except OSError:
        raise DeliveryError(f"{run} has no {REPORT}. Make the report again with `vpnaudit report`.") from None
    if facts["files"].get(REPORT, {}).get("sha256") != hashlib.sha256(report).hexdigest():
        raise DeliveryError(
            f"{run / REPORT} is not the file that run.json names: it was changed after the run. Make the report again."
        )
    return report


def _rows(run: Path, name: str) -> list[Row]:
    import pandas as pd  # noqa: PLC0415 - half a second that a wrong path need not cost

    try:
        frame = pd.read_parquet(io.BytesIO(read_regular(run / f"{name}.parquet", _LARGEST_BYTES)))
    except (OSError, ValueError):
        raise DeliveryError(
            f"{run / name}.parquet cannot be read: the run is damaged. Make the report again."
        ) from None
    return records(frame)


def _headline(title: str, causes: dict[str, int], coverage_percent: int) -> str:
    """The subject line: the worst causes, in the numbers of the report, and how much was seen."""
    bad = {severity: causes[severity] for severity in SEVERITIES[:2] if causes[severity]}
    rest = sum(causes.values())
    worst = (
        f"{number_list(bad)} cause{'s' if sum(bad.values()) > 1 else ''}"
        if bad
        else count(rest, "lesser cause")
        if rest
        else "nothing failed"
    )
    return f"{short_text(title, 80)} VPN: {worst}; {coverage_percent}{NO_BREAK}% judged"


def _causes(rows: list[Row], order: list[str]) -> list[list[Row]]:
    """The findings of each cause, worst first in it, in the order of the report."""
    members: dict[str, list[Row]] = {str(cause): [] for cause in order}
    for row in rows:
        members[row["cause"]].append(row)
    return list(members.values())


def _cause(rows: list[Row]) -> Cause:
    worst = rows[0]
    places = [
        list_up(list(dict.fromkeys(short_text(row[column], 60) for row in rows if row[column])), 3)
        for column in ("source", "zone", "project", "account")
    ]
    return Cause(
        worst["severity"],
        short_text(worst["subject"] or worst["subject_id"], 120),
        short_text(worst["sentence"]),
        short_text(worst["what"]),
        " · ".join(filter(None, places)),
        worst["rule"],
        worst["fingerprint"],
        len(rows),
    )


def _gap(gap: Row) -> Gap:
    what = f"{short_text(gap['source'], 60)}: {short_text(gap['table'], 60)}" + (
        f" {short_text(gap['subject_id'], 60)}" if gap["subject_id"] else ""
    )
    return Gap(what, short_text(gap["text"] or gap["reason"], 160), bool(gap["expected"]))
