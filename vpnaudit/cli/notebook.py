"""`vpnaudit notebook`: JupyterLab in the right folder, with snapshot and far ends as parameters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vpnaudit.cli import snapshot_options
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from vpnaudit.cli.snapshot_options import SnapshotChoice


@click.command("notebook")
@snapshot_options.options(positional=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path("work"),
    show_default=True,
    help="Folder for your copies of the notebooks.",
)
@click.option(
    "--no-start", is_flag=True, help="Copy the notebooks and set their parameters, and do not start JupyterLab."
)
def command(choice: SnapshotChoice, folder: Path, no_start: bool) -> int:
    """Copy the notebooks to a working folder, set SNAPSHOT (default: the newest) and --peers in them, and start
    JupyterLab there.

    A notebook that is there already keeps what you changed: only these parameters are set, and `peers` only with
    --peers.
    """
    from importlib.util import find_spec

    from vpnaudit.report.options import joined_paths
    from vpnaudit.report.places import copy_notebooks

    values = {"snapshot": str(choice.folder.resolve())}
    if choice.peers:
        values["peers"] = joined_paths(path.resolve() for path in choice.peers)
    for path, names in copy_notebooks(folder, values).items():
        click.echo(f"{path}: snapshot = {choice.folder}")
        for name in values.keys() - names:
            click.echo(f"{path}: has no parameter {name}. Delete this copy to get a new one that has it.", err=True)
    if no_start:
        return 0
    if find_spec("jupyterlab") is None:
        raise ConfigError("JupyterLab is not installed here: pip install 'vpnaudit[lab]'.")
    start = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    done = subprocess.run(start, check=False)  # noqa: S603 - our own interpreter, and a folder as one argument
    if done.returncode:  # a code of its own could read as findings
        raise ConfigError(f"JupyterLab ended with code {done.returncode}. What it wrote above says why.")
    return 0
