"""`vpnaudit evidence`: how to get what virtual routers show. vpnaudit itself logs in nowhere."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import click

from vpnaudit.cli import incomplete, snapshot_options
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.asking.fetch_plan import Fetch
    from vpnaudit.cli.snapshot_options import SnapshotChoice


@click.group("evidence")
def command() -> None:
    """Say how to fetch what virtual routers show of their tunnels, for `--evidence`. Nothing is asked of a network."""


@command.command("script")
def script() -> None:
    """Print the script that an administrator runs on a router: it only reads, cuts keys, and writes one archive."""
    click.echo(resources.files("vpnaudit.cli").joinpath("router_script.sh").read_text("utf-8"), nl=False)


@command.command("fetch-plan")
@snapshot_options.options()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def fetch_plan(choice: SnapshotChoice, as_json: bool) -> int:
    """Print for each router that serves a tunnel the line an administrator runs, and the file it fills; where there is
    none, how else. The exit code is 2 where a router cannot be reached so.
    """
    from dataclasses import asdict

    from vpnaudit.asking.fetch_plan import fetch_plan as plan_of
    from vpnaudit.report.words import count

    plan = plan_of(choice.open().estate)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in plan], indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(_text(plan)))
    without = [one for one in plan if one.line is None]
    if not without:
        return 0
    why = f"{count(len(without), 'router')} of {len(plan)} cannot be reached by a line of this plan"
    click.echo(f"\n{incomplete.sentence([why])}", err=as_json)
    return incomplete.CODE


def _text(plan: list[Fetch]) -> Iterator[str]:
    """The plan as a text that a shell takes: all but the lines is comment."""
    from vpnaudit.asking.fetch_plan import SCRIPT
    from vpnaudit.report.words import count

    if not plan:
        yield "# This snapshot holds no connection: there is nothing to fetch."
        return
    yield f"vpnaudit evidence script > {SCRIPT}   # read it, it is short"
    for one in plan:
        name = one.router or "a router that is not shown"
        yield ""
        yield f"# {name} of {one.vpc} ({one_line(one.source)}), {count(one.connections, 'connection')}"
        if one.where is not None:
            yield f"# Run it on {one.where}."
        yield one.line if one.line is not None else f"# No line: {one.otherwise}"
    yield ""
    yield from (f"# {line}" for line in _OTHER_WAY)


_OTHER_WAY = (
    "Then: vpnaudit diagnose --evidence FOLDER",
    "The other way is CloudStack's own call, for root admins: getDiagnosticsData targetid=ROUTER-ID",
    "  files=/var/log/daemon.log. It brings files, not `ipsec statusall`, and it changes something: a ZIP fills the",
    "  router's disk for a moment, and then stays on secondary storage, with a link to it, until CloudStack's clean-up",
    "  (diagnostics.data.gc.enable, diagnostics.data.max.file.age) deletes it. Ask for no file of keys",
    "  (/etc/ipsec.d/*.secrets) in this way: nothing cuts them. vpnaudit never sends that call.",
)
