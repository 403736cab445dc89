"""What the verbs that ask a cloud share: the options, the profiles, the progress line, the folder of a snapshot."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import evidence_options, peer_options
from vpnaudit.cli.progress import progress
from vpnaudit.cli.snapshot_options import SNAPSHOTS
from vpnaudit.hostile import file_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.estate import Estate


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every verb that collects."""
    for option in reversed(
        (
            click.option(
                "--profile",
                "-p",
                "profiles",
                multiple=True,
                help="Profile to ask; several make one estate. Default: the environment or [cloudstack].",
            ),
            peer_options.option,
            evidence_options.option,
            click.option(
                "--allow-http",
                is_flag=True,
                help="Send over plain HTTP to other machines: keys can be read on the way.",
            ),
            click.option(
                "--snapshots",
                type=click.Path(path_type=Path),
                default=SNAPSHOTS,
                show_default=True,
                help="Folder for snapshots.",
            ),
        )
    ):
        function = option(function)
    return function


def collect(
    profiles: tuple[str, ...],
    *,
    allow_http: bool,
    snapshots: Path,
    quiet: bool,
    peers: tuple[Path, ...] = (),
    evidence: tuple[Path, ...] = (),
) -> tuple[Estate, Path]:
    """Ask the clouds, freeze the estate with the far sides of `peers` and what routers say in `evidence`; returns it
    and the folder it was saved to.
    """
    from vpnaudit.cloudstack.profiles import load_profiles

    loaded = load_profiles(list(profiles), os.environ, Path.home(), Path.cwd(), allow_http=allow_http)
    return gather(loaded, snapshots=snapshots, quiet=quiet, peers=peers, evidence=evidence)


def gather(
    profiles: list[Any],
    *,
    snapshots: Path,
    quiet: bool,
    peers: tuple[Path, ...] = (),
    evidence: tuple[Path, ...] = (),
) -> tuple[Estate, Path]:
    """The same for profiles at hand.

    The files of `peers` are read twice: before a cloud is asked, so that a broken one fails early, and after, when the
    addresses of the routers are known; into those of `evidence` one look is taken before. One fingerprinter reads them
    and the cloud, so that keys compare within the run.
    """
    from vpnaudit.collect import collect_estate
    from vpnaudit.private_files import check_place
    from vpnaudit.psk import Fingerprinter

    check_place(snapshots)
    peer_options.check(peers)
    evidence_options.check(evidence)
    fingerprinter = Fingerprinter()
    notes: list[str] = []
    with progress("Asking CloudStack", quiet=quiet) as tell:
        estate = collect_estate(
            profiles, fingerprinter=fingerprinter, evidence=evidence, on_progress=tell, on_note=notes.append
        )
    notes += evidence_options.unmatched(estate) if evidence else []
    peer_options.print_notes(notes)
    estate = peer_options.with_peers(estate, peers, fingerprinter)
    folder = snapshots / scope(estate) / stamp(datetime.now(UTC))
    estate.save(folder)
    return estate, folder


def scope(estate: Estate) -> str:
    """The folder name of an estate: its sources."""
    return file_name("+".join(estate.sources))


def stamp(when: datetime) -> str:
    """A time as a folder name that sorts: 20261124T081000Z."""
    return when.strftime("%Y%m%dT%H%M%SZ")
