"""The options `--snapshot`, `--snapshots` and `--peers`, the same in every verb that reads a snapshot."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vpnaudit.cli import evidence_options, peer_options
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.explore import Exploration

SNAPSHOTS = Path("snapshots")
"""The folder that snapshots are written to and looked for in, unless `--snapshots` names another one."""


@dataclass(frozen=True)
class SnapshotChoice:
    """Which snapshot a verb reads: the folder that was named, else the newest below another; and the files for its far
    ends.
    """

    path: Path | None = None
    below: Path = SNAPSHOTS
    peers: tuple[Path, ...] = ()

    @functools.cached_property
    def folder(self) -> Path:
        """The folder of the snapshot. Where nobody named it, stderr says which one is the newest; raises `ConfigError`
        where there is none.
        """
        if self.path is not None:
            return self.path
        folder = newest(self.below)
        click.echo(f"Snapshot: {folder}, the newest below {self.below}", err=True)
        return folder

    def open(self, policy: str | None = None, evidence: tuple[Path, ...] = ()) -> Exploration:
        """The snapshot with the far ends of the files and what routers say in `evidence`, under a policy; what was not
        read of them goes to stderr.
        """
        from vpnaudit.explore import open_snapshot
        from vpnaudit.policy import BUILT_IN

        exploration = open_snapshot(self.folder, policy or BUILT_IN[0], self.peers, evidence)
        peer_options.print_notes(exploration.notes)
        peer_options.print_notes(evidence_options.unmatched(exploration.estate) if evidence else ())
        return exploration


def options(*, positional: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options, which the verb gets as one value, `choice`. With `positional` the snapshot may also stand alone, as
    SNAPSHOT.
    """

    def add(verb: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(verb)
        def with_choice(
            *,
            snapshot: Path | None,
            snapshots: Path,
            peers: tuple[Path, ...],
            argument: Path | None = None,
            **rest: Any,
        ) -> Any:
            return verb(choice=SnapshotChoice(_one_of(argument, snapshot), snapshots, peers), **rest)

        command: Callable[..., Any] = peer_options.option(with_choice)
        command = click.option(
            "--snapshots",
            type=click.Path(path_type=Path),
            default=SNAPSHOTS,
            show_default=True,
            metavar="FOLDER",
            help="Where to look for the newest snapshot.",
        )(command)
        command = click.option(
            "--snapshot",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="The snapshot to read. Default: the newest.",
        )(command)
        if positional:
            command = click.argument("argument", metavar="[SNAPSHOT]", type=click.Path(path_type=Path), required=False)(
                command
            )
        return command

    return add


def newest(below: Path) -> Path:
    """The newest snapshot below a folder; raises `ConfigError` where there is none."""
    manifests = sorted(below.glob("*/*/manifest.json"), key=lambda path: path.parent.name)
    if not manifests:
        raise ConfigError(
            f"There is no snapshot below {below}/. `vpnaudit collect` makes one; `vpnaudit demo` makes an example."
        )
    return manifests[-1].parent


def _one_of(argument: Path | None, option: Path | None) -> Path | None:
    if argument is not None and option is not None and argument.resolve() != option.resolve():
        raise ConfigError(
            f"Two snapshots are named: {argument}, and --snapshot {option}. A verb reads one: leave one of them out."
        )
    return argument if option is None else option
