"""`vpnaudit mail RUN`: one run in a mailbox."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER, SENDER, PASSWORD = "VPNAUDIT_SMTP", "VPNAUDIT_MAIL_FROM", "VPNAUDIT_SMTP_PASSWORD"


@dataclass(frozen=True)
class Mailing:
    """How to send: checked before anything long begins."""

    to: tuple[str, ...]
    sender: str
    server: str | None
    password_file: Path | None
    ca: Path | None
    require_tls: bool


def options(prefix: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of sending; `run` puts `mail-` in front of them."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(
            (
                click.option(
                    f"--{prefix}to",
                    "to",
                    multiple=True,
                    required=not prefix,
                    metavar="ADDRESS",
                    help="Recipient; may be given again.",
                ),
                click.option(f"--{prefix}from", "sender", metavar="ADDRESS", help=f"Sender. Default: ${SENDER}."),
                click.option(
                    "--server",
                    metavar="URL",
                    help=f"smtp://user@host:587 (STARTTLS) or smtps://user@host:465. Default: ${SERVER}.",
                ),
                click.option(
                    "--password-file",
                    type=click.Path(path_type=Path),
                    help=f"File with the password. Default: the text in ${PASSWORD}.",
                ),
                click.option(
                    "--smtp-ca",
                    "ca",
                    type=click.Path(path_type=Path),
                    help="Certificates to trust instead of the system's.",
                ),
                click.option(
                    "--no-tls", is_flag=True, help="Accept a server without TLS: the mail can be read on the way."
                ),
                click.option(
                    f"--{prefix}dry-run",
                    "dry_run",
                    is_flag=True,
                    help="Write mail.eml into the run folder and send nothing.",
                ),
            )
        ):
            function = option(function)
        return function

    return add


def checked_mailing(options: dict[str, Any]) -> Mailing:
    """The options as one value; raises `ConfigError` for what is missing or no address."""
    from vpnaudit.deliver.mail import address
    from vpnaudit.deliver.server_url import ServerURL

    sender = options["sender"] or os.environ.get(SENDER)
    server = None if options["dry_run"] else options["server"] or os.environ.get(SERVER)
    if not sender:
        raise ConfigError(f"A mail needs a sender: --from NAME@EXAMPLE.ORG (in `run`: --mail-from), or set {SENDER}.")
    if not (server or options["dry_run"]):
        raise ConfigError(
            f"A mail needs a server: --server smtp://user@mail.example.org:587, or set {SERVER}. --dry-run writes a"
            " file."
        )
    for person in (sender, *options["to"]):
        address(person)
    if server:
        ServerURL.parse(server)
    return Mailing(options["to"], sender, server, options["password_file"], options["ca"], not options["no_tls"])


def deliver(run: Path, mailing: Mailing) -> None:
    """Compose the mail about a run folder, and send it or write it beside the report."""
    from vpnaudit.deliver.mail import compose, write_eml
    from vpnaudit.deliver.server_url import ServerURL
    from vpnaudit.deliver.smtp import send

    message = compose(run, sender=mailing.sender, to=mailing.to)
    if mailing.server is None:
        file = write_eml(message, run / "mail.eml")
        click.echo(f"Mail:     {file} (not sent)", err=True)
        return
    send(
        message,
        ServerURL.parse(mailing.server),
        _password(mailing.password_file),
        require_tls=mailing.require_tls,
        ca=mailing.ca,
    )
    click.echo(f"Mail:     sent to {', '.join(mailing.to)}", err=True)


def _password(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(PASSWORD)
    try:
        return file.read_text("utf-8-sig").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"The password file {file} cannot be read as text.") from None


@click.command("mail")
@click.argument("run", type=click.Path(path_type=Path))
@options()
def command(run: Path, **sending: Any) -> None:
    """Send the run folder RUN: verdict, counts, worst findings and gaps in the body, the report attached."""
    deliver(run, checked_mailing(sending))
