"""`vpnaudit run`: collect, audit, report and, if asked, mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from vpnaudit.cli import collecting, mail, report

if TYPE_CHECKING:
    from pathlib import Path


@click.command("run")
@collecting.options
@report.options
@mail.options(required=False)
def command(  # noqa: PLR0917 - click passes options by name
    profiles: tuple[str, ...],
    allow_http: bool,
    snapshots: Path,
    policy: str,
    out: Path,
    parameters: tuple[str, ...],
    quiet: bool,
    as_json: bool,
    to: tuple[str, ...],
    **mailing: str | bool | Path | None,
) -> int:
    """Ask one cloud or several, freeze the estate, judge it, write the report; with --mail-to, send it.

    A collection that fails in part becomes gaps, a report on the rest, and exit code 2.
    """
    from vpnaudit.audit import audit
    from vpnaudit.policy import load

    limits = load(policy)
    given = report.parse_parameters(parameters)
    server = mail.server(to, mailing)
    estate, snapshot = collecting.collect(profiles, allow_http=allow_http, snapshots=snapshots, quiet=quiet)
    judged = audit(estate, limits)
    place = report.make(judged, snapshot=snapshot, out=out, policy=policy, parameters=given, quiet=quiet, as_json=as_json)
    if server:
        mail.deliver(place, to, server, mailing)
    return judged.exit_code
