"""What `vpnaudit.open(path)` gives in JupyterLab: the estate, its judgement, and the questions an engineer asks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from pydantic import ValidationError

from vpnaudit.asking.access import Verdict, WhatIf, passes_beyond, verdict_of_packet, what_if_rules_change
from vpnaudit.asking.diagnosis import ConnectionDiagnosis, diagnoses_beside_state, diagnosis_of
from vpnaudit.asking.naming import find_connection
from vpnaudit.asking.tunnel import Tunnel, tunnel_of, worst_connection
from vpnaudit.asking.what_if import parse_changes
from vpnaudit.audit import Audit, audit
from vpnaudit.errors import ConfigError
from vpnaudit.estate import Estate
from vpnaudit.estate.cidrs import overlaps, with_intervals
from vpnaudit.estate.ends import ends_of
from vpnaudit.estate.reach_table import reach_of_connection
from vpnaudit.evidence.joining import with_evidence
from vpnaudit.peers.joining import with_peer_tunnels
from vpnaudit.policy import NeededFlow, Policy, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_IN_SQL = ("tunnels", "pairs", "cidrs", "overview", "reach", "acl_analysis", "subjects", "outcomes", "differences")


def open_snapshot(
    path: Path | str,
    policy: Path | str = "cloudstack-baseline",
    peers: Iterable[Path | str] | str = (),
    evidence: Iterable[Path | str] | str = (),
) -> Exploration:
    """Open a snapshot folder under a policy, built in or a TOML file. Nothing is asked of a network.

    `peers` are files or folders that tell of far sides, as `--peers` takes them; a text may name several, with commas
    between them; `evidence` are archives, folders and files of routers in the same way. What was not read of them is
    in `.notes`.
    """
    routers = _paths(evidence)
    at_hand = _AT_HAND.get()
    if at_hand is not None and at_hand.arguments == (path, policy, peers) and not routers:
        return at_hand.exploration
    estate = Estate.open(path)
    notes: list[str] = []
    if routers:
        estate, unread = with_evidence(estate, routers)
        notes += unread
    if files := _paths(peers):
        estate, unread_peers = with_peer_tunnels(estate, files)
        notes += [str(note) for note in unread_peers]
    return Exploration(estate, load(policy), notes=tuple(notes))


def _paths(texts: Iterable[Path | str] | str) -> list[Path | str]:
    """The paths, of which one text may name several."""
    return [part.strip() for part in texts.split(",") if part.strip()] if isinstance(texts, str) else list(texts)


class _AtHand(NamedTuple):
    arguments: tuple[object, object, object]
    exploration: Exploration


_AT_HAND: ContextVar[_AtHand | None] = ContextVar("_AT_HAND", default=None)


@contextmanager
def at_hand(exploration: Exploration, path: str, policy: str, peers: str) -> Iterator[None]:
    """Within this block, opening with these arguments gives this exploration: what is open and judged already is not
    opened and judged anew by the notebook that reports it.
    """
    token = _AT_HAND.set(_AtHand((path, policy, peers), exploration))
    try:
        yield
    finally:
        _AT_HAND.reset(token)


class Exploration:
    """An opened snapshot. `estate["…"]` gives any table; the attributes below are the ones asked for first."""

    def __init__(self, estate: Estate, policy: Policy, notes: tuple[str, ...] = ()) -> None:
        self.estate, self.policy, self.notes = estate, policy, notes

    @cached_property
    def audit(self) -> Audit:
        """The judgement, computed once."""
        return audit(self.estate, self.policy)

    @cached_property
    def mends(self) -> pd.DataFrame:
        """What mends the findings, as `plan.remedies` says it, computed once."""
        from vpnaudit.plan import remedies  # noqa: PLC0415 - only the report and whoever asks for it needs plans

        return remedies(self.audit)

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
        """Connections in which the text stands anywhere: a name, an address, a state, the beginning of an id. No
        pattern, any case.
        """
        frame = self.connections
        hit = pd.Series(data=False, index=frame.index)
        for column in frame.columns:
            hit |= (
                frame[column]
                .astype("string")
                .str.contains(text, case=False, regex=False)
                .fillna(value=False)
                .astype(bool)
            )
        return frame[hit]

    def overlaps(self, cidr: str) -> pd.DataFrame:
        """Every network of the estate that shares an address with this one: who names it, in which role. `cidr` may be
        a single address.

        Columns: source, role, text, kind, name, zone, vpc, id. Raises `ConfigError` where `cidr` is no IPv4 network.
        """
        question = with_intervals(pd.DataFrame({"text": pd.Series([cidr], dtype="string")}))
        if question["start"].isna().any():
            raise ConfigError(f"{cidr!r} is no IPv4 network or address. Write it as 192.168.10.0/24 or 192.168.10.7.")
        matches = overlaps(self.estate["cidrs"], question)
        rows = pd.DataFrame({column: matches[f"{column}_left"] for column in ("source", "role", "text", "id")})
        named = self.estate["subjects"].drop_duplicates(["source", "id"])[
            ["source", "id", "kind", "name", "zone", "vpc"]
        ]
        labelled = rows.merge(named, on=["source", "id"], how="left")
        columns = ["source", "role", "text", "kind", "name", "zone", "vpc", "id"]
        return labelled[columns].sort_values(["source", "role", "text"], ignore_index=True)

    def reach(self, connection: str) -> pd.DataFrame:
        """What passes through a connection: one row a remote CIDR, tier and direction, as the table
        `reach` has them.

        `connection` is an id or its unique beginning, `VPC/customer-gateway`, a label, or the peer's address. Raises
        `ConfigError` where it fits none or several, which it lists.
        """
        row = find_connection(self.estate, connection)
        mine = reach_of_connection(self.estate, row)
        return mine.sort_values(["remote", "tier", "direction"], ascending=[True, True, False], ignore_index=True)

    def tunnel(self, connection: str | None = None, changes: Mapping[str, str] | Iterable[str] | None = None) -> Tunnel:
        """Both ends of a connection and what is predicted of it: `.sides`, `.timeline`, `.reasons`, `.pairs`,
        `.suites`, `.mends`.

        `connection` is as in `reach`; without one, it is that with the worst prediction where any far side is known.
        `changes` are `{"esppolicy": "aes256-sha256;modp2048", "peer.esppolicy": …}` or texts `FIELD=VALUE`:
        `.difference` then says what they do (`asking.what_if` has the fields). Raises `ConfigError` where the
        connection or a change cannot be understood.
        """
        ends = (
            ends_of(self.estate, find_connection(self.estate, connection))
            if connection
            else worst_connection(self.estate)
        )
        if ends is None:
            raise ConfigError("This snapshot holds no connection.")
        wanted = changes if changes is None or isinstance(changes, Mapping) else parse_changes(changes)
        return tunnel_of(ends, wanted, self.policy)

    @property
    def diagnoses(self) -> pd.DataFrame:
        """What routers show of every tunnel beside what the API says, worst first: see
        `asking.diagnosis.diagnoses_beside_state`.
        """
        return diagnoses_beside_state(self.estate)

    def diagnose(self, connection: str) -> ConnectionDiagnosis:
        """What routers show of a connection: `.verdicts`, and `.reasons` with the lines and cells they rest on.

        `connection` is as in `reach`, or `vpn-ADDRESS` as charon calls it. Raises `ConfigError` as `reach` does.
        """
        return diagnosis_of(self.estate, connection)

    def can(
        self, src: str, dst: str, proto: str = "tcp", port: int | None = None, direction: str | None = None
    ) -> Verdict:
        """Whether a connection can be opened: verdict, the rule that decides, and the rules tried. `icmp` is a ping.

        One of `src` and `dst` is a tier (its name, id, or an address in it), the other an address behind a tunnel.
        `direction` (`ingress`, `egress`) is needed where both are in tiers. Raises `ConfigError` where the question
        cannot be understood.
        """
        return verdict_of_packet(self.estate, src, dst, proto=proto, port=port, direction=direction)

    def only(self, connection: str, flows: Iterable[NeededFlow | Mapping[str, Any]]) -> pd.DataFrame:
        """What gets through a connection besides these flows, in words; columns tier, remote, direction, beyond, why.

        A flow is as `needed_flows` of a policy file has it: `{"name": …, "from": "192.168.10.0/24", "to": "web",
        "port": 443}`.
        """
        row = find_connection(self.estate, connection)
        try:
            wanted = [
                flow if isinstance(flow, NeededFlow) else NeededFlow.model_validate({"name": "flow", **flow})
                for flow in flows
            ]
        except ValidationError as error:
            mistakes = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
            raise ConfigError(f"A flow cannot be understood: {mistakes}") from None
        return passes_beyond(self.estate, row, wanted)

    def what_if(
        self,
        acl: str,
        add: Iterable[Mapping[str, Any]] = (),
        remove: Iterable[int | str] = (),
        move: Mapping[int, int] | None = None,
    ) -> WhatIf:
        """What a change of an access list would open and close, as the router would run it; nothing is changed.

        `acl` is its name, id or the beginning of that. `add`: rules as `createNetworkACL` takes them. `remove`: numbers
        or ids. `move`: old number to new number.
        """
        return what_if_rules_change(self.estate, acl, add=add, remove=remove, move=move)

    def sql(self, query: str) -> pd.DataFrame:
        """Ask in SQL: every table of the estate by its name, and findings and coverage.

        Needs the extra `lab`; DuckDB is opened without access to files or networks, and no query can change its
        settings. Raises `ConfigError` where DuckDB is not installed.
        """
        try:
            import duckdb  # noqa: PLC0415 - an extra: most runs never ask in SQL
        except ImportError:
            raise ConfigError("Asking in SQL needs DuckDB: pip install 'vpnaudit[lab]'.") from None
        # Locked, so that no query gives itself files, or the logging that ends the whole process where it has no file.
        closed: dict[str, str | bool | int | float | list[str]] = {
            "enable_external_access": False,
            "python_enable_replacements": False,
            "lock_configuration": True,
        }
        base = duckdb.connect(config=closed)
        derived = {name: self.estate[name] for name in _IN_SQL}
        judged = {"findings": self.findings, "coverage": self.coverage}
        for name, frame in {**self.estate.tables, **derived, **judged}.items():
            base.register(name, frame.drop(columns=["reasons", "evidence", "changes"], errors="ignore"))
        return base.execute(query).df()

    def _repr_html_(self) -> str:
        return self.estate._repr_html_()
