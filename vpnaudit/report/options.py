"""What a report is made under, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OWN = ("snapshot", "policy", "peers")
"""Parameters of every notebook that come from here, and not from `parameters`: else the notebook would judge another
thing than the exports beside it.
"""


@dataclass(frozen=True)
class ReportOptions:
    """How a report is made. The snapshot is no part of it: `vpnaudit run` has none when it reads its options.

    `policy` is built in or a file, `peers` are files or folders for the far ends, `parameters` more parameters of the
    notebook: text is read as the type that the notebook names. Run folders are made in `out`; `scope` names the folder
    between (default: the sources). What takes seconds to make and is the same in every report stays in `cache`, if that
    is named. Raises `ConfigError` where `parameters` sets what has a place of its own.
    """

    policy: str = "cloudstack-baseline"
    peers: tuple[Path, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notebook: str = "audit"
    out: Path = Path("reports")
    scope: str | None = None
    cache: Path | None = None

    def __post_init__(self) -> None:
        for name in _OWN:
            if name in self.parameters:
                raise ConfigError(
                    f"The parameter {name} is set for you, so that report and exports judge the same: give --{name}"
                    " instead."
                )

    def all_parameters(self, snapshot: Path) -> dict[str, Any]:
        """The parameters of the notebook on a snapshot; `peers` only where there are any."""
        peers = {"peers": joined_paths(self.peers)} if self.peers else {}
        return {"snapshot": str(snapshot.resolve()), "policy": self.policy, **peers, **self.parameters}


def joined_paths(paths: Iterable[Path]) -> str:
    """Paths as the one text that a notebook's `peers` takes. Raises `ConfigError` for a name that would not come out of
    it whole.
    """
    texts = [str(path) for path in paths]
    for text in texts:
        if "," in text or text != text.strip():
            raise ConfigError(
                f"A notebook takes several paths with commas between them, so {text!r} cannot be given to it. Rename"
                " it without a comma, and without a blank at its end."
            )
    return ", ".join(texts)
