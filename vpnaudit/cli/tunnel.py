"""`vpnaudit tunnel CONNECTION`: both ends, what they negotiate now and later, why, and what mends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import snapshot_options

if TYPE_CHECKING:
    from vpnaudit.asking.tunnel import Tunnel
    from vpnaudit.cli.snapshot_options import SnapshotChoice
    from vpnaudit.estate import Estate


@click.command("tunnel")
@click.argument("connection")
@snapshot_options.options()
@click.option(
    "--if",
    "changes",
    metavar="FIELD=VALUE",
    multiple=True,
    help=(
        "What if: a field of the CloudStack side, such as esppolicy=aes256-sha256;modp2048, one of the far side,"
        " peer.FIELD=VALUE, or psk=equal; may be repeated."
    ),
)
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(connection: str, choice: SnapshotChoice, changes: tuple[str, ...], as_json: bool) -> int:
    """Say what both ends of CONNECTION negotiate: now, at the first rekey, at the end of its lifetimes; why; and what
    mends it.

    CONNECTION is a UUID or the beginning of one, vpc/customer-gateway, or the peer's address. Nothing is asked of a
    network. It is a prediction: `vpnaudit prove` lets real daemons show whether it holds.
    """
    from vpnaudit.asking.naming import find_connection
    from vpnaudit.asking.tunnel import tunnel_of
    from vpnaudit.asking.what_if import parse_changes
    from vpnaudit.cli.tunnel_text import lines
    from vpnaudit.estate.ends import ends_of

    wanted = parse_changes(changes)
    exploration = choice.open()
    estate = exploration.estate
    tunnel = tunnel_of(ends_of(estate, find_connection(estate, connection)), wanted, exploration.policy)
    mends = _mends(estate, tunnel)
    if as_json:
        click.echo(json.dumps(_as_data(tunnel, mends), indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(lines(tunnel, mends)))
    return 0


def _mends(estate: Estate, tunnel: Tunnel) -> list[dict[str, Any]]:
    """What mends it on each side, with the commands where CloudStack's own can; after a what-if no command, since it
    starts from now.
    """
    from dataclasses import asdict

    from vpnaudit.asking.what_if import PEER
    from vpnaudit.plan.estate_index import EstateIndex
    from vpnaudit.plan.tunnel_mends import commands

    index = EstateIndex.around(estate, tunnel.ends)
    mends = []
    for mend in tunnel.mends:
        steps = [] if tunnel.before else commands(index, tunnel.ends, mend.changes)
        texts = [{"what": step.what, "command": step.command, "interrupts": step.interrupts} for step in steps]
        by_hand = {
            name: value
            for name, value in mend.changes.items()
            if not steps or (name.startswith(PEER) and tunnel.ends.far_router is None)
        }
        mends.append({**asdict(mend), "works": mend.works, "commands": texts, "by_hand": by_hand})
    return mends


def _as_data(tunnel: Tunnel, mends: list[dict[str, Any]]) -> dict[str, Any]:
    from dataclasses import asdict

    starts = [
        {
            "starts": start.title,
            "verdict": start.outcome.verdict,
            "ike_version": start.outcome.ike_version,
            "api_state": start.outcome.api_state,
            "stopped_at": start.outcome.stopped_at,
            "error": start.outcome.error,
            "timeline": [asdict(event) for event in start.outcome.timeline],
            "confidence": start.outcome.confidence,
            "assumed": list(start.outcome.assumed),
        }
        for start in tunnel.starts
    ]
    frames = {
        name: json.loads(getattr(tunnel, name).to_json(orient="records"))
        for name in ("sides", "suites", "pairs", "reasons")
    }
    return {
        "connection": tunnel.ends.id,
        "source": tunnel.ends.source,
        "label": tunnel.label,
        "far": tunnel.ends.far,
        "far_side": tunnel.far_side,
        "changes": dict(tunnel.changes),
        "starts": starts,
        **frames,
        "difference": json.loads(tunnel.difference.to_json(orient="records")),
        "mends": mends,
        "limits": tunnel.limits,
    }
