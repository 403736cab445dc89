"""`vpnaudit rules`: the rules, one line each."""

from __future__ import annotations

import click


@click.command("rules")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(as_json: bool) -> None:
    """List the rules: id, severity, what each is about."""
    from vpnaudit.rule_files import read, rule_ids

    rules = [read(rule_id) for rule_id in rule_ids()]
    if as_json:
        import json

        click.echo(
            json.dumps(
                [{"id": r.id, "severity": r.severity, "subject": r.subject, "title": r.title} for r in rules], indent=1
            )
        )
        return
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        click.echo(f"{rule.id:{width}}  {rule.severity:8}  {rule.subject:16}  {rule.title}")
