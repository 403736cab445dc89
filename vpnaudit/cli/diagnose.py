"""`vpnaudit diagnose [CONNECTION]`: what the routers show of the tunnels, apart from the API's state."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import evidence_options, incomplete, snapshot_options

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from vpnaudit.cli.snapshot_options import SnapshotChoice


@click.command("diagnose")
@click.argument("connection", required=False)
@snapshot_options.options()
@evidence_options.option
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(connection: str | None, choice: SnapshotChoice, evidence: tuple[Path, ...], as_json: bool) -> int:
    """Say what the router shows of CONNECTION: one verdict, since when, why, what speaks against it, what to do first
    and who acts. Without CONNECTION: all tunnels, worst first.

    CONNECTION is an id or its beginning, VPC/customer-gateway, the peer's address, or vpn-ADDRESS as charon calls it.
    What routers show comes with the snapshot, or from --evidence. The exit code is 1 where a tunnel does not carry, and
    2 where a router does not tell.
    """
    from vpnaudit.asking.diagnosis import diagnoses_beside_state, diagnosis_of
    from vpnaudit.cli.diagnosis_text import one_connection, table
    from vpnaudit.estate.tables import records

    estate = choice.open(evidence=evidence).estate
    frame = diagnosis_of(estate, connection).verdicts if connection else diagnoses_beside_state(estate)
    rows = records(frame)
    if as_json:
        click.echo(json.dumps([_as_data(row) for row in rows], indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(one_connection(rows) if connection else table(rows)))
    why = _unknown(frame)
    if why:
        click.echo(f"\n{incomplete.sentence(why)}", err=as_json)
        return incomplete.CODE
    return int(bool((~frame["carries"]).any()))


def _unknown(frame: pd.DataFrame) -> list[str]:
    """What was asked for and is not told, in words."""
    from vpnaudit.asking.diagnosis import NOT_ASKED
    from vpnaudit.report.words import count

    if frame.empty:
        return ["this snapshot holds no connection, and no evidence"]
    not_asked = int((frame["unknown"] == NOT_ASKED).sum())
    untold = int(frame["verdict"].isna().sum()) - not_asked
    parts = [f"the evidence does not tell of {count(untold, 'tunnel')}"] if untold else []
    if not_asked:
        parts.append(
            f"no router was asked about {count(not_asked, 'connection')}; `vpnaudit evidence fetch-plan` says what to"
            " fetch, and --evidence takes it"
        )
    return parts


def _as_data(row: dict[str, Any]) -> dict[str, Any]:
    since = row["since_utc"]
    grounds = {name: json.loads(row[name] or "[]") for name in ("rests_on", "against")}
    may_be = (row["may_be"] or "").split(",") if row["may_be"] else []
    return row | grounds | {"since_utc": since.isoformat() if since is not None else None, "may_be": may_be}
