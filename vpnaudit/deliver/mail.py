"""One run as one mail: text and HTML with the verdict, the counts, the worst findings and what was not seen; the report
attached.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from vpnaudit.deliver.server_url import ServerURL
from vpnaudit.deliver.smtp import send
from vpnaudit.deliver.summary import Summary, summarise
from vpnaudit.errors import ConfigError, DeliveryError
from vpnaudit.hostile import one_line
from vpnaudit.private_files import write_bytes
from vpnaudit.report.places import template_folder
from vpnaudit.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["ServerURL", "address", "compose", "send", "write_eml"]

BODY_MAX_BYTES = 60_000
"""Gmail cuts a body at about 102 kB, and quoted-printable makes it grow."""


def compose(run: Path, *, sender: str, to: Sequence[str], now: datetime | None = None) -> EmailMessage:
    """The mail about a run folder, as `vpnaudit.report.folder.write_run` makes it.

    `sender` and `to` are plain addresses. `now` is the time of the Date header (default: now); the Message-ID follows
    from the report, the recipients and that time. The attachment is the report without its scripts.

    Raises `ConfigError` for an address that is none, and `DeliveryError` where the folder is not a whole run.
    """
    author, people = address(sender), [address(person) for person in to]
    if not people:
        raise ConfigError("A mail needs at least one recipient: --to NAME@EXAMPLE.ORG.")
    summary, report = summarise(run)
    at = now or datetime.now(UTC)
    text, html = _bodies(summary)
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = author, people, summary.headline
    message["Date"] = format_datetime(at)
    seed = "\n".join([summary.attachment_sha256, at.isoformat(), *(person.addr_spec for person in people)])
    message["Message-ID"] = f"<{hashlib.sha256(seed.encode()).hexdigest()[:32]}@{author.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in return
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message.add_attachment(
        report, maintype="text", subtype="html", filename=summary.attachment, params={"charset": "utf-8"}
    )
    return message


def address(text: str) -> Address:
    """A plain address, `name@example.org`. Raises `ConfigError`: a line break in it would write headers of its own."""
    plain = text.strip()
    if one_line(plain) == plain and plain.isascii() and "," not in plain:
        try:
            parsed = Address(addr_spec=plain)
        except (ValueError, IndexError, MessageError):  # the parser of the standard library raises each of them
            parsed = Address()
        if parsed.username and parsed.domain:
            return parsed
    raise ConfigError(
        f"{one_line(text)!r} is no plain mail address. Write it as name@example.org, and each in its own --to."
    )


def write_eml(message: EmailMessage, path: Path) -> Path:
    """Write the mail as a file that mail programs open; returns its path."""
    return write_bytes(path, message.as_bytes())


def _bodies(summary: Summary) -> tuple[str, str]:
    import css_inline  # noqa: PLC0415 - only composing needs it
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - see above

    folder = FileSystemLoader(template_folder("mail"))
    plain = Environment(
        loader=folder,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - plain text
    )
    marked = Environment(
        loader=folder, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    for environment in (plain, marked):
        environment.filters["count"] = count
    text = plain.get_template("summary.txt.j2").render(it=summary)
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    html: str = inliner.inline(marked.get_template("summary.html.j2").render(it=summary))
    if len(html.encode()) > BODY_MAX_BYTES:
        raise DeliveryError(
            f"The mail body is over {BODY_MAX_BYTES:,} bytes, and mail programs would cut it. Please report this as a"
            " fault."
        )
    return text, html
