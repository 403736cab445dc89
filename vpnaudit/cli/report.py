"""`vpnaudit report`: the run folder with the HTML report."""

from __future__ import annotations

import functools
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import incomplete, result, snapshot_options
from vpnaudit.cli.progress import progress
from vpnaudit.errors import ConfigError
from vpnaudit.private_files import check_place
from vpnaudit.report.options import ReportOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vpnaudit.cli.snapshot_options import SnapshotChoice
    from vpnaudit.explore import Exploration
    from vpnaudit.report.folder import Run

DEFAULTS = ReportOptions()

policy_option = click.option(
    "--policy", default=DEFAULTS.policy, show_default=True, help="A built-in policy, or a TOML file."
)


def options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every verb that writes a report: the verb gets `options`, and `quiet` and `as_json`, which are
    about the terminal alone.
    """

    @functools.wraps(verb)
    def with_options(*, policy: str, out: Path, parameters: tuple[str, ...], **rest: Any) -> Any:
        return verb(options=ReportOptions(policy=policy, out=out, parameters=parse_parameters(parameters)), **rest)

    command_function: Callable[..., Any] = with_options
    for option in reversed(
        (
            policy_option,
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                default=DEFAULTS.out,
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
        command_function = option(command_function)
    return command_function


def parse_parameters(texts: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE pairs as a dict; raises `ConfigError` for a text without `=`."""
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise ConfigError(f"--parameter takes NAME=VALUE; {wrong[0]!r} has no '='.")
    return dict(text.split("=", 1) for text in texts)


@click.command("report")
@snapshot_options.options(positional=True)
@options
def command(choice: SnapshotChoice, options: ReportOptions, quiet: bool, as_json: bool) -> int:
    """Run the audit notebook on SNAPSHOT (default: the newest) and render it: report.html, the executed notebook,
    findings and coverage, run.json.
    """
    check_place(options.out)
    with_far_ends = replace(options, peers=choice.peers)
    exploration = choice.open(options.policy)
    run = make(exploration, with_far_ends, snapshot=choice.folder, quiet=quiet, as_json=as_json)
    return incomplete.say_why(run.audit, as_json=as_json)


def make(exploration: Exploration, options: ReportOptions, *, snapshot: Path, quiet: bool, as_json: bool) -> Run:
    """Judge the exploration, write the run folder and print the judgement."""
    from vpnaudit.report.folder import write_run
    from vpnaudit.report.places import REPORT

    with_cache = replace(options, cache=_cache_folder(os.environ))
    with progress("Rendering the report", quiet=quiet) as tell:
        run = write_run(exploration, snapshot, with_cache, on_progress=tell)
    result.show(
        run.audit, run.mends, snapshot=snapshot, peers=options.peers, report=run.folder / REPORT, as_json=as_json
    )
    return run


def _cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Where the user's programs keep what they can make again, as the XDG base directory specification has it; None
    for a user without a home.
    """
    named, home = (Path(environ.get(name, "")) for name in ("XDG_CACHE_HOME", "HOME"))
    place = named if named.is_absolute() else home / ".cache"
    return place / "vpnaudit" if place.is_absolute() else None
