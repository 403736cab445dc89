"""`vpnaudit run`: collect, audit, report and, if asked, mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vpnaudit.cli import collecting, mail, report


@click.command("run")
@collecting.options
@report.options
@mail.options("mail-")
def command(
    profiles: tuple[str, ...],
    peers: tuple[Path, ...],
    allow_http: bool,
    snapshots: Path,
    policy: str,
    out: Path,
    parameters: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    **sending: Any,
) -> int:
    """Ask one cloud or several, freeze the estate, judge it, write the report; with --mail-to, send it.

    A collection that fails in part becomes gaps, a report on the rest, and exit code 2.
    """
    from vpnaudit.policy import load

    limits = load(policy)
    given = report.parse_parameters(parameters)
    how = mail.mailing(sending) if sending["to"] else None
    estate, snapshot = collecting.collect(
        profiles, allow_http=allow_http, snapshots=snapshots, quiet=quiet, peers=peers
    )
    run = report.make(
        estate, limits, snapshot=snapshot, out=out, policy=policy, parameters=given, quiet=quiet, as_json=as_json
    )
    if how:
        mail.deliver(run.folder, how)
    return run.audit.exit_code
