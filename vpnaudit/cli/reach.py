"""`vpnaudit reach CONNECTION`: what passes through a tunnel, and which rule decides."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import snapshot_options
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.cli.snapshot_options import SnapshotChoice

_COLUMNS = (
    "tier",
    "remote",
    "direction",
    "verdict",
    "passes",
    "decides",
    "decides_ids",
    "counter_example",
    "reason",
    "why",
)
_WAY = {"ingress": "into", "egress": "out of"}


@click.command("reach")
@click.argument("connection")
@snapshot_options.options()
@click.option("--from", "remote", metavar="CIDR", help="Only this network or address behind the tunnel.")
@click.option("--to", "tier", metavar="TIER", help="Only this tier: its name or id.")
@click.option(
    "--proto", metavar="PROTOCOL", help="Ask for one flow: tcp, udp, icmp (a ping), another name, or a number."
)
@click.option("--port", type=click.IntRange(0, 65535), help="The destination port of that flow.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    connection: str,
    choice: SnapshotChoice,
    remote: str | None,
    tier: str | None,
    proto: str | None,
    port: int | None,
    as_json: bool,
) -> int:
    """Say what passes between the remote networks of CONNECTION and each tier of its VPC, as the router runs the access
    lists.

    CONNECTION is an id or its beginning, VPC/customer-gateway, or the peer's address.
    """
    from vpnaudit.estate.access_lists import rules_of_lists
    from vpnaudit.estate.needed_flows import answer
    from vpnaudit.estate.tables import records

    if port is not None and not proto:
        raise ConfigError("--port needs --proto tcp or --proto udp: a port alone names no packet.")
    exploration = choice.open()
    cells = [row for row in records(exploration.reach(connection)) if _fits(row, remote, tier)]
    if not cells:
        raise ConfigError(
            "Nothing to tell: no tier of its VPC and no remote network of it fits what you asked for, or its VPC is not"
            " known."
        )
    if proto:
        cells_of_networks = [row for row in cells if row["remote"] is not None]
        # Of the whole network that was asked for, so that a part of it that is dropped shows.
        tables = rules_of_lists(exploration.estate, [row["acl_id"] for row in cells])
        cells = [row | answer(tables, row, remote=remote, protocol=proto, port=port) for row in cells_of_networks]
    if as_json:
        click.echo(json.dumps([{name: row[name] for name in _COLUMNS} for row in cells], indent=2, ensure_ascii=False))
    else:
        _print(cells)
    return 0


def _fits(row: dict[str, Any], remote: str | None, tier: str | None) -> bool:
    from vpnaudit.estate.cidrs import parse
    from vpnaudit.estate.needed_flows import common
    from vpnaudit.hostile import one_line

    if remote and parse(remote) is None:
        raise ConfigError(
            f"{one_line(remote)!r} is no IPv4 network or address. Write it as 192.168.10.0/24 or 192.168.10.7."
        )
    fits = remote is None or bool(row["remote"] and common(remote, row["remote"]))
    return fits and tier in (None, row["tier"], row["tier_id"])


def _print(cells: Iterable[dict[str, Any]]) -> None:
    from vpnaudit.hostile import one_line

    for row in cells:
        network = row["remote"] or "networks not said"
        click.echo(
            one_line(f"{row['verdict'].upper():<12}{network} {_WAY[row['direction']]} {row['tier'] or row['tier_id']}")
        )
        lines = {
            "passes": row["passes"],
            "decided by": row["decides"],
            "dropped": row["counter_example"],
            "because": row["why"],
        }
        for name, text in lines.items():
            if text:
                click.echo(one_line(f"  {name:<12}{text}"))
