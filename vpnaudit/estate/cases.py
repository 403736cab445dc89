"""The cases of an estate: connections that negotiate alike share one, in which addresses have other names.

What the ends of a connection are is defined by `estate.ends`. For all connections at once it is worked out in columns;
rows that are damaged or ambiguous are read one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.ends import API, NOT_KNOWN, connection_back, decisive_settings, ends_among, file_row, router_side
from vpnaudit.estate.peer_joining import joined_peers
from vpnaudit.estate.peer_sides import peer_side
from vpnaudit.estate.tables import TABLES, records
from vpnaudit.estate.tunnels import NO_RETURN, RETURN_UNCLEAR
from vpnaudit.ipsec.negotiate import peer_from_router
from vpnaudit.ipsec.renaming import renamed, renaming
from vpnaudit.ipsec.sides import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vpnaudit.estate.ends import Row
    from vpnaudit.estate.tables import Tables
    from vpnaudit.ipsec.renaming import Pattern

    Flags = np.ndarray[Any, np.dtype[np.bool_]]
    Integers = np.ndarray[Any, np.dtype[np.integer[Any]]]

TEXTS: Final = ("far", "far_id", "told_by", "reason", "why", "implementation")
"""What is said of the far side of each connection, as in `Ends`."""

_NONE: Final = -1
_SEVERAL: Final = -2
_NEAR_ENDS: Final = ("public_ip", "gateway")
_NEAR_LISTS: Final = ("vpc_cidr", "cidr_list")
_NEAR_SETTINGS: Final = (*(one for one in API.values() if one not in {*_NEAR_ENDS, *_NEAR_LISTS}), "version", "shared")
_PEER_ENDS: Final = ("address", "public_address", "id", "peer_address", "peer_id")
_PEER_LISTS: Final = ("local_subnets", "remote_subnets")
_KEYS: Final = ("psk_length", "psk_classes", "psk_bits", "psk_flags", "psk_fingerprint", "start_fingerprint")
_PLACES: Final = ("book", "name", "file", "line", "connection_id", "undecided")
_PEER_SETTINGS: Final = tuple(
    name for name in TABLES["peers"].dtypes if name not in {*_PEER_ENDS, *_PEER_LISTS, *_KEYS, *_PLACES}
)


@dataclass(slots=True)
class Cases:
    """The cases of all connections.

    `texts` has the columns `TEXTS` and a row for each of `tunnels`; `number` is that of its case, -1 where an end is
    not known. `patterns` are those of cases that were renamed, None of others; `originals` are each connection's own
    names for the templates of its case.
    """

    texts: dict[str, np.ndarray[Any, np.dtype[np.object_]]]
    number: Integers
    originals: list[tuple[str, ...]]
    cases: list[Case] = field(default_factory=list)
    patterns: list[Pattern | None] = field(default_factory=list)

    def say(self, rows: Flags, **texts: Any) -> None:
        """Set these texts of some connections."""
        for name, values in texts.items():
            self.texts[name][rows] = values


@dataclass(frozen=True, slots=True)
class _Form:
    """What rows of one kind consist of: settings, of which few differ; texts with addresses, which are renamed; and the
    case that such a row is.
    """

    settings: tuple[str, ...]
    ends: tuple[str, ...]
    lists: tuple[str, ...]
    case: Callable[[Row], Case]


def known_cases(tables: Tables) -> Cases:
    """The case of every connection, in the order of `tunnels`."""
    near = _with_version(tables, tables["tunnels"].reset_index(drop=True), "source", "public_ip")
    far = _with_version(tables, _far_connections(tables, near), "far_source", "public_ip_far")
    peer = _peer_positions(tables, near)
    count = len(near)
    cases = Cases({name: np.full(count, None, dtype=object) for name in TEXTS}, np.full(count, _NONE), [()] * count)
    is_near_known, has_pair = _is_whole(near), far["is_pair"].to_numpy(bool)
    is_answered, is_unclear = far["id_far"].notna().to_numpy(), far["return_unclear"].to_numpy(bool)
    peers = tables["peers"]
    is_told = is_near_known & ~is_answered & (peer >= 0)
    is_told[is_told] = peers["undecided"].isna().to_numpy()[peer[is_told]]
    answered = is_near_known & is_answered & _is_whole(_as_near(far))
    untold = is_near_known & ~is_answered & (peer == _NONE)
    cases.say(untold & ~has_pair, far="unknown", reason="no-peer-side", why=NOT_KNOWN)
    cases.say(untold & has_pair & ~is_unclear, far="unanswered", reason="no-peer-side", why=NO_RETURN)
    cases.say(untold & has_pair & is_unclear, far="unknown", reason="unknown-value", why=RETURN_UNCLEAR)
    cases.say(untold, told_by="")
    _add_answered(cases, answered, near, far)
    _add_told(cases, is_told, near, peers.iloc[peer[is_told]].reset_index(drop=True))
    _add_others(cases, tables, np.flatnonzero(~(answered | is_told | untold)))
    return cases


def _with_version(tables: Tables, rows: pd.DataFrame, source: str, address: str) -> pd.DataFrame:
    """With `version` of the row's CloudStack, and `shared`: a VPN for single users has the same address."""
    sources, users = tables["sources"].drop_duplicates("source", keep="last"), tables["remote_access_vpns"]
    shared = pd.MultiIndex.from_frame(rows[[source, address]]).isin(
        pd.MultiIndex.from_frame(users[["source", "public_ip"]])
    )
    suffix = "_far" if source == "far_source" else ""
    versions = rows[source].map(sources.set_index("source")["cloudstack_version"]).astype(STRING)
    return rows.join(pd.DataFrame({f"version{suffix}": versions, f"shared{suffix}": shared}, index=rows.index))


def _far_connections(tables: Tables, near: pd.DataFrame) -> pd.DataFrame:
    """The row of `pairs` of each connection, with `is_pair`; missing where there is none."""
    pairs = tables["pairs"].drop_duplicates(["source", "id"], keep="last")
    columns = [name for name in map(str, pairs) if name.endswith("_far") or name.startswith("far_")]
    rows = near[["source", "id"]].merge(
        pairs[["source", "id", "return_unclear", *columns]].assign(is_pair=True), on=["source", "id"], how="left"
    )
    flags = {name: rows[name].eq(other=True).fillna(value=False) for name in ("is_pair", "return_unclear")}
    return rows[columns].assign(**flags)


def _as_near(far: pd.DataFrame) -> pd.DataFrame:
    """The columns of the connection back by the names that they have at the near end."""
    names = {name: name.removesuffix("_far") for name in map(str, far) if name.endswith("_far")}
    return far[list(names)].rename(columns=names).assign(source=far["far_source"], vpc_cidr=far["far_vpc_cidr"])


def _peer_positions(tables: Tables, near: pd.DataFrame) -> Integers:
    """The position in `peers` of the one row that tells of each connection; -1: none does, -2: several do."""
    rows = joined_peers(tables).rows if len(tables["peers"]) else {}
    several = [rows.get(key, ()) for key in zip(near["source"], near["id"], strict=True)]
    return np.array([one[0]["position"] if len(one) == 1 else _SEVERAL if one else _NONE for one in several], dtype=int)


def _is_whole(rows: pd.DataFrame) -> Flags:
    """Whether each router's end is known: see `router_side`."""
    is_whole = rows["vpc_cidr"].notna().to_numpy()
    numbers, versions = pd.factorize(rows["version"])
    for number, version in enumerate([*versions, None]):
        is_of_version = numbers == (number if version is not None else _NONE)
        decisive = [API[name] for name in decisive_settings(version)]
        is_whole = is_whole & (~is_of_version | rows[decisive].notna().all(axis=1).to_numpy())
    return is_whole


def _psk(ours: pd.Series[Any], theirs: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    """How each pair of keys compares: see `Psk`."""
    is_known = (ours.notna() & theirs.notna()).to_numpy()
    is_equal = ours.eq(theirs).fillna(value=False).to_numpy(dtype=bool)
    return np.where(is_known, np.where(is_equal, "equal", "unequal"), "unknown").astype(object)


def _add_answered(cases: Cases, rows: Flags, near: pd.DataFrame, far: pd.DataFrame) -> None:
    near, far = near[rows].reset_index(drop=True), far[rows].reset_index(drop=True)
    cases.say(rows, far="connection", far_id=far["id_far"].array, implementation="cloudstack")
    cases.say(rows, told_by=[connection_back(one) for one in far["id_far"]])
    ends = _as_near(far).add_suffix("_far")
    both = near.join(ends).assign(psk=_psk(near["psk_fingerprint"], far["psk_fingerprint_far"]))

    def case(row: Row) -> Case:
        return Case(_router(row), peer_from_router(_router(_theirs(row))), row["psk"])

    settings = (*_NEAR_SETTINGS, *_far(_NEAR_SETTINGS), "psk")
    form = _Form(settings, (*_NEAR_ENDS, *_far(_NEAR_ENDS)), (*_NEAR_LISTS, *_far(_NEAR_LISTS)), case)
    _add(cases, np.flatnonzero(rows), both, form)


def _add_told(cases: Cases, rows: Flags, near: pd.DataFrame, peers: pd.DataFrame) -> None:
    near = near[rows].reset_index(drop=True)
    cases.say(rows, far="peers", far_id=peers["name"].array, implementation=_or_none(peers["implementation"]))
    cases.say(rows, told_by=[file_row(name, book) for name, book in zip(peers["name"], peers["book"], strict=True)])
    psk, start = (_psk(near["psk_fingerprint"], peers[f"{key}_fingerprint"]) for key in ("psk", "start"))
    start[peers["start_fingerprint"].isna().to_numpy()] = None
    both = near.join(peers.add_suffix("_far")).assign(psk=psk, start=start)

    def case(row: Row) -> Case:
        peer = peer_side(_theirs(row))
        return Case(_router(row), replace(peer, start_psk=row["start"]) if row["start"] else peer, row["psk"])

    settings = (*_NEAR_SETTINGS, *_far(_PEER_SETTINGS), "psk", "start")
    form = _Form(settings, (*_NEAR_ENDS, *_far(_PEER_ENDS)), (*_NEAR_LISTS, *_far(_PEER_LISTS)), case)
    _add(cases, np.flatnonzero(rows), both, form)


def _add_others(cases: Cases, tables: Tables, rows: Integers) -> None:
    """The connections that are read one by one."""
    for row, ends in zip(rows, ends_among(tables, tables["tunnels"].iloc[rows]) if len(rows) else (), strict=True):
        for name in TEXTS[:-1]:
            cases.texts[name][row] = getattr(ends, name)
        cases.texts["implementation"][row] = ends.peer.implementation if ends.peer else None
        if ends.case is not None:
            cases.number[row] = len(cases.cases)
            cases.cases.append(ends.case)
            cases.patterns.append(None)


def _add(cases: Cases, rows: Integers, both: pd.DataFrame, form: _Form) -> None:
    """Give each row the number of its case; rows with equal settings and an equal pattern have one."""
    settings = both[list(form.settings)].groupby(list(form.settings), dropna=False, sort=False).ngroup()
    ends, lists = (
        list(zip(*(_or_none(both[name]) for name in names), strict=True)) for names in (form.ends, form.lists)
    )
    numbers: dict[tuple[Any, ...], int] = {}
    firsts: list[int] = []
    for position, (row, code) in enumerate(zip(rows.tolist(), settings.tolist(), strict=True)):
        names = renaming(ends[position], lists[position])
        key = (code, ends[position], lists[position]) if names is None else (code, names.pattern)
        number = numbers.get(key)
        if number is None:
            number = numbers[key] = len(cases.patterns)
            firsts.append(position)
            cases.patterns.append(names.pattern if names else None)
        cases.number[row] = number
        cases.originals[row] = names.originals if names else ()
    for row_of_case, pattern in zip(records(both.iloc[firsts]), cases.patterns[len(cases.cases) :], strict=True):
        cases.cases.append(form.case({**row_of_case, **_renamed(form, pattern)}))


def _renamed(form: _Form, pattern: Pattern | None) -> Mapping[str, str | None]:
    if pattern is None:
        return {}
    ends, lists = renamed(pattern)
    return dict(zip((*form.ends, *form.lists), (*ends, *lists), strict=True))


def _router(row: Row) -> Any:
    return router_side(row, version=row["version"], remote_access=bool(row["shared"]))


def _theirs(row: Row) -> Row:
    return {name.removesuffix("_far"): value for name, value in row.items() if name.endswith("_far")}


def _far(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}_far" for name in names)


def _or_none(texts: pd.Series[Any]) -> list[str | None]:
    cells: list[str | None] = texts.astype(object).where(texts.notna(), None).tolist()
    return cells
