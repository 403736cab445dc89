"""Routers' evidence as rows of the estate's tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.estate.observations import REMOTE_ACCESS
from vpnaudit.evidence.far_side import DIALECT, far_sides
from vpnaudit.hostile import one_line
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.evidence.connection_files import ConfiguredConnection
    from vpnaudit.evidence.events import Event
    from vpnaudit.evidence.far_side import FarSide
    from vpnaudit.evidence.routers import RouterEvidence
    from vpnaudit.evidence.statusall import IkeSa, LoadedConnection

Row = dict[str, Any]
_MOST_SHAPES: Final = 20
_SITE: Final = "vpn-"
_VERSIONS: Final = {"1": "ikev1", "2": "ikev2", "1/2": "ike"}


def rows(router: RouterEvidence) -> dict[str, list[Row]]:
    """The rows of one router by table."""
    key = {"book": router.book, "router": _clean(router.host) or ""}
    sides = far_sides(router.log.store.events(), _sites(router)) if router.log else []
    return {
        "router_facts": [key | _facts(router)],
        "peers": [_peer(router, side) for side in sides],
        "peer_fields": [key | row for side in sides for row in _shown(side)],
        "tunnel_status": [key | row for row in (*_files(router), *_loaded(router), *_standing(router))],
        "log_events": [key | _event(event) for event in (router.log.store.events() if router.log else ())],
        "packet_counters": [key | row for row in _counters(router)],
    }


def _sites(router: RouterEvidence) -> frozenset[str]:
    """The names of the connections to sites: of files and status; without either, such as CloudStack gives."""
    known = {one.name for one in router.connections} | (set(router.status.loaded) if router.status else set())
    tried = {event.connection for event in router.log.store.events() if event.connection} if router.log else set()
    return frozenset((known or {name for name in tried if name.startswith(_SITE)}) - {REMOTE_ACCESS})


def _peer(router: RouterEvidence, side: FarSide) -> Row:
    last = max((shown.event for shown in side.fields.values()), key=lambda event: event.sequence)
    return {
        "book": router.book,
        "name": _clean(side.name),
        "router": _clean(router.host) or "",
        "file": last.file,
        "line": last.line,
        "dialect": DIALECT,
        "complete": False,
        "undecided": side.undecided,
        **{column: _value(shown.value) for column, shown in side.fields.items()},
    }


def _shown(side: FarSide) -> Iterator[Row]:
    for column, shown in side.fields.items():
        yield {
            "name": _clean(side.name),
            "field": column,
            "value": _clean(str(shown.value)),
            "event": shown.event.id,
            "time_utc": _time(shown.event.time),
            "file": shown.event.file,
            "line": shown.event.line,
        }


def _value(value: str | bool | int) -> str | bool | int | None:
    return _clean(value) if isinstance(value, str) else value


def _facts(router: RouterEvidence) -> Row:
    status, log, clock = router.status, router.log, router.clock
    links = [mtu for link, mtu in router.mtus.items() if link != "lo"]
    return {
        "taken_utc": _time(clock.taken),
        "zone_offset_s": router.reference.offset_s,
        "daemon_start_utc": _time(clock.daemon_start),
        "clock_jump_s": None if clock.jump_s is None else round(clock.jump_s),
        "clock_jump_utc": _time(clock.jump_at),
        "strongswan_version": _clean(status.version if status else None) or clock.version,
        "kernel": _clean(status.kernel if status else router.state.kernel),
        "machine": _clean(status.machine if status else None),
        "cloudstack_release": _clean(router.state.cloudstack_release),
        "debian_version": _clean(router.state.debian_version),
        "aes_ni": None if router.processor is None else "aes" in router.processor,
        "mtu_bytes": min(links, default=None),
        "has_status": status is not None,
        "has_files": router.connections_known,
        "has_counters": bool(router.counters),
        "log_first_utc": _time(log.first_time) if log else None,
        "log_last_utc": _time(log.last_time) if log else None,
        "lines": log.lines if log else None,
        "charon_lines": log.charon_lines if log else None,
        "doubled_lines": log.doubled if log else None,
        "unknown_lines": sum(log.unknown.values()) if log else None,
        "unknown_shapes": json.dumps(dict(log.unknown.most_common(_MOST_SHAPES))) if log else None,
        "undated_lines": log.undated if log else None,
        "cut_lines": log.cut if log else None,
        "unjoined_lines": sum(event.count for event in log.store.events() if _is_unjoined(event)) if log else None,
        "left_out_lines": log.store.left_out if log else None,
    }


def _is_unjoined(event: Event) -> bool:
    return event.connection is None and event.joined_by is None and facts("charon_log")[event.id]["severity"] == "error"


def _both_ends(one: ConfiguredConnection | LoadedConnection) -> Row:
    """What the file of a connection and charon's status have in common."""
    return {
        "name": _clean(one.name),
        "ours": _clean(one.ours),
        "our_id": _clean(one.our_id),
        "theirs": _clean(one.theirs),
        "their_id": _clean(one.their_id),
        "local_subnets": ",".join(one.local) or None,
        "remote_subnets": ",".join(one.remote) or None,
        "dpd_delay_s": one.dpd_s,
    }


def _files(router: RouterEvidence) -> Iterator[Row]:
    for one in router.connections:
        yield {
            "kind": "file",
            **_both_ends(one),
            "since_utc": _time(one.modified),
            "ike_version": one.version if one.version in _VERSIONS.values() else None,
            "dpd_timeout_s": one.dpd_timeout_s,
            "ike_proposals": _clean(one.ike),
            "esp_proposals": _clean(one.esp),
            "ike_lifetime_s": one.ike_lifetime_s,
            "esp_lifetime_s": one.esp_lifetime_s,
            "file": one.file,
            "line": one.line,
        }


def _loaded(router: RouterEvidence) -> Iterator[Row]:
    for one in router.status.connections if router.status else ():
        yield {
            "kind": "loaded",
            **_both_ends(one),
            "ike_version": _VERSIONS.get(one.version or ""),
            "file": router.status_file,
            "line": one.line,
        }


def _standing(router: RouterEvidence) -> Iterator[Row]:
    if router.status is None:
        return
    ikes = {sa.number: sa for sa in (*router.status.ike, *router.status.unfinished)}
    for sa in ikes.values():
        yield _ike(router, sa)
    for child in router.status.children:
        ike = ikes.get(child.ike_number) if child.ike_number is not None else None
        kernel = router.xfrm.get((child.spi_in or "").zfill(8))
        yield {
            "kind": "child",
            "name": _clean(child.name),
            "number": child.number,
            "ike_number": child.ike_number,
            "state": child.state,
            "renewal_utc": _time(router.clock.later(child.renewal_s)),
            "suite": child.suite,
            "ours": _clean(ike.ours if ike else None),
            "theirs": _clean(ike.theirs if ike else None),
            "local_subnets": ",".join(child.local) or None,
            "remote_subnets": ",".join(child.remote) or None,
            "esp_in_udp": child.in_udp,
            "bytes_in": child.bytes_in,
            "packets_in": _packets(child.bytes_in, child.packets_in),
            "used_in_utc": _time(router.clock.ago(child.used_in_s)),
            "bytes_out": child.bytes_out,
            "packets_out": _packets(child.bytes_out, child.packets_out),
            "used_out_utc": _time(router.clock.ago(child.used_out_s)),
            "replayed_packets": kernel.replayed if kernel else None,
            "failed_packets": kernel.failed if kernel else None,
            "file": router.status_file,
            "line": child.line,
        }


def _packets(count: int | None, packets: int | None) -> int | None:
    """The status writes no packets where there are no bytes."""
    return 0 if count == 0 and packets is None else packets


def _ike(router: RouterEvidence, sa: IkeSa) -> Row:
    return {
        "kind": "ike",
        "name": _clean(sa.name),
        "number": sa.number,
        "state": sa.state,
        "since_utc": _time(router.clock.ago(sa.age_s)),
        "since_exact_s": sa.age_unit_s,
        "renewal_utc": _time(router.clock.later(sa.renewal_s)),
        "ike_version": _VERSIONS.get(str(sa.version)),
        "suite": sa.suite,
        "ours": _clean(sa.ours),
        "our_id": _clean(sa.our_id),
        "theirs": _clean(sa.theirs),
        "their_id": _clean(sa.their_id),
        "file": router.status_file,
        "line": sa.line,
    }


def _event(event: Event) -> Row:
    fields = {name: _plain(value)[:2_000] for name, value in event.fields.items() if name != "name"}
    return {
        "number": event.sequence,
        "time_utc": _time(event.time),
        "event": event.id,
        "severity": facts("charon_log")[event.id]["severity"],
        "name": _clean(event.connection),
        "child": _clean(event.child),
        "joined_by": event.joined_by,
        "address": _clean(event.address),
        "fields": json.dumps(fields, ensure_ascii=False) if fields else None,
        "count": event.count,
        "last_utc": _time(event.last_time),
        "file": event.file,
        "line": event.line,
    }


def _counters(router: RouterEvidence) -> Iterator[Row]:
    for one in router.counters:
        yield {
            "table": _clean(one.table),
            "chain": _clean(one.chain),
            "action": _clean(one.action),
            "sender": _clean(one.source),
            "destination": _clean(one.destination),
            "protocol": _clean(one.protocol),
            "port": _clean(one.port),
            "plain": one.plain,
            "packets": one.packets,
            "bytes": one.bytes,
            "file": router.counters_file,
            "line": one.line,
        }


def _clean(text: str | None) -> str | None:
    return None if text is None else _plain(text)[:300]


def _plain(text: str) -> str:
    return text if text.isascii() and text.isprintable() else one_line(text)


def _time(seconds: float | None) -> datetime | None:
    if seconds is None or not 0 <= seconds < 253_370_764_800:  # noqa: PLR2004 - the year 9999
        return None
    return datetime.fromtimestamp(seconds, UTC)
