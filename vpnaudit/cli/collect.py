"""`vpnaudit collect`: the estate, frozen."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from vpnaudit.cli import collecting, incomplete


@click.command("collect")
@collecting.options
@click.option("--quiet", is_flag=True, help="No progress line.")
def command(
    profiles: tuple[str, ...],
    peers: tuple[Path, ...],
    evidence: tuple[Path, ...],
    allow_http: bool,
    snapshots: Path,
    quiet: bool,
) -> int:
    """Ask CloudStack over its API and write a snapshot. Only list calls are sent."""
    from vpnaudit.estate.tables import records
    from vpnaudit.hostile import one_line
    from vpnaudit.report.words import count

    estate, folder = collecting.collect(
        profiles, allow_http=allow_http, snapshots=snapshots, quiet=quiet, peers=peers, evidence=evidence
    )
    gaps = estate["gaps"]
    unexpected = gaps[~gaps["expected"].fillna(value=False)]
    nouns = {"vpcs": "VPC", "connections": "connection", "customer_gateways": "customer gateway"}
    click.echo(", ".join(count(len(estate[table]), noun) for table, noun in nouns.items()))
    if peers:
        from_log = (estate["peers"]["dialect"] == "router-log").fillna(value=False)
        click.echo(f"{count(int((~from_log).sum()), 'far side')} from files")
    if evidence:
        connections = estate["diagnoses"].drop_duplicates(["source", "connection_id"])["connection_id"].count()
        routers = count(len(estate["router_facts"]), "router")
        click.echo(f"evidence of {routers}, which shows {count(int(connections), 'connection')} of this estate")
    for row in records(unexpected):
        click.echo(f"  gap: {row['source']}: {row['table']}: {one_line(str(row['text']))[:160]}", err=True)
    click.echo(f"Snapshot: {folder}\nNext:     {shlex.join(['vpnaudit', 'audit', str(folder)])}")
    why = incomplete.gaps_in_words(gaps)
    if why:
        click.echo(incomplete.sentence(why))
    return incomplete.CODE if why else 0
