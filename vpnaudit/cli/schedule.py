"""`vpnaudit schedule`: units that run an audit regularly."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Literal

import click


@click.command("schedule")
@click.option(
    "--print",
    "kind",
    type=click.Choice(["systemd", "cron"]),
    required=True,
    help="Print units of this kind; nothing is installed.",
)
@click.option("--profile", "-p", "profiles", multiple=True, help="Profile to ask; may be given again.")
@click.option("--policy", help="A built-in policy, or a TOML file.")
@click.option("--mail-to", multiple=True, metavar="ADDRESS", help="Recipient; may be given again.")
@click.option("--at", default="daily", show_default=True, help="hourly, daily, weekly, or as in: daily 03:30.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Folder to run in. Default: this one.")
@click.option(
    "--environment",
    type=click.Path(path_type=Path),
    help="File of NAME=value lines with the secrets. Default: vpnaudit.env in the folder.",
)
def command(
    kind: Literal["systemd", "cron"],
    profiles: tuple[str, ...],
    policy: str | None,
    mail_to: tuple[str, ...],
    at: str,
    folder: Path,
    environment: Path | None,
) -> None:
    """Print units for systemd or lines for cron that call `vpnaudit run`, and catch up after downtime.

    Secrets stay out of the units: they are read from a file that only you may read.
    """
    from vpnaudit.deliver.schedule import units

    run_folder = folder.resolve()
    program = shutil.which("vpnaudit") or str(Path(sys.executable).parent / "vpnaudit")
    words = [program, "run", "--quiet", *(word for name in profiles for word in ("-p", name))]
    words += ["--policy", policy] if policy else []
    words += [word for recipient in mail_to for word in ("--mail-to", recipient)]
    click.echo(
        units(
            kind, words, folder=run_folder, environment=(environment or run_folder / "vpnaudit.env").absolute(), at=at
        )
    )
