"""`vpnaudit notebook`: JupyterLab in the right folder, with the newest snapshot as parameter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from vpnaudit.cli.collecting import SNAPSHOTS


@click.command("notebook")
@click.argument("snapshot", type=click.Path(path_type=Path), required=False)
@click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    default=Path(SNAPSHOTS),
    show_default=True,
    help="Where to look for the newest.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("work"),
    show_default=True,
    help="Folder for your copies of the notebooks.",
)
@click.option(
    "--no-start", is_flag=True, help="Copy the notebooks and set their parameter, and do not start JupyterLab."
)
def command(snapshot: Path | None, snapshots: Path, folder: Path, no_start: bool) -> int:
    """Copy the notebooks to a working folder, set SNAPSHOT (default: the newest) in them, and start JupyterLab there.

    A notebook that is there already keeps what you changed: only its parameter is set.
    """
    from importlib.util import find_spec

    from vpnaudit.errors import ConfigError
    from vpnaudit.report.places import copy_notebooks

    chosen = snapshot or newest(snapshots)
    for path in copy_notebooks(folder, chosen.resolve()):
        click.echo(f"{path}: snapshot = {chosen}")
    if no_start:
        return 0
    if find_spec("jupyterlab") is None:
        raise ConfigError("JupyterLab is not installed here: pip install 'vpnaudit[lab]'.")
    start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    return subprocess.run(start, check=False).returncode  # noqa: S603 - our own interpreter, and a folder as one argument


def newest(snapshots: Path) -> Path:
    """The newest snapshot below a folder; raises `ConfigError` where there is none."""
    from vpnaudit.errors import ConfigError

    found = sorted(snapshots.glob("*/*/manifest.json"), key=lambda path: path.parent.name)
    if not found:
        raise ConfigError(
            f"There is no snapshot below {snapshots}/. `vpnaudit collect` makes one; `vpnaudit demo` makes an example."
        )
    return found[-1].parent
