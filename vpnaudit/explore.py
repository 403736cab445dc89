"""What `vpnaudit.open(path)` gives in JupyterLab: the estate, its judgement, and the questions an engineer asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.audit import Audit, audit
from vpnaudit.errors import ConfigError
from vpnaudit.estate import Estate
from vpnaudit.estate.cidrs import overlaps, with_intervals
from vpnaudit.policy import Policy, load

if TYPE_CHECKING:
    from pathlib import Path


def open_snapshot(path: Path | str, policy: Path | str = "cloudstack-baseline") -> Exploration:
    """Open a snapshot folder under a policy, built in or a TOML file. Nothing is asked of a network."""
    return Exploration(Estate.open(path), load(policy))


class Exploration:
    """An opened snapshot. `estate["…"]` gives any table; the attributes below are the ones asked for first."""

    def __init__(self, estate: Estate, policy: Policy) -> None:
        self.estate, self.policy = estate, policy

    @cached_property
    def audit(self) -> Audit:
        """The judgement, computed once."""
        return audit(self.estate, self.policy)

    @property
    def connections(self) -> pd.DataFrame:
        """One row a connection, everything by name: see `estate.tunnels.overview`."""
        return self.estate["overview"]

    @property
    def findings(self) -> pd.DataFrame:
        """Failed and waived verdicts, worst first."""
        return self.audit.findings

    @property
    def coverage(self) -> pd.DataFrame:
        """Every verdict, with what could not be told and why."""
        return self.audit.coverage

    @property
    def gaps(self) -> pd.DataFrame:
        """What could not be collected, and why."""
        return self.estate["gaps"]

    def find(self, text: str) -> pd.DataFrame:
        """Connections in which the text stands anywhere: a name, an address, a state, the beginning of an id. No pattern, any case."""
        frame = self.connections
        hit = pd.Series(data=False, index=frame.index)
        for column in frame.columns:
            hit |= frame[column].astype("string").str.contains(text, case=False, regex=False).fillna(value=False).astype(bool)
        return frame[hit]

    def overlaps(self, cidr: str) -> pd.DataFrame:
        """Every network of the estate that shares an address with this one: who names it, in which role. `cidr` may be a single address.

        Columns: source, role, text, kind, name, zone, vpc, id. Raises `ConfigError` where `cidr` is no IPv4 network.
        """
        asked = with_intervals(pd.DataFrame({"text": pd.Series([cidr], dtype="string")}))
        if asked["start"].isna().any():
            raise ConfigError(f"{cidr!r} is no IPv4 network or address. Write it as 192.168.10.0/24 or 192.168.10.7.")
        found = overlaps(self.estate["cidrs"], asked)
        rows = pd.DataFrame({column: found[f"{column}_left"] for column in ("source", "role", "text", "id")})
        named = self.estate["subjects"].drop_duplicates(["source", "id"])[["source", "id", "kind", "name", "zone", "vpc"]]
        shown = rows.merge(named, on=["source", "id"], how="left")
        columns = ["source", "role", "text", "kind", "name", "zone", "vpc", "id"]
        return shown[columns].sort_values(["source", "role", "text"], ignore_index=True)

    def sql(self, query: str) -> pd.DataFrame:
        """Ask in SQL: every table of the estate by its name, and findings and coverage.

        Needs the extra `lab`; DuckDB is opened without access to files or networks. Raises `ConfigError` where DuckDB is not installed.
        """
        try:
            import duckdb  # noqa: PLC0415 - an extra: most runs never ask in SQL
        except ImportError:
            raise ConfigError("Asking in SQL needs DuckDB: pip install 'vpnaudit[lab]'.") from None
        base = duckdb.connect(config={"enable_external_access": False, "python_enable_replacements": False})
        derived = {name: self.estate[name] for name in ("tunnels", "pairs", "cidrs", "overview", "subjects")}
        judged = {"findings": self.findings, "coverage": self.coverage}
        for name, frame in {**self.estate.tables, **derived, **judged}.items():
            base.register(name, frame.drop(columns=["reasons", "evidence", "changes"], errors="ignore"))
        return base.execute(query).df()

    def _repr_html_(self) -> str:
        return self.estate._repr_html_()
