"""Every network of an estate as integers, and overlap by a sorted sweep instead of pair by pair."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

COLUMNS = {
    "source": STRING,
    "role": STRING,  # vpc, tier, remote, customer, peer, private-gateway, static-route, client-pool
    "id": STRING,  # the object that names the network
    "vpc_id": STRING,
    "text": STRING,  # as written
    "start": INTEGER,  # first address; missing: the text is no IPv4 network
    "end": INTEGER,  # last address
    "prefix": INTEGER,  # missing for a range that is no network
    "host_bits": BOOLEAN,  # written with bits set behind the prefix
}

_GROUP = 2**32  # one address space a group: keeps the groups of a sweep apart


def parse(text: str) -> tuple[int, int, int | None, bool] | None:
    """First address, last address, prefix, host bits of an IPv4 network, address or range `a-b`; None where it is none.

    CloudStack stores `192.168.1.5/24` as typed before 4.22, and `/+8` or `/08` pass its check (NetUtils.java), so
    reading is tolerant.

    >>> parse("10.0.0.0/8")
    (167772160, 184549375, 8, False)
    >>> parse("10.1.2.2-10.1.2.8")[2] is None
    True
    >>> parse("vpn.example.org") is None
    True
    """
    if "-" in text:
        first, last = (parse(part) for part in text.split("-", 1))
        return (first[0], last[0], None, False) if first and last and first[0] <= last[0] else None
    address, _, mask = text.strip().partition("/")
    try:
        base = int(ipaddress.IPv4Address(address))
        prefix = int(mask) if mask else 32
    except ValueError:
        return None
    if not 0 <= prefix <= 32:  # noqa: PLR2004 - the bits of an IPv4 address
        return None
    size = 1 << (32 - prefix)
    start = base // size * size
    return start, start + size - 1, prefix, start != base


def with_intervals(frame: pd.DataFrame) -> pd.DataFrame:
    """Add start, end, prefix and host_bits to a frame that has `text`; each distinct text is parsed once."""
    numbers, texts = pd.factorize(frame["text"])
    columns = _parsed(np.asarray(texts, dtype=object))
    return frame.assign(**{name: column.take(numbers, allow_fill=True) for name, column in columns.items()})


_OCTET = "(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
_WRITTEN = "^" + r"\.".join(f"(?P<{name}>{_OCTET})" for name in "abcd") + "(?:/(?P<mask>[0-9]|[12][0-9]|3[0-2]))?$"


def _parsed(texts: np.ndarray) -> dict[str, Any]:
    """What `parse` says of each text: all that are written as usual at once, the others one by one."""
    import pyarrow as pa  # noqa: PLC0415 - costs a tenth of a second; not every command needs it
    import pyarrow.compute as pc  # noqa: PLC0415 - only texts need it

    parts = pc.extract_regex(pa.array(texts, pa.string()), _WRITTEN)
    is_usual = np.asarray(parts.is_valid())
    a, b, c, d, mask = (
        np.asarray(pc.cast(pc.if_else(pc.equal(part, ""), "32", part), pa.int64()).fill_null(0))
        for part in (pc.struct_field(parts, name) for name in ("a", "b", "c", "d", "mask"))
    )
    base, size = a << 24 | b << 16 | c << 8 | d, 1 << (32 - mask)
    start = base // size * size
    values = np.stack([start, start + size - 1, mask, start != base])
    is_missing = np.tile(~is_usual, (len(values), 1))
    for place in np.flatnonzero(~is_usual):
        interval = parse(texts[place])
        if interval is not None:
            values[:, place] = [value or 0 for value in interval]
            is_missing[:, place] = [value is None for value in interval]
    numbers = {
        name: pd.arrays.IntegerArray(row, missing)
        for name, row, missing in zip(("start", "end", "prefix"), values, is_missing, strict=False)
    }
    return {**numbers, "host_bits": pd.arrays.BooleanArray(values[-1].astype(bool), is_missing[-1])}


def cidrs(tables: Tables) -> pd.DataFrame:
    """All networks of the estate, one row each. Columns: `COLUMNS`. A text that is no network stays, with missing
    integers.
    """
    vpcs, tiers = tables["vpcs"], tables["tiers"]
    gateways = tables["vpn_gateways"][["source", "id", "vpc_id"]].rename(columns={"id": "vpn_gateway_id"})
    connections = tables["connections"].merge(gateways, on=["source", "vpn_gateway_id"], how="left")
    private = tables["private_gateways"].assign(network=_private_networks)
    parts = [
        _part("vpc", vpcs, vpcs["cidr"], vpcs["id"]),
        _part("tier", tiers, tiers["cidr"], tiers["vpc_id"]),
        _parts_of_comma_lists("remote", connections, connections["cidr_list"], connections["vpc_id"]),
        _parts_of_comma_lists("customer", tables["customer_gateways"], tables["customer_gateways"]["cidr_list"], None),
        _part("peer", connections, connections["gateway"], connections["vpc_id"]),
        _part("private-gateway", private, private["network"], private["vpc_id"]),
        _part(
            "static-route", tables["static_routes"], tables["static_routes"]["cidr"], tables["static_routes"]["vpc_id"]
        ),
        _part("client-pool", tables["remote_access_vpns"], tables["remote_access_vpns"]["ip_range"], None),
    ]
    rows = pd.concat(parts, ignore_index=True)
    return with_intervals(rows).astype(COLUMNS)[list(COLUMNS)]


def _private_networks(gateways: pd.DataFrame) -> pd.Series:
    texts = gateways["ip_address"] + "/" + gateways["netmask"]
    networks = {text: _network(text) for text in texts.dropna().unique()}
    return texts.map(networks).astype(STRING)


def _network(text: str) -> str | None:
    try:
        return str(ipaddress.IPv4Network(text, strict=False))
    except ValueError:
        return None


def _part(role: str, frame: pd.DataFrame, text: pd.Series, vpc_id: pd.Series | None) -> pd.DataFrame:
    part = pd.DataFrame({"source": frame["source"], "role": role, "id": frame["id"], "vpc_id": vpc_id, "text": text})
    return part.astype(STRING).dropna(subset=["text"])


def _parts_of_comma_lists(role: str, frame: pd.DataFrame, text: pd.Series, vpc_id: pd.Series | None) -> pd.DataFrame:
    rows = _part(role, frame, text, vpc_id)
    rows = rows.assign(text=rows["text"].str.split(",")).explode("text")
    rows["text"] = rows["text"].astype(STRING).str.strip()
    return rows[rows["text"].fillna("") != ""]


def overlaps(left: pd.DataFrame, right: pd.DataFrame, *, by: str | list[str] | None = None) -> pd.DataFrame:
    """Pairs of rows whose intervals share an address: columns of both, with `_left` and `_right`.

    Both frames have `start` and `end`; rows where these are missing meet nothing. With `by`, only rows equal in these
    columns meet, and a missing value there meets nothing. Two intervals overlap exactly if one of them holds the first
    address of the other, so two sorted searches find all pairs, and the work grows with the pairs found.
    """
    keys = [by] if isinstance(by, str) else by or []
    lefts, rights = _usable(left, keys), _usable(right, keys)
    base_left, base_right = _groups(lefts, rights, keys)
    starts_left, ends_left = _bounds(lefts, base_left)
    starts_right, ends_right = _bounds(rights, base_right)
    a, b = _holders(starts_left, ends_left, starts_right)
    d, c = _holders(starts_right, ends_right, starts_left)
    strict = starts_left[c] != starts_right[d]  # equal first addresses were found by the first search
    i, j = np.concatenate([a, c[strict]]), np.concatenate([b, d[strict]])
    first = lefts.iloc[i].add_suffix("_left").reset_index(drop=True)
    second = rights.iloc[j].add_suffix("_right").reset_index(drop=True)
    return pd.concat([first, second], axis=1)


def _usable(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.dropna(subset=["start", "end", *keys])


def _groups(left: pd.DataFrame, right: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    if not keys:
        return np.zeros(len(left), dtype="int64"), np.zeros(len(right), dtype="int64")
    codes = pd.concat([left[keys], right[keys]], ignore_index=True).groupby(keys, sort=False).ngroup().to_numpy()
    return codes[: len(left)], codes[len(left) :]


def _bounds(frame: pd.DataFrame, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    base = groups.astype("int64") * _GROUP
    return frame["start"].to_numpy("int64") + base, frame["end"].to_numpy("int64") + base


def _holders(starts: np.ndarray, ends: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each interval, the points that lie in it: index of the interval, index of the point."""
    order = np.argsort(points, kind="stable")
    ordered = points[order]
    low, high = np.searchsorted(ordered, starts, "left"), np.searchsorted(ordered, ends, "right")
    count = np.maximum(high - low, 0)
    holder = np.repeat(np.arange(len(starts)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return holder, order[np.repeat(low, count) + offset]


def unreadable_texts(frame: pd.DataFrame, networks: pd.DataFrame) -> pd.Series:
    """Whether a row's networks are not wholly known: no `cidr_list`, or one that `networks` (rows of `cidrs`) could not
    read as such.
    """
    bad = networks.loc[networks["start"].isna(), ["source", "id"]]
    named = pd.MultiIndex.from_frame(frame[["source", "id"]]).isin(pd.MultiIndex.from_frame(bad))
    return frame["cidr_list"].isna() | pd.Series(named, index=frame.index)


def private_networks() -> pd.DataFrame:
    """RFC 1918 and RFC 6598 as intervals. Python's `is_private` will not do: it counts documentation ranges too."""
    return with_intervals(
        pd.DataFrame(
            {"text": pd.Series(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"], dtype=STRING)}
        )
    )


def is_private(frame: pd.DataFrame) -> pd.Series:
    """Whether each row's interval lies inside one private network; missing where the interval is missing."""
    inside = pd.Series(data=False, index=frame.index, dtype=BOOLEAN)
    for row in private_networks().itertuples():
        inside |= (frame["start"] >= row.start) & (frame["end"] <= row.end)
    return inside.where(frame["start"].notna(), pd.NA)
