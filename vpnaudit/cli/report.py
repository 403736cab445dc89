"""`vpnaudit report SNAPSHOT`: the run folder with the HTML report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import result
from vpnaudit.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from vpnaudit.audit import Audit
    from vpnaudit.estate import Estate
    from vpnaudit.policy import Policy
    from vpnaudit.report.folder import Run


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every verb that writes a report."""
    for option in reversed(
        (
            click.option(
                "--policy", default="cloudstack-baseline", show_default=True, help="A built-in policy, or a TOML file."
            ),
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                default=Path("reports"),
                show_default=True,
                help="Folder for run folders.",
            ),
            click.option(
                "--parameter",
                "-r",
                "parameters",
                multiple=True,
                metavar="NAME=VALUE",
                help="Set a parameter of the notebook.",
            ),
            click.option("--quiet", is_flag=True, help="No progress line."),
            click.option("--json", "as_json", is_flag=True, help="For machines."),
        )
    ):
        function = option(function)
    return function


def parse_parameters(texts: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE pairs as a dict; raises `ConfigError` for a text without `=`."""
    from vpnaudit.errors import ConfigError

    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise ConfigError(f"--parameter takes NAME=VALUE; {wrong[0]!r} has no '='.")
    return dict(text.split("=", 1) for text in texts)


@click.command("report")
@click.argument("snapshot", type=click.Path(path_type=Path))
@options
def command(snapshot: Path, policy: str, out: Path, parameters: tuple[str, ...], quiet: bool, as_json: bool) -> int:
    """Run the audit notebook on SNAPSHOT and render it: report.html, the executed notebook, findings and coverage,
    run.json.
    """
    from vpnaudit.explore import open_snapshot

    given = parse_parameters(parameters)
    seen = open_snapshot(snapshot, policy)
    run = make(
        seen.estate,
        seen.policy,
        snapshot=snapshot,
        out=out,
        policy=policy,
        parameters=given,
        quiet=quiet,
        as_json=as_json,
    )
    return run.audit.exit_code


def make(
    estate: Estate,
    limits: Policy,
    *,
    snapshot: Path,
    out: Path,
    policy: str,
    parameters: dict[str, str],
    quiet: bool,
    as_json: bool,
) -> Run:
    """Judge the estate, write the run folder and print the judgement."""
    from vpnaudit.audit import audit
    from vpnaudit.plan import remedies
    from vpnaudit.report.folder import write_run
    from vpnaudit.report.places import REPORT

    def judge() -> tuple[Audit, pd.DataFrame]:
        judged = audit(estate, limits)
        return judged, remedies(judged)

    with progress("Rendering the report", quiet=quiet) as tell:
        run = write_run(
            estate, judge, snapshot=snapshot, out=out, policy=policy, parameters=parameters, on_progress=tell
        )
    commands = {f: c for f, c in zip(run.mends["fingerprint"], run.mends["command"].fillna(""), strict=True) if c}
    result.show(run.audit, commands=commands, snapshot=snapshot, report=run.folder / REPORT, as_json=as_json)
    return run
