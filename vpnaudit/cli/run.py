"""`vpnaudit run`: collect, audit, report and, if asked, mail."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import collecting, incomplete, mail, report

if TYPE_CHECKING:
    from vpnaudit.report.options import ReportOptions


@click.command("run")
@collecting.options
@report.options
@mail.options("mail-")
def command(
    profiles: tuple[str, ...],
    peers: tuple[Path, ...],
    evidence: tuple[Path, ...],
    allow_http: bool,
    snapshots: Path,
    options: ReportOptions,
    quiet: bool,
    as_json: bool,
    **sending: Any,
) -> int:
    """Ask one cloud or several, freeze the estate, judge it, write the report; with --mail-to, send it.

    A collection that fails in part becomes gaps, a report on the rest, and exit code 2.
    """
    from vpnaudit.explore import Exploration
    from vpnaudit.policy import load
    from vpnaudit.private_files import check_place

    policy = load(options.policy)
    mailing = mail.checked_mailing(sending) if sending["to"] else None
    check_place(options.out)
    estate, snapshot = collecting.collect(
        profiles, allow_http=allow_http, snapshots=snapshots, quiet=quiet, peers=peers, evidence=evidence
    )
    run = report.make(Exploration(estate, policy), options, snapshot=snapshot, quiet=quiet, as_json=as_json)
    if mailing:
        mail.deliver(run.folder, mailing)
    return incomplete.say_why(run.audit, as_json=as_json)
