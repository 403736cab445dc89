"""An estate, and what its routers say, become one estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.observations import REMOTE_ACCESS
from vpnaudit.estate.tables import records
from vpnaudit.evidence.routers import read_routers
from vpnaudit.evidence.tables import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from vpnaudit.estate.tables import Tables
    from vpnaudit.evidence.routers import RouterEvidence

    Row = dict[str, Any]

EVIDENCE_TABLES: Final = ("router_facts", "tunnel_status", "log_events", "packet_counters", "peer_fields")


def with_evidence(
    estate: Estate, paths: Iterable[Path | str], on_progress: Callable[[str], None] | None = None
) -> tuple[Estate, tuple[str, ...]]:
    """The estate with what these paths hold of its routers, and what was not read of them.

    What is read now replaces what the estate holds already of the same paths. A connection of a router that is none of
    the estate stays, without an id, and is counted in a gap.

    Raises:
        EvidenceError: a path cannot be read, or asks for more than the bounds allow.
    """
    routers = read_routers(paths, on_progress)
    read: dict[str, list[Row]] = {name: [] for name in (*EVIDENCE_TABLES, "peers")}
    for router in routers:
        for name, some in rows(router).items():
            read[name] += some
    match_rows(estate, read)
    return _merged(estate, read, routers), tuple(note for router in routers for note in (*router.faults, *router.notes))


def _merged(estate: Estate, read: dict[str, list[Row]], routers: list[RouterEvidence]) -> Estate:
    books = {row["book"] for row in read["router_facts"]}
    tables = dict(estate.tables)
    for name, some in read.items():
        former = [row for row in records(tables[name]) if row["book"] not in books]
        # A peer without a connection of CloudStack is nobody's far side: its fields stay in `peer_fields`.
        new = [row for row in some if name != "peers" or row["connection_id"]]
        tables[name] = TABLES[name].frame([*former, *new])
    gaps = [*records(tables["gaps"]), *_gaps(estate, read, routers)]
    tables["gaps"] = TABLES["gaps"].frame(gaps)
    return Estate(tables, digest=estate.digest)


def match_rows(tables: Tables, read: dict[str, list[Row]]) -> None:
    """Say of each router and connection which of CloudStack's it is: the router by its name, the connection by that
    router's VPC, or the router's address, and the peer's address.
    """
    routers = {row["name"]: row for row in records(tables["routers"]) if row["name"]}
    by_host: dict[tuple[str, str], Row | None] = {}
    for facts in read["router_facts"]:
        router = routers.get(facts["router"])
        by_host[facts["book"], facts["router"]] = router
        facts |= {"source": router["source"] if router else None, "router_id": router["id"] if router else None}
    connections = records(tables["tunnels"])
    matched: dict[tuple[str, str, str], Row] = {}
    for row in read["tunnel_status"]:
        key = (row["book"], row["router"], row["name"])
        match = _connection(connections, by_host[row["book"], row["router"]], row)
        if match is not None:
            matched.setdefault(key, match)
    for name in ("tunnel_status", "log_events", "peer_fields", "peers"):
        for row in read[name]:
            match = matched.get((row["book"], row["router"], row.get("child") or row["name"] or ""))
            match = match or matched.get((row["book"], row["router"], row["name"] or ""))
            row |= {"source": match["source"] if match else None, "connection_id": match["id"] if match else None}


def _connection(connections: list[Row], router: Row | None, row: Row) -> Row | None:
    """The connection with this peer, of the VPC of this router or else with this router's address; None where none is,
    or several are.
    """
    mine = [one for one in connections if row.get("theirs") and one["gateway"] == row["theirs"]]
    if router is not None:
        mine = [one for one in mine if (one["source"], one["vpc_id"]) == (router["source"], router["vpc_id"])] or mine
    if len(mine) != 1:
        mine = [one for one in mine if row.get("ours") and one["public_ip"] == row["ours"]]
    return mine[0] if len(mine) == 1 else None


def _gaps(estate: Estate, read: dict[str, list[Row]], routers: list[RouterEvidence]) -> list[Row]:
    """What could not be read, and what matches nothing, counted, for each router."""
    gaps = []
    for router, facts in zip(routers, read["router_facts"], strict=True):
        label = facts["router"] or facts["book"]
        names = {
            row["name"]
            for row in read["tunnel_status"]
            if (row["book"], row["router"]) == (facts["book"], facts["router"])
            and row["kind"] in ("file", "loaded")
            and not row["connection_id"]
        } - {REMOTE_ACCESS}
        texts = [("log_events", fault, False) for fault in router.faults]
        if names:
            texts.append(("tunnel_status", f"{len(names)} connections of router {label} are none of this estate", True))
        if facts["unjoined_lines"]:
            texts.append(("log_events", f"{facts['unjoined_lines']} lines of {label} name no connection", True))
        for source in [facts["source"]] if facts["source"] else estate.sources:
            gaps += [
                {"source": source, "table": table, "reason": "not-collected", "text": text, "expected": expected}
                for table, text, expected in texts
            ]
    return gaps
