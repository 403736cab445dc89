"""`vpnaudit prove CONNECTION`: two real strongSwan daemons show whether the prediction for a connection holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import snapshot_options

if TYPE_CHECKING:
    from vpnaudit.cli.snapshot_options import SnapshotChoice
    from vpnaudit.estate.ends import Ends
    from vpnaudit.lab import Proof, Run

_KEYS = {
    "equal": "equal stand-in keys",
    "unequal": "unequal stand-in keys",
    "unknown": "equal stand-in keys, as the real ones are not compared",
}
_LOG_LINES = 6
_TELLING = re.compile(
    r"\[(IKE|CFG|CHD)\].*(selected proposal|established|received .* (error|notify)|no acceptable|rekey|fail|giving"
    r" up|deleting)",
    re.IGNORECASE,
)


@click.command("prove")
@click.argument("connection")
@snapshot_options.options()
@click.option(
    "--psk",
    type=click.Choice(["equal", "unequal"]),
    help="Run with equal or unequal keys; default: as the fingerprints say.",
)
@click.option(
    "--starts",
    type=click.Choice(["router", "peer", "both"]),
    default="both",
    show_default=True,
    help="Who starts; both: one after the other.",
)
@click.option(
    "--evidence",
    type=click.Path(path_type=Path),
    help="A new folder for configurations, logs and outcome, which an auditor can keep.",
)
@click.option("--quiet", is_flag=True, help="No progress line.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def command(
    connection: str,
    choice: SnapshotChoice,
    psk: str | None,
    starts: str,
    evidence: Path | None,
    quiet: bool,
    as_json: bool,
) -> int:
    """Run both ends of CONNECTION as real daemons, and compare what they do with the prediction.

    CONNECTION is a UUID or the beginning of one, vpc/customer-gateway, or the peer's address. Needs root and Debian's
    strongSwan packages. Everything happens in namespaces of its own: this machine's strongSwan, network and /etc are
    not touched. Exit code 1: a prediction did not hold.
    """
    from vpnaudit.asking.naming import find_connection
    from vpnaudit.cli.progress import progress
    from vpnaudit.estate.ends import ends_of, known_case
    from vpnaudit.lab import prove
    from vpnaudit.lab.machine import require

    require()
    estate = choice.open().estate
    ends = ends_of(estate, find_connection(estate, connection))
    case = known_case(ends)
    key = psk or case.psk
    with progress("starting", quiet=quiet or as_json) as tell:
        proof = prove(
            case.router,
            case.peer,
            psk="unequal" if key == "unequal" else "equal",
            initiators=("router", "peer") if starts == "both" else ("router",) if starts == "router" else ("peer",),
            evidence=evidence,
            on_progress=tell,
        )
    if as_json:
        data = {
            "connection": ends.label,
            "far_side": ends.told_by,
            "evidence": str(evidence) if evidence else None,
            **proof.as_data(),
        }
        click.echo(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        _show(ends, proof, key)
    return 0 if proof.held else 1


def _show(ends: Ends, proof: Proof, key: str) -> None:
    from vpnaudit.hostile import one_line

    click.echo(f"{one_line(ends.label)}; far side: {ends.told_by}; {_KEYS[key]}")
    for run in proof.runs:
        _show_run(run)
    if proof.assumed:
        click.echo(f"\nNot known of the peer, and taken as equal: {', '.join(proof.assumed)}")
    for limit in proof.limits:
        click.echo(f"Limit: {limit}")
    click.echo(
        f"\n{'The prediction held.' if proof.held else 'The prediction did NOT hold.'} strongSwan"
        f" {proof.versions['strongswan']}."
    )
    if proof.evidence:
        click.echo(f"Evidence: {proof.evidence} (sha256sum -c SHA256SUMS)")


def _show_run(run: Run) -> None:
    from vpnaudit.hostile import one_line

    click.echo(f"\nThe {run.measured.initiator} starts: {run.fields['verdict']['measured']}")
    for name in run.measured.not_loaded:
        click.echo(f"  strongSwan refused the connection {name}: see the log of starter")
    for name, values in run.fields.items():
        same = values["predicted"] == values["measured"]
        difference = "" if same else f"   NOT AS PREDICTED: {_words(values['predicted'])}"
        click.echo(f"  {name:22} {_words(values['measured'])}{difference}")
    for name in ("router", "peer"):
        lines = [line for line in run.measured.files[f"{name}/charon.log"].splitlines() if _TELLING.search(line)]
        click.echo(f"  last lines of the {name}:")
        click.echo("".join(f"    {one_line(line[:160])}\n" for line in lines[-_LOG_LINES:]), nl=False)


def _words(value: Any) -> str:
    """A compared value for a person: lists and mappings without brackets."""
    if isinstance(value, dict) and set(value) == {"ok", "suite"}:
        return "nothing to renew" if value["ok"] is None else f"works, {value['suite']}" if value["ok"] else "fails"
    if isinstance(value, dict):
        return (
            ", ".join(f"{packet} {'answered' if answered else 'lost'}" for packet, answered in value.items()) or "none"
        )
    if isinstance(value, list):
        return (
            ", ".join(
                f"{','.join(one[0])} === {','.join(one[1])}" if isinstance(one, list) else str(one) for one in value
            )
            or "none"
        )
    return "none" if value is None else str(value)
