"""The tables of evidence, sorted by connection: what a diagnosis looks at."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.diagnosis.observation import Counter, Observation, Sighting, StandingChild, StandingIke
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from vpnaudit.estate.tables import Tables

    Row = dict[str, Any]

REMOTE_ACCESS: Final = "L2TP-PSK"
"""The connection that CloudStack writes for remote access: it is no site."""


def observations(tables: Tables) -> Iterator[tuple[Row, Row, Observation]]:
    """For each router and each site-to-site connection that it shows: the facts of the router, what is known of the
    connection as a row of `tunnel_status`, and what was observed.
    """
    status = _by_router(tables, "tunnel_status")
    events = _by_router(tables, "log_events")
    counters = _by_router(tables, "packet_counters")
    for facts in records(tables["router_facts"]):
        key = (facts["book"], facts["router"])
        yield from _of_router(facts, status.get(key, []), events.get(key, []), counters.get(key, []))


def _by_router(tables: Tables, name: str) -> dict[tuple[str, str], list[Row]]:
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in records(tables[name]):
        rows[row["book"], row["router"]].append(row)
    return rows


def _of_router(
    facts: Row, status: list[Row], events: list[Row], counters: list[Row]
) -> Iterator[tuple[Row, Row, Observation]]:
    by_name: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in status:
        by_name[row["name"]][row["kind"]].append(row)
    sightings: dict[str | None, list[Sighting]] = defaultdict(list)
    for row in sorted(events, key=lambda row: row["number"]):
        sightings[row["name"]].append(_sighting(row))
    names = {*by_name, *(name for name in sightings if name and _is_connection(sightings[name]))}
    gateways = _gateways(by_name)
    router = _Router(
        facts,
        by_name,
        sightings,
        _foreign(sightings, set(gateways.values())),
        tuple(_counter(row) for row in counters) if facts["has_counters"] else None,
    )
    for name in sorted(names - {REMOTE_ACCESS}):
        base = _base(name, gateways)
        row = next((rows[0] for kind in ("loaded", "file", "ike") if (rows := by_name[name][kind])), {"name": name})
        yield facts, row | {"gateway": gateways.get(base)}, _observation(name, base, router)


@dataclass(frozen=True, slots=True)
class _Router:
    """What all connections of a router share."""

    facts: Row
    by_name: dict[str, dict[str, list[Row]]]
    sightings: dict[str | None, list[Sighting]]
    foreign: tuple[Sighting, ...]
    counters: tuple[Counter, ...] | None


def _is_connection(sightings: list[Sighting]) -> bool:
    """Whether a name of the log is a connection's: something was tried under it."""
    return any(
        one.id in ("initiating", "ike_established", "child_established", "connection_added") for one in sightings
    )


def _gateways(by_name: dict[str, dict[str, list[Row]]]) -> dict[str, str]:
    """The address of the peer by connection, as it is loaded, else as its file says."""
    return {
        name: row["theirs"]
        for name, kinds in by_name.items()
        if name != REMOTE_ACCESS
        and (row := next((one for kind in ("loaded", "file") for one in kinds[kind] if one["theirs"]), None))
    }


def _base(name: str, gateways: dict[str, str]) -> str:
    """The connection whose IKE_SA a split one shares: the one with the same name before a number."""
    base, dash, number = name.rpartition("-")
    return base if dash and number.isdigit() and base in gateways else name


def _foreign(sightings: dict[str | None, list[Sighting]], known: set[str]) -> tuple[Sighting, ...]:
    some = [*sightings[None], *sightings[REMOTE_ACCESS]]
    return tuple(
        sorted((one for one in some if one.address and one.address not in known), key=lambda one: one.sequence)
    )


def _observation(name: str, base: str, router: _Router) -> Observation:
    facts, own, shared = router.facts, router.by_name[name], router.by_name[base]
    config = {
        key: value
        for rows in (shared["file"], own["file"], shared["loaded"], own["loaded"])
        for row in rows[:1]
        for key, value in row.items()
        if value is not None
    }
    starts = [one for one in router.sightings[None] if one.id == "daemon_start"]
    file = next(iter(own["file"]), None)
    return Observation(
        name=name,
        ike_name=base,
        gateway=config.get("theirs"),
        expected_id=config.get("their_id"),
        version=config.get("ike_version"),
        near=_list(config.get("local_subnets")),
        far=_list(config.get("remote_subnets")),
        dpd_delay_s=config.get("dpd_delay_s"),
        dpd_timeout_s=config.get("dpd_timeout_s"),
        configured=bool(file) if facts["has_files"] else None,
        configured_since=_epoch(file["since_utc"]) if file else None,
        configured_place=_place(file) if file else "",
        loaded=bool(own["loaded"]) if facts["has_status"] else None,
        status=bool(facts["has_status"]),
        ike=tuple(_ike(row) for row in shared["ike"]),
        children=tuple(_child(row) for row in own["child"]),
        sightings=tuple(sorted([*router.sightings[base], *starts], key=lambda one: one.sequence)),
        foreign=router.foreign,
        remote_access=tuple(
            one for one in router.sightings[REMOTE_ACCESS] if one.address and one.address == config.get("theirs")
        ),
        counters=router.counters,
        daemon_start=_epoch(facts["daemon_start_utc"]),
        log_first=_epoch(facts["log_first_utc"]),
        taken=_epoch(facts["taken_utc"]),
        clock_jump_s=float(facts["clock_jump_s"] or 0),
        clock_jump_at=_epoch(facts["clock_jump_utc"]),
    )


def _place(row: Row) -> str:
    return f"{row['file']}:{row['line']}"


def _sighting(row: Row) -> Sighting:
    return Sighting(
        row["event"],
        _epoch(row["time_utc"]),
        row["number"],
        json.loads(row["fields"]) if row["fields"] else {},
        row["name"],
        row["child"],
        row["address"],
        row["file"] or "",
        row["line"] or 0,
        row["count"] or 1,
        _epoch(row["last_utc"]),
    )


def _ike(row: Row) -> StandingIke:
    return StandingIke(
        row["number"],
        row["state"] == "ESTABLISHED",
        _epoch(row["since_utc"]),
        row["since_exact_s"] or 0,
        row["suite"],
        {"ikev1": 1, "ikev2": 2}.get(row["ike_version"]),
        _place(row),
    )


def _child(row: Row) -> StandingChild:
    return StandingChild(
        row["number"],
        row["ike_number"],
        row["suite"],
        row["packets_in"],
        row["packets_out"],
        _epoch(row["used_in_utc"]),
        _epoch(row["used_out_utc"]),
        row["esp_in_udp"],
        _place(row),
    )


def _counter(row: Row) -> Counter:
    return Counter(
        row["table"] or "",
        row["chain"] or "",
        row["action"] or "",
        row["sender"],
        row["destination"],
        row["packets"] or 0,
        _place(row),
    )


def _list(text: str | None) -> tuple[str, ...]:
    return tuple((text or "").split(",")) if text else ()


def _epoch(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()
