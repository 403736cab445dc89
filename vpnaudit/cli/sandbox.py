"""`vpnaudit sandbox`: an example cloud to ask."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("sandbox")
@click.option("--port", type=int, default=8096, show_default=True, help="Port on loopback.")
@click.option("--vpcs", type=int, help="Grow the example estate to about so many VPCs.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another estate.")
@click.option(
    "--write-profiles",
    type=click.Path(path_type=Path),
    default=Path("cloudstack.ini"),
    show_default=True,
    help="File for its profiles.",
)
def command(port: int, vpcs: int | None, seed: int, write_profiles: Path) -> None:
    """Start an example CloudStack API on this machine, with a specimen of every fault, until interrupted.

    Its keys are examples. It answers list calls only, as a real management server of version 4.22 does.
    """
    from vpnaudit.errors import ConfigError
    from vpnaudit.sandbox import Sandbox

    if write_profiles.exists():
        raise ConfigError(
            f"{write_profiles} exists already and may hold your own keys. Name another file: --write-profiles"
            " sandbox.ini."
        )
    with Sandbox(vpcs=vpcs, seed=seed, port=port) as sandbox:
        sandbox.write_profiles(write_profiles)
        try:
            for name, url in sandbox.endpoints.items():
                click.echo(f"{name}: {url}")
            names = " -p ".join(sandbox.endpoints)
            click.echo(
                f"Profiles are in {write_profiles}. In another terminal: vpnaudit run -p {names}\nStop with Ctrl-C."
            )
            _wait()
        finally:
            write_profiles.unlink(missing_ok=True)


def _wait() -> None:
    import signal

    signal.sigwait({signal.SIGINT, signal.SIGTERM})
