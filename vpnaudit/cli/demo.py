"""`vpnaudit demo`: the main job against the sandbox, over real HTTP."""

from __future__ import annotations

import click

from vpnaudit.cli import collecting, incomplete, report, snapshot_options


@click.command("demo")
@click.option("--vpcs", type=int, help="Grow the example estate to about so many VPCs.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another estate.")
@click.option("--quiet", is_flag=True, help="No progress line.")
def command(vpcs: int | None, seed: int, quiet: bool) -> int:
    """Start the example cloud, collect from it over HTTP, audit, and write the report.

    One object of the example cannot be read, as happens in real clouds, so the demo ends with exit code 2.
    """
    from vpnaudit.cloudstack.profiles import Profile
    from vpnaudit.explore import Exploration
    from vpnaudit.policy import load
    from vpnaudit.sandbox import Sandbox

    with Sandbox(vpcs=vpcs, seed=seed) as sandbox:
        profiles = [Profile(p["name"], p["endpoint"], p["key"], p["secret"]) for p in sandbox.profiles("auditor")]
        estate, snapshot = collecting.gather(profiles, snapshots=snapshot_options.SNAPSHOTS, quiet=quiet)
    exploration = Exploration(estate, load(report.DEFAULTS.policy))
    run = report.make(exploration, report.DEFAULTS, snapshot=snapshot, quiet=quiet, as_json=False)
    return incomplete.say_why(run.audit, as_json=False)
