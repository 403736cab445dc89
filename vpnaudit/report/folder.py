"""The run folder: `reports/<source or scope>/<UTC time>/` with the report, the executed notebook, the exports and
run.json.
"""

from __future__ import annotations

import hashlib
import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from vpnaudit.errors import RenderError
from vpnaudit.estate.tables import json_records
from vpnaudit.hostile import file_name
from vpnaudit.private_files import make_new_folder, write_text
from vpnaudit.report.causes import by_severity, causes, headline
from vpnaudit.report.exports import export
from vpnaudit.report.options import ReportOptions
from vpnaudit.report.places import REPORT
from vpnaudit.report.render import checked_parameters, render
from vpnaudit.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pandas as pd

    from vpnaudit.audit import Audit
    from vpnaudit.explore import Exploration

RUN = "run.json"
_SEEN = ("zones", "vpcs", "connections", "customer_gateways", "vpn_gateways", "tiers", "acl_lists", "routers")
_LIBRARIES = ("pandas", "pyarrow", "jinja2", "plotly")


class Run(NamedTuple):
    """A run folder, and the judgement that it holds."""

    folder: Path
    audit: Audit
    mends: pd.DataFrame


def write_run(
    exploration: Exploration,
    snapshot: Path,
    options: ReportOptions = ReportOptions(),  # noqa: B008 - it is frozen
    *,
    on_progress: Callable[[str], None] | None = None,
) -> Run:
    """Make the run folder of one audit below `options.out`.

    `exploration` stands in the folder `snapshot` but for the far ends of `options.peers`; notebook and exports share
    its judgement.

    Raises `ConfigError` for a parameter that the notebook does not have, before anything is written, and `RenderError`
    where the notebook fails: then the folder holds the exports, the notebook as far as it ran, and a run.json that says
    `failed` and why.
    """
    parameters = checked_parameters(snapshot, options)
    began = datetime.now(UTC)
    run = _make(options.out / file_name(options.scope or "+".join(exploration.estate.sources) or "empty"), began)
    failure = None
    try:
        render(exploration, snapshot, run, options, on_progress=on_progress)
    except RenderError as error:
        failure = error
    audit, mends = exploration.audit, exploration.mends
    files = export(audit, mends, run)
    files += [path for path in (run / REPORT, run / f"{options.notebook}.ipynb") if path.exists()]
    facts = _facts(audit, snapshot, options.policy, parameters)
    facts |= {"notebook": options.notebook, "began_utc": _stamp(began)}
    if failure is not None:
        _close(run, facts | {"status": "failed", "error": str(failure), "cell": failure.cell}, files)
        raise failure
    _close(run, facts | {"status": "complete"}, files)
    return Run(run, audit, mends)


def _make(parent: Path, at: datetime) -> Path:
    """The first folder of this second that nobody else has made."""
    for number in range(1, 1000):
        folder = parent / (at.strftime("%Y%m%dT%H%M%SZ") + (f"-{number}" if number > 1 else ""))
        try:
            return make_new_folder(folder)
        except FileExistsError:
            continue
    raise RenderError(f"{parent} has a thousand runs of this second: something starts vpnaudit in a loop.")


def _facts(audit: Audit, snapshot: Path, policy: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    clear, connections = audit.clear_connections
    gaps, table = audit.estate["gaps"], causes(audit)
    collected = audit.estate.collected_at
    return {
        "verdict": headline(audit, table),
        "tool": f"vpnaudit {__version__}",
        "versions": {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
        "snapshot": str(snapshot),
        "manifest_sha256": audit.estate.digest,
        "collected_utc": collected.isoformat() if collected is not None else None,
        "sources": json_records(audit.estate["sources"]),
        "policy": {"name": audit.policy.name, "given": policy, "sha256": _digest(audit.policy.model_dump_json())},
        "parameters": dict(parameters),
        "objects": {name: len(audit.estate[name]) for name in _SEEN},
        "verdicts": audit.counts,
        "severities": audit.by_severity,
        "causes": by_severity(table),
        "causes_in_order": [str(cause) for cause in table.index],
        "coverage_percent": audit.coverage_percent,
        "connections": connections,
        "connections_clear": clear,
        "gaps": json_records(gaps),
        "exit_code": audit.exit_code,
    }


def _close(run: Path, facts: dict[str, Any], files: list[Path]) -> None:
    """Write run.json last: a folder without it is not whole."""
    digests = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in sorted(files)
    }
    whole = facts | {"ended_utc": _stamp(datetime.now(UTC)), "files": digests}
    write_text(run / RUN, json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
