"""`vpnaudit evidence`: how to get what virtual routers show. vpnaudit itself logs in nowhere."""

from __future__ import annotations

from importlib import resources

import click


@click.group("evidence")
def command() -> None:
    """Say how to fetch what virtual routers show of their tunnels, for `--evidence`. Nothing is asked of a network."""


@command.command("script")
def script() -> None:
    """Print the script that an administrator runs on a router: it only reads, cuts keys, and writes one archive."""
    click.echo(resources.files("vpnaudit.cli").joinpath("router_script.sh").read_text("utf-8"), nl=False)
