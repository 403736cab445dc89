"""`vpnaudit audit`: the judgement, on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vpnaudit.cli import incomplete, result, snapshot_options
from vpnaudit.cli.report import policy_option

if TYPE_CHECKING:
    from vpnaudit.cli.snapshot_options import SnapshotChoice


@click.command("audit")
@snapshot_options.options(positional=True)
@policy_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Also write findings.csv, coverage.csv and the same as Parquet to this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(choice: SnapshotChoice, policy: str, out: Path | None, as_json: bool) -> int:
    """Judge SNAPSHOT (default: the newest) by all rules and print the worst findings, what was not assessed, and the
    next command.
    """
    from vpnaudit.plan import remedies
    from vpnaudit.private_files import check_place

    if out:
        check_place(out)
    audit = choice.open(policy).audit
    mends = remedies(audit)
    if out:
        from vpnaudit.report.exports import export

        export(audit, mends, out)
    result.show(audit, mends, snapshot=choice.folder, peers=choice.peers, report=None, as_json=as_json)
    return incomplete.say_why(audit, as_json=as_json)
