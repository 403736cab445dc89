"""The option `--evidence`, the same in every verb that takes files of routers, and what a verb does with it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vpnaudit.errors import EvidenceError
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from vpnaudit.estate import Estate

_NOTHING_OF_A_ROUTER = frozenset({"secret", "other"})

option = click.option(
    "--evidence",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    metavar="FILE|DIR",
    help="What virtual routers say of themselves: an archive of `vpnaudit evidence script`, a folder, a log; may be"
    " repeated.",
)


def check(paths: tuple[Path, ...]) -> None:
    """Look into the files and keep nothing: raises `EvidenceError` for one that is damaged or holds nothing of a
    router, before a cloud is asked. Logs are not read through, they may be large.
    """
    from vpnaudit.evidence.archives import EvidenceFile, evidence_files
    from vpnaudit.evidence.kinds import kind_of

    for path in paths:
        with ExitStack() as stack:
            files = (entry for entry in evidence_files(path, stack) if isinstance(entry, EvidenceFile))
            # All of them: that an archive is cut short is known at its end.
            kinds = {kind_of(file)[0] for file in files}
        if kinds <= _NOTHING_OF_A_ROUTER:
            raise EvidenceError(
                f"{one_line(path.as_posix())}: holds no status, log or configuration of a router. docs/evidence.md"
                " says what is read, and `vpnaudit evidence script` collects it."
            )


def unmatched(estate: Estate) -> list[str]:
    """What of the evidence belongs to nothing of the estate, and what could not be read of it: a text each."""
    from vpnaudit.estate.tables import records
    from vpnaudit.evidence.joining import EVIDENCE_TABLES

    strangers = [
        f"router {row['router'] or 'without a name'} of {row['book']} is none of this estate"
        for row in records(estate["router_facts"])
        if row["router_id"] is None
    ]
    gaps = [str(row["text"]) for row in records(estate["gaps"]) if row["table"] in EVIDENCE_TABLES]
    return list(dict.fromkeys((*strangers, *gaps)))
