"""`vpnaudit`: wires the verbs, and turns what they return or raise into an exit code."""

from __future__ import annotations

import codecs
import contextlib
import errno
import importlib
import os
import sys
from typing import Any

import click

from vpnaudit.errors import VpnAuditError
from vpnaudit.version import __version__

RUN_FAILED = 3
"""The run failed for a reason that its message names, or the reader of its output went away."""
UNFORESEEN = 4
"""A fault in vpnaudit itself."""
INTERRUPTED = 130
"""As shells have it: 128 and the number of the signal."""

VERBS = {
    "run": "Collect, audit, report: the whole way, against one cloud or several.",
    "collect": "Collect from CloudStack into a snapshot.",
    "audit": "Judge a snapshot and print what matters.",
    "tunnel": "Say what both ends of a connection negotiate, now and later, and why; with --if, after a change.",
    "diagnose": "Say what the routers show of the tunnels: one verdict each, since when, why, and who acts.",
    "evidence": "Say how to fetch what the routers show: a script, and a line for each router.",
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

    # The reader may go away at any word, also of help. Later click itself would end with 1, which here means findings.
    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **options)
        except BrokenPipeError:
            _leave_output()
            raise click.exceptions.Exit(RUN_FAILED) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _leave_output()
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

    Exit codes: 0 nothing at or above the threshold, 1 findings, 2 less was seen than was asked for, 3 the run failed
    and says why, 4 the run failed by a fault in vpnaudit, 130 it was interrupted.
    """
    import logging

    from vpnaudit.cli.faults import Formatter

    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING)
    for handler in logging.getLogger().handlers:
        if type(handler) is logging.StreamHandler:
            handler.setFormatter(Formatter(traces=debug))
    logging.getLogger("stamina").setLevel(
        logging.DEBUG if debug else logging.ERROR
    )  # a try that is repeated is no news: requests has them


def main() -> None:
    """The entry point of the `vpnaudit` command."""
    codecs.register_error("vpnaudit-escape", _escape)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="vpnaudit-escape")
    code = run(sys.argv[1:])
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:  # else Python ends with a message and a code of its own
        _leave_output()
        code = max(code, RUN_FAILED)
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line; returns its exit code. A mistake on the command line is 3, since 2 means that less was seen
    than asked for; nothing that fails is 1.
    """
    try:
        result: Any = vpnaudit.main(args=arguments, prog_name="vpnaudit", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        _say("Interrupted. Nothing half-written was left behind.")
        return INTERRUPTED
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return RUN_FAILED
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it must not end as findings do
        return _failed(error, debug="--debug" in arguments)
    return result if isinstance(result, int) else 0


def _failed(error: BaseException, *, debug: bool) -> int:
    """Say what ended the run, and return its exit code."""
    from vpnaudit.cli import faults
    from vpnaudit.private_files import file_error

    if debug:
        _say(faults.traceback_of(error).rstrip())
    if isinstance(error, VpnAuditError):
        _say(f"vpnaudit: {error}")
        return RUN_FAILED
    if isinstance(error, OSError) and (error.filename is not None or error.errno in (errno.ENOSPC, errno.EDQUOT)):
        _say(f"vpnaudit: {file_error(error)}")
        return RUN_FAILED
    _say(f"vpnaudit: {faults.sentence(error)}")
    return UNFORESEEN


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more: the exit code says it
        click.echo(text, err=True)


def _leave_output() -> None:
    """Nobody reads stdout any more: what is still in its buffer goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _escape(error: UnicodeError) -> tuple[str, int]:
    r"""What the terminal's encoding lacks, as `\u00fc`: readable, and in JSON still the same text."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{lost[at : at + 4]}" for at in range(0, len(lost), 4)), error.end
