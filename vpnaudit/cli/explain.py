"""`vpnaudit explain RULE`: a rule in full."""

from __future__ import annotations

import textwrap

import click


@click.command("explain")
@click.argument("rule_id", metavar="RULE")
def command(rule_id: str) -> None:
    """Say what RULE finds, why it matters, how to fix it, and what it cannot see."""
    from vpnaudit.rule_files import known_id, read, rule_ids

    rule = read(known_id(rule_id, rule_ids()))
    click.echo(f"{rule.id} ({rule.severity}; about a {rule.subject})\n{rule.title}")
    for heading, text in rule.text.items():
        click.echo(f"\n{heading}\n{textwrap.indent(textwrap.fill(text, 100), '  ')}")
    click.echo(f"\nReads: {', '.join(rule.reads)}")
