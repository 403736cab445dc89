"""What a reply holds in each field is held against the column that it fills, before anything else is made of it.

CloudStack leaves a field out where it has nothing to say. A field that is there and is not what its column holds (a
list, null, half a surrogate pair, a time that cannot be) was changed or misread on the way: its cell is missing, and an
oddity says so. An object without identity cannot be a row; its neighbours can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from vpnaudit.estate import TABLES
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING
from vpnaudit.estate.tables import whole_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Row = dict[str, Any]

_LONGEST_TEXT = 65_536
_LONGEST_ID = 255
_SMALL = 2**31
_NUMBER = re.compile(r"-?[0-9]{1,18}")
# CloudStack's first release, and more than any clock or time zone is off: a server that is ten minutes ahead of us
# refuses our requests.
_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=30)

_ALWAYS_SENT: dict[str, frozenset[str]] = {
    "vpcs": frozenset({"cidr", "state"}),
    "vpn_gateways": frozenset({"vpcid", "publicip"}),
    "customer_gateways": frozenset(
        {"gateway", "cidrlist", "ikepolicy", "esppolicy", "ikelifetime", "esplifetime", "dpd"}
    ),
    "connections": frozenset(
        {
            *("s2svpngatewayid", "s2scustomergatewayid", "gateway", "cidrlist", "ikepolicy", "esppolicy"),
            *("ikelifetime", "esplifetime", "dpd", "passive", "state"),
        }
    ),
    "acl_rules": frozenset({"aclid", "number", "protocol", "traffictype", "action", "state"}),
}
"""Fields that every version sends to every role, whatever the object: where one is not there, it was lost."""

_SAYS_BY_ABSENCE: dict[str, frozenset[str]] = {
    "acl_rules": frozenset({"cidrlist", "startport", "endport", "icmptype", "icmpcode"}),
    "acl_lists": frozenset({"vpcid"}),
    "tiers": frozenset({"aclid"}),
    "private_gateways": frozenset({"aclid"}),
    "vpcs": frozenset({"ip4routing"}),
    "service_offerings": frozenset({"networkrate"}),
}
"""Fields whose absence says something, such as *any source*: where one is unreadable, so is its object."""

# Texts for people: what remains of one says more than nothing. A word that decides must be whole.
_FREE_TEXTS = frozenset({"name", "description", "reason"})

_NESTED: dict[str, dict[str, tuple[str, ...]]] = {
    "vpcs": {"service": ("vpn_service",)},
    "vpc_offerings": {"service": ("services", "vpn_provider")},
    "virtual_machines": {"nic": ("tier_ids",)},
}
"""Fields that hold lists of objects, and the columns that are worked out from them."""

_PSK = ("psk_length", "psk_classes", "psk_bits", "psk_flags", "psk_fingerprint")


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in a reply that cannot be what it seems: some cells of one object, or (without columns) a row."""

    command: str
    table: str
    subject_id: str | None
    column_names: tuple[str, ...]


def fit_objects(
    command: str, table: str, objects: Iterable[Mapping[str, Any]], now: datetime
) -> tuple[list[Row], list[Oddity]]:
    """The objects with those fields alone that their columns can hold, and what was odd about them."""
    rows: list[Row] = []
    oddities: list[Oddity] = []
    things = list(objects)
    suspect = [column for column in _columns(table) if not _is_sound(table, column, things)]
    for thing in things:
        row, names = _fit(table, thing, suspect, now)
        identity = row.get(TABLES[table].key[-1]) if table != "sources" else ""
        if identity is None or any(field in thing and row[field] is None for field in _SAYS_BY_ABSENCE.get(table, ())):
            oddities.append(Oddity(command, table, identity, ()))
            continue
        if names:
            oddities.append(Oddity(command, table, identity or None, tuple(names)))
        if table == "vpcs" and "network" in row:
            inner = row["network"] if isinstance(row["network"], list) else [row["network"]]
            tiers = [tier if isinstance(tier, dict) else {} for tier in inner]
            row["network"], odd_tiers = fit_objects(command, "tiers", tiers, now)
            oddities += odd_tiers
        rows.append(row)
    return rows, oddities


def _is_sound(table: str, column: tuple[str, str, str], things: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column can hold what each of these objects has for it, as far as that shows at once: plain words, truth
    values, small numbers. Most columns of most lists are so, and need no look at each of their values.
    """
    name, dtype, field = column
    values = [thing[field] for thing in things if field in thing]
    if name == TABLES[table].key[-1] or (len(values) < len(things) and field in _ALWAYS_SENT.get(table, ())):
        return False
    kinds = set(map(type, values))
    if dtype == STRING:
        return kinds <= {str} and all(map(str.isascii, values)) and max(map(len, values), default=0) <= _LONGEST_TEXT
    if dtype == INTEGER:
        return kinds <= {int} and all(-_SMALL < number < _SMALL for number in set(values))
    return dtype == BOOLEAN and kinds <= {bool}


def _fit(
    table: str, thing: Mapping[str, Any], suspect: Iterable[tuple[str, str, str]], now: datetime
) -> tuple[Row, list[str]]:
    """One object as it can be kept, and the columns that lost their values; all columns but those suspect can hold
    theirs.
    """
    row: Row = dict(thing)
    names: list[str] = []
    identity = TABLES[table].key[-1]
    always_sent = _ALWAYS_SENT.get(table, frozenset())
    for name, dtype, field in suspect:
        if field not in row:
            names += [name] if field in always_sent else []
        elif name == identity:
            row |= {} if _is_identity(row[field]) else {field: None}
        elif not _holds(dtype, row[field], now):
            names.append(name)
            row[field] = _remainder(name, row[field])
    for field, columns in _NESTED.get(table, {}).items():
        if field in row and not _is_list_of_objects(row[field]):
            names += columns
            row[field] = None
    if row.pop("psk_unreadable", False) and "psk_length" in TABLES[table].dtypes:
        names += _PSK
    return row, names


def _remainder(name: str, value: Any) -> str | None:
    """What is kept of a value that its column cannot hold: a text for people without the part that is none."""
    return whole_text(value)[:_LONGEST_TEXT] if name in _FREE_TEXTS and isinstance(value, str) else None


@cache
def _columns(table: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((column.name, column.dtype, column.field) for column in TABLES[table].columns if column.field)


def _is_identity(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= _LONGEST_ID and whole_text(value) == value


def _is_list_of_objects(value: Any) -> bool:
    """Whether it is a list of objects, whose own lists hold objects too."""
    return isinstance(value, list) and all(
        isinstance(inner, dict) and all(_is_list_of_objects(more) for more in inner.values() if isinstance(more, list))
        for inner in value
    )


def _holds(dtype: str, value: Any, now: datetime) -> bool:
    """Whether a column of that type can hold the value of a reply."""
    if dtype == STRING:
        return (
            isinstance(value, str) and len(value) <= _LONGEST_TEXT and (value.isascii() or whole_text(value) == value)
        )
    if dtype == BOOLEAN:
        return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))
    if dtype == INTEGER:
        if isinstance(value, str):
            return _NUMBER.fullmatch(value) is not None
        return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
    return isinstance(value, str) and _is_time(value, now)


def _is_time(value: str, now: datetime) -> bool:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return False
    return time.tzinfo is not None and _EARLIEST <= time <= now + _AHEAD
