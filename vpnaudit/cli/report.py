"""`vpnaudit report SNAPSHOT`: the run folder with the HTML report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vpnaudit.cli import result

if TYPE_CHECKING:
    from vpnaudit.audit import Audit


@click.command("report")
@click.argument("snapshot", type=click.Path(path_type=Path))
@click.option("--policy", default="cloudstack-baseline", show_default=True, help="A built-in policy, or a TOML file.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports"), show_default=True, help="Folder for run folders.")
@click.option("--parameter", "-r", "parameters", multiple=True, metavar="NAME=VALUE", help="Set a parameter of the notebook.")
@click.option("--quiet", is_flag=True, help="No progress line.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(snapshot: Path, policy: str, out: Path, parameters: tuple[str, ...], quiet: bool, as_json: bool) -> int:
    """Run the audit notebook on SNAPSHOT and render it: report.html, the executed notebook, findings and coverage, run.json."""
    from vpnaudit.errors import ConfigError  # noqa: PLC0415 - keeps --help fast
    from vpnaudit.explore import open_snapshot  # noqa: PLC0415 - see above

    wrong = [text for text in parameters if "=" not in text]
    if wrong:
        raise ConfigError(f"--parameter takes NAME=VALUE; {wrong[0]!r} has no '='.")
    judged = open_snapshot(snapshot, policy).audit
    given = dict(text.split("=", 1) for text in parameters)
    make(judged, snapshot=snapshot, out=out, policy=policy, parameters=given, quiet=quiet, as_json=as_json)
    return judged.exit_code


def make(judged: Audit, *, snapshot: Path, out: Path, policy: str, parameters: dict[str, str], quiet: bool, as_json: bool) -> Path:
    """Write the run folder and print the judgement; returns the folder."""
    from rich.console import Console  # noqa: PLC0415 - keeps --help fast
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - see above

    from vpnaudit.plan import remedies  # noqa: PLC0415 - see above
    from vpnaudit.report.folder import write_run  # noqa: PLC0415 - see above

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    mends = remedies(judged)
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as progress:
        line = progress.add_task("Rendering the report", total=None)
        told = {"on_progress": lambda text: progress.update(line, description=text)}
        run = write_run(judged, mends, snapshot=snapshot, out=out, policy=policy, parameters=parameters, **told)
    commands = {f: c for f, c in zip(mends["fingerprint"], mends["command"].fillna(""), strict=True) if c}
    result.show(judged, commands=commands, snapshot=snapshot, report=run / "report.html", as_json=as_json)
    return run
