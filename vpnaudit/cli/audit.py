"""`vpnaudit audit SNAPSHOT`: the judgement, on the terminal."""

from __future__ import annotations

from pathlib import Path

import click

from vpnaudit.cli import result


@click.command("audit")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--policy", default="cloudstack-baseline", show_default=True, help="A built-in policy, or a TOML file.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Also write findings.csv, coverage.csv and the same as Parquet to this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(snapshot: Path, policy: str, out: Path | None, as_json: bool) -> int:
    """Judge SNAPSHOT by all rules and print the worst findings, what was not assessed, and the next command."""
    from vpnaudit.explore import open_snapshot
    from vpnaudit.plan import remedies

    judged = open_snapshot(snapshot, policy).audit
    mends = remedies(judged)
    if out:
        from vpnaudit.report.exports import export

        export(judged, mends, out)
    commands = dict(zip(mends["fingerprint"], mends["command"].fillna(""), strict=True))
    result.show(
        judged, commands={k: v for k, v in commands.items() if v}, snapshot=snapshot, report=None, as_json=as_json
    )
    return judged.exit_code
