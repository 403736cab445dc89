"""One estate: all tables of one or several sources at one time, what follows from them, and how to open and keep it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from vpnaudit.errors import EstateError, RuleError
from vpnaudit.estate import acl_analysis as lists
from vpnaudit.estate import dependents, diagnoses, ends, reach_table
from vpnaudit.estate.cidrs import cidrs
from vpnaudit.estate.outcomes import predictions, predictions_by_connection
from vpnaudit.estate.proposal_table import proposals
from vpnaudit.estate.subjects import subjects
from vpnaudit.estate.tables import TABLES
from vpnaudit.estate.tunnels import both_ends, overview, pairs, tunnels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    import pandas as pd

    from vpnaudit.estate.tables import Tables

_ALL_NETWORKS = (
    "vpcs",
    "tiers",
    "connections",
    "vpn_gateways",
    "customer_gateways",
    "private_gateways",
    "static_routes",
    "remote_access_vpns",
)
_ENDS = ("connections", "vpn_gateways", "vpcs", "customer_gateways")

DERIVED: dict[str, tuple[Callable[[Tables], pd.DataFrame | dict[str, pd.DataFrame]], tuple[str, ...]]] = {
    "cidrs": (cidrs, _ALL_NETWORKS),
    "tunnels": (tunnels, _ENDS),
    "pairs": (pairs, _ENDS),
    "both_ends": (both_ends, _ENDS),
    "overview": (overview, (*_ENDS, "tiers")),
    "proposals": (proposals, ("customer_gateways",)),
    "reach": (reach_table.reach, reach_table.BASE),
    "acl_analysis": (lists.acl_analysis, lists.BASE),
    "outcomes": (predictions, ends.BASE),
    "differences": (predictions, ends.BASE),
    "predictions_by_connection": (predictions_by_connection, ends.BASE),
    "diagnoses": (diagnoses.diagnoses, diagnoses.BASE),
    "subjects": (subjects, tuple(TABLES)),
    "connections_by_subject": (dependents.connections_by_subject, dependents.BASE),
}
"""Tables that follow from others: how, and from which collected ones in the end. Those that are made together have one
function, which gives them all by name."""


class Estate:
    """The tables by name, `estate["connections"]`; derived ones too, `estate["tunnels"]`, computed once, when first
    asked for.

    The frames are shared: treat them as frozen. `collected_at` is when the latest collection began: nothing else tells
    a rule the time. `digest` is the SHA-256 of the snapshot's manifest, missing until the estate is saved or opened.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame] | None = None, *, digest: str | None = None) -> None:
        frames = dict(tables or {})
        unknown = set(frames) - set(TABLES)
        if unknown:
            raise EstateError(f"No table is named {sorted(unknown)}. Tables are: {', '.join(TABLES)}.")
        self.tables: dict[str, pd.DataFrame] = {name: frames.get(name, table.empty()) for name, table in TABLES.items()}
        self.digest = digest
        self._derived: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name in self.tables:
            return self.tables[name]
        if name not in DERIVED:
            raise EstateError(f"No table is named {name!r}. Tables are: {', '.join([*TABLES, *DERIVED])}.")
        if name not in self._derived:
            tables = DERIVED[name][0](self)
            self._derived.update(tables if isinstance(tables, dict) else {name: tables})
        return self._derived[name]

    @property
    def collected_at(self) -> pd.Timestamp | None:
        """When the latest collection began, in UTC; None for an estate without sources."""
        times = self["sources"]["collected_utc"].dropna()
        return times.max() if len(times) else None

    @property
    def sources(self) -> list[str]:
        """Names of the sources, in order."""
        return sorted(self["sources"]["source"].dropna())

    def only(self, names: Iterable[str]) -> EstateView:
        """A view that shows these tables and refuses the others, so that what a rule declares is what it reads."""
        return EstateView(self, frozenset(names))

    def save(self, path: Path | str) -> str:
        """Write a snapshot folder that does not exist yet; returns the SHA-256 of its manifest. Half a snapshot is
        never left.
        """
        from vpnaudit.estate.snapshot import save  # noqa: PLC0415 - Parquet is needed only here

        self.digest = save(self.tables, path)
        return self.digest

    @classmethod
    def open(cls, path: Path | str) -> Estate:
        """Open a snapshot, also one of an earlier release: what it is too old to have is a gap.

        Raises `EstateError` where a byte has changed, a file is missing, or the format, a table or a column is not
        known.
        """
        from vpnaudit.estate.snapshot import load  # noqa: PLC0415 - see save

        tables, digest = load(path)
        return cls(tables, digest=digest)

    def __repr__(self) -> str:
        count = {name: len(self[name]) for name in ("vpcs", "connections", "customer_gateways", "gaps")}
        return (
            f"Estate(sources={self.sources}, collected_at={self.collected_at},"
            f" {', '.join(f'{k}={v}' for k, v in count.items())})"
        )

    def _repr_html_(self) -> str:
        left = ' style="text-align: left"'  # JupyterLab would set everything to the right
        rows = "".join(
            f"<tr><td{left}>{escape(name)}</td><td>{len(self[name])}</td><td{left}>{escape(table.meaning)}</td></tr>"
            for name, table in TABLES.items()
            if len(self[name])
        )
        when = "never" if self.collected_at is None else f"{self.collected_at:%Y-%m-%d %H:%M} UTC"
        sources, gaps = f"source{'' if len(self.sources) == 1 else 's'}", f"gap{'' if len(self['gaps']) == 1 else 's'}"
        head = f"{len(self.sources)} {sources}: {', '.join(self.sources)}; collected {when}; {len(self['gaps'])} {gaps}"
        titles = f"<tr><th{left}>table</th><th>rows</th><th{left}>what it is</th></tr>"
        return f"<p>{escape(head)}</p><table><thead>{titles}</thead><tbody>{rows}</tbody></table>"


class EstateView:
    """What a rule sees of an estate: the tables it declared."""

    def __init__(self, estate: Estate, names: frozenset[str]) -> None:
        self._estate, self._names = estate, names

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._names:
            raise RuleError(f"The rule reads table {name!r} and does not declare it: add it to reads=(…).")
        return self._estate[name]

    @property
    def collected_at(self) -> pd.Timestamp | None:
        """As `Estate.collected_at`."""
        return self._estate.collected_at
