"""`vpnaudit explain RULE`: a rule in full."""

from __future__ import annotations

import textwrap

import click


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Say what RULE finds, why it matters, how to fix it, and what it cannot see."""
    from vpnaudit.rules import get

    found = get(rule)
    click.echo(f"{found.id} ({found.severity}; about a {found.subject})\n{found.title}")
    for heading, text in found.text.items():
        click.echo(f"\n{heading}\n{textwrap.indent(textwrap.fill(text, 100), '  ')}")
    click.echo(f"\nReads: {', '.join(found.reads)}")
