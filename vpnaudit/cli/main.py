"""`vpnaudit`: wires the verbs, and turns what they return or raise into an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from vpnaudit.errors import VpnAuditError
from vpnaudit.version import __version__

RUN_FAILED = 3

VERBS = {
    "run": "Collect, audit, report: the whole way, against one cloud or several.",
    "collect": "Collect from CloudStack into a snapshot.",
    "audit": "Judge a snapshot and print what matters.",
    "tunnel": "Say what both ends of a connection negotiate, now and later, and why; with --if, after a change.",
    "reach": "Say what passes through a tunnel, and which rule decides.",
    "report": "Render the HTML report of a snapshot.",
    "prove": "Show by two real strongSwan daemons whether a prediction holds.",
    "rules": "List the rules.",
    "explain": "Say what a rule finds, why it matters, how to fix it.",
    "notebook": "Open the notebooks in JupyterLab with the newest snapshot.",
    "mail": "Send a run by e-mail.",
    "schedule": "Print units for systemd or cron that run an audit regularly.",
    "sandbox": "Start an example CloudStack API on this machine.",
    "demo": "Run the whole way against the sandbox.",
}


class _Verbs(click.Group):
    """Loads a verb's file when it is called: `--help` imports nothing else."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in VERBS:
            return None
        command: click.Command = importlib.import_module(f"vpnaudit.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # the reader went away. Later click itself would end with 1, which here means findings
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return RUN_FAILED

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="vpnaudit")
@click.option(
    "--debug", is_flag=True, help="Log at debug level, and show the traceback of an error. No secret is in either."
)
def vpnaudit(debug: bool) -> None:
    """Audit and report the Site-to-Site VPNs of Apache CloudStack. It only reads: it never changes a cloud.

    Exit codes: 0 nothing at or above the threshold, 1 findings, 2 less was seen than was asked for, 3 and above the run
    itself failed.
    """
    import logging

    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("stamina").setLevel(
        logging.DEBUG if debug else logging.ERROR
    )  # a try that is repeated is no news: requests has them


def main() -> None:
    """The entry point of the `vpnaudit` command."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code. A mistake on the command line is 3, since 2 means that less was seen
    than asked for.
    """
    try:
        result: Any = vpnaudit.main(args=arguments, prog_name="vpnaudit", standalone_mode=False)
    except click.Abort:
        click.echo("Interrupted. Nothing half-written was left behind.", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return RUN_FAILED
    except VpnAuditError as error:
        if "--debug" in arguments:
            import traceback

            traceback.print_exc()
        click.echo(f"vpnaudit: {error}", err=True)
        return RUN_FAILED
    return result if isinstance(result, int) else 0
