"""What a judgement looks like on a terminal, and as JSON for machines: worst findings, gaps, the next command."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import incomplete
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from vpnaudit.audit import Audit

SHOWN = 12


def show(
    audit: Audit,
    mends: pd.DataFrame,
    *,
    snapshot: Path,
    report: Path | None,
    as_json: bool,
    peers: tuple[Path, ...] = (),
) -> None:
    """Print the judgement. `mends` is what `plan.remedies` gives, `peers` are the files that were read with the
    snapshot.
    """
    commands = {f: c for f, c in zip(mends["fingerprint"], mends["command"].fillna(""), strict=True) if c}
    if as_json:
        data = _as_data(audit, commands=commands, snapshot=snapshot, peers=peers, report=report)
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
        return
    _verdict(audit)
    _findings(audit)
    _gaps(audit)
    click.echo(f"\nSnapshot: {snapshot}")
    again = ["vpnaudit", "report", str(snapshot), *(word for path in peers for word in ("--peers", str(path)))]
    click.echo(f"Report:   {report}" if report else f"Next:     {shlex.join(again)}")
    worst = audit.open.head(1)
    for fingerprint, rule in zip(worst["fingerprint"], worst["rule"], strict=True):
        click.echo(f"Why:      vpnaudit explain {rule}")
        if fingerprint in commands:
            click.echo("\nThe command for the first finding (read it before you run it):")
            click.echo("\n".join(f"  {one_line(line)}" for line in commands[fingerprint].splitlines()))


def _verdict(audit: Audit) -> None:
    """What report and mail begin with: causes, each one repair, and the findings that they explain."""
    from vpnaudit.report.causes import by_severity, causes, headline
    from vpnaudit.report.words import count, number_list

    table, (clear, connections) = causes(audit), audit.clear_connections
    click.echo(headline(audit, table))
    click.echo(
        f"{clear} of {count(connections, 'connection')} {'has' if clear == 1 else 'have'} no critical or high finding;"
        f" {audit.coverage_percent} % of the checks could be judged."
    )
    click.echo(
        f"Causes:   {number_list(by_severity(table)) or 'none'}; mending one closes all findings that it explains."
    )
    click.echo(f"Findings: {number_list(audit.by_severity) or 'none'}; waived: {audit.counts['waived']}.")


def _findings(audit: Audit) -> None:
    from vpnaudit.estate.tables import records

    findings = audit.open
    worst = findings.head(SHOWN)
    if len(worst):
        click.echo("")
    width = int(worst["rule"].str.len().max()) if len(worst) else 0
    for row in records(worst):
        where = "" if row["source"] == row["subject"] else f"{row['source']}: "
        click.echo(_line(row, where, width))
    if len(findings) > SHOWN:
        click.echo(
            f"  showing {SHOWN} of {len(findings)} findings; all of them: --json, or findings.csv beside the report"
        )


def _line(row: dict[Any, Any], where: str, width: int) -> str:
    head = f"  {row['severity']:8}  {row['rule']:{width}}  {one_line(where + str(row['subject']))}"
    return f"{head}\n{' ' * 12}{one_line(str(row['sentence']))}"


def _gaps(audit: Audit) -> None:
    from vpnaudit.estate.tables import records
    from vpnaudit.report.words import count

    gaps = audit.estate["gaps"]
    count_by_reason = audit.ledger.counts_by_reason
    if count_by_reason:
        reasons = ", ".join(f"{n} {reason}" for reason, n in count_by_reason.items())
        click.echo(f"\nNot assessed: {count(audit.counts['cannot-tell'], 'check')} ({reasons})")
    for row in records(gaps.head(SHOWN)):
        kind = "expected gap" if row["expected"] is True else "gap"
        click.echo(f"  {kind}: {row['source']}: {row['table']}: {one_line(str(row['text']))[:160]}")
    if len(gaps) > SHOWN:
        click.echo(f"  showing {SHOWN} of {len(gaps)} gaps; all of them are in the snapshot's manifest.json")


def _as_data(
    audit: Audit, *, commands: dict[str, str], snapshot: Path, peers: tuple[Path, ...], report: Path | None
) -> dict[str, Any]:
    """The same as plain data: what `--json` prints."""
    from vpnaudit.report.causes import by_severity, causes, headline

    table, (clear, connections) = causes(audit), audit.clear_connections
    columns = [
        "fingerprint",
        "rule",
        "severity",
        "subject_kind",
        "subject_id",
        "subject",
        "other_id",
        "source",
        "zone",
        "sentence",
        "reasons",
    ]
    rows = json.loads(audit.open[columns].to_json(orient="records"))
    return {
        "exit_code": audit.exit_code,
        "snapshot": str(snapshot),
        "peers": [str(path) for path in peers],
        "manifest_sha256": audit.estate.digest,
        "report": str(report) if report else None,
        "policy": audit.policy.name,
        "connections": connections,
        "connections_clear": clear,
        "coverage_percent": audit.coverage_percent,
        "verdict": headline(audit, table),
        "causes": by_severity(table),
        "less_seen_than_asked": incomplete.reasons(audit),
        "verdicts": audit.counts,
        "severities": audit.by_severity,
        "findings": [row | {"command": commands.get(row["fingerprint"])} for row in rows],
        "gaps": json.loads(audit.estate["gaps"].to_json(orient="records")),
    }
