"""What `ipsec statusall` says, read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from vpnaudit.evidence.suites import suite_keywords
from vpnaudit.ipsec.selectors import networks

_HEADING: Final = re.compile(
    r"Status of IKE charon daemon \((?:weakSwan|strongSwan) (?P<version>[^,\s]+),"
    r" (?P<kernel>[^,]+), (?P<machine>[^)]+)\)"
)
_SINCE: Final = re.compile(r"  uptime: (?P<uptime>.*?), since (?P<since>.+)")
_LINE: Final = re.compile(r"\s*(?P<name>\S+?)(?P<open>[\[{])(?P<id>\d+)[\]}]:\s+(?P<text>.*)")
_CONNECTION: Final = re.compile(r"\s*(?P<name>\S+?):  +(?P<text>\S.*)")
_ADDRESSES: Final = re.compile(r"(?P<ours>\S+?)\.\.\.(?P<theirs>\S+)  IKEv(?P<version>1/2|1|2)(?P<options>.*)")
_AUTHENTICATION: Final = re.compile(r"(?P<side>local|remote): +(?:\[(?P<id>.*?)\] )?uses .*")
_CHILD: Final = re.compile(r"child:  (?P<ours>.+?) === (?P<theirs>.+?) (?:TUNNEL|TRANSPORT|BEET|PASS|DROP)\b.*")
_SELECTORS: Final = " === "
_ENDS: Final = re.compile(
    r"(?P<state>[A-Z]+)(?: (?P<age>\d+ \w+) ago)?,"
    r" (?P<ours>\S+?)\[(?P<our_id>.*?)\]\.\.\.(?P<theirs>\S+?)\[(?P<their_id>.*)\]"
)
_IKE_SPIS: Final = re.compile(r"IKEv(?P<version>[12]) SPIs: \S+ \S+?(?:, (?P<renewal>.*))?")
_INSTALLED: Final = re.compile(
    r"(?P<state>[A-Z_]+), (?P<mode>[A-Z]+)(?:, reqid (?P<reqid>\d+))?"
    r"(?:, (?P<protocol>ESP|AH)(?P<udp> in UDP)? SPIs: (?P<spi_in>[0-9a-f]+)_i (?P<spi_out>[0-9a-f]+)_o)?.*"
)
_USE: Final = r"(?P<bytes_{0}>\d+) bytes_{0}(?: \((?P<packets_{0}>\d+) pkts?(?:, (?P<age_{0}>\d+)s ago)?\))?"
_ESP: Final = re.compile(
    rf"(?P<suite>[A-Za-z0-9_/]+), {_USE.format('i')}, {_USE.format('o')}(?:, (?P<renewal>[^,]*))?.*"
)
_UNIT_S: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}


@dataclass(slots=True)
class IkeSa:
    """An IKE_SA: the connection's name, its number, the IKE version and the suite in keywords; how long it has stood
    and when it is renewed, in seconds as exactly as strongSwan says it (`…_unit_s`: an hour of five is rounded).
    """

    name: str
    number: int
    version: int | None = None
    suite: str | None = None
    state: str = "ESTABLISHED"
    age_s: int | None = None
    age_unit_s: int | None = None
    renewal_s: int | None = None
    ours: str | None = None
    our_id: str | None = None
    theirs: str | None = None
    their_id: str | None = None
    line: int | None = None


@dataclass(slots=True)
class ChildSa:
    """A CHILD_SA: name, number, suite in keywords, selectors as lists of networks (own side, other side), bytes and
    packets each way and how long ago the last one was.
    """

    name: str
    number: int
    suite: str | None = None
    local: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    state: str = "INSTALLED"
    ike_number: int | None = None
    reqid: int | None = None
    in_udp: bool | None = None
    spi_in: str | None = None
    spi_out: str | None = None
    bytes_in: int | None = None
    packets_in: int | None = None
    used_in_s: int | None = None
    bytes_out: int | None = None
    packets_out: int | None = None
    used_out_s: int | None = None
    renewal_s: int | None = None
    line: int | None = None


@dataclass(slots=True)
class LoadedConnection:
    """A connection that the daemon knows."""

    name: str
    ours: str | None = None
    theirs: str | None = None
    our_id: str | None = None
    their_id: str | None = None
    version: str | None = None
    dpd_s: int | None = None
    local: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """All that is up, the names of the connections that were loaded, and what else the daemon says."""

    loaded: frozenset[str]
    ike: tuple[IkeSa, ...]
    children: tuple[ChildSa, ...]
    connections: tuple[LoadedConnection, ...] = ()
    unfinished: tuple[IkeSa, ...] = ()
    version: str | None = None
    kernel: str | None = None
    machine: str | None = None
    since: str | None = None
    uptime_s: int | None = None
    """At most: as strongSwan rounds it, and one more of the unit."""
    has_connections: bool = False


@dataclass(slots=True)
class _Reading:
    loaded: dict[str, LoadedConnection] = field(default_factory=dict)
    ike: dict[int, IkeSa] = field(default_factory=dict)
    children: dict[int, ChildSa] = field(default_factory=dict)
    last_ike: int | None = None


def read_status(text: str) -> Status:
    """Read the output; what is not established or installed is left out, rekeyed ones too."""
    reading = _Reading()
    part, heading, since = "", None, None
    parts: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("###") or (heading and _HEADING.match(line)):
            if parts:
                break  # another command, or the other end
            continue
        heading = heading or _HEADING.match(line)
        since = since or _SINCE.match(line)
        if line and not line.startswith(" ") and line.rstrip().endswith(":"):
            part = line.split(" (")[0].rstrip(":")
            parts.add(part)
        elif part == "Connections":
            _connection(reading.loaded, line, number)
        elif part == "Security Associations" and (match := _LINE.fullmatch(line)):
            (_ike if match["open"] == "[" else _child)(reading, match["name"], int(match["id"]), match["text"], number)
    standing = [sa for sa in reading.ike.values() if sa.state == "ESTABLISHED"]
    return Status(
        frozenset(reading.loaded),
        tuple(standing),
        tuple(reading.children.values()),
        tuple(reading.loaded.values()),
        tuple(sa for sa in reading.ike.values() if sa.state != "ESTABLISHED"),
        version=heading["version"] if heading else None,
        kernel=heading["kernel"] if heading else None,
        machine=heading["machine"] if heading else None,
        since=since["since"].strip() if since else None,
        uptime_s=sum(part or 0 for part in _duration(since["uptime"])) if since else None,
        has_connections="Connections" in parts,
    )


def _connection(loaded: dict[str, LoadedConnection], line: str, number: int) -> None:
    name = line.strip().split(":")[0]
    connection = loaded.setdefault(name, LoadedConnection(name, line=number))
    match = _CONNECTION.fullmatch(line)
    if match is None:
        return
    text = match["text"]
    if addresses := _ADDRESSES.fullmatch(text):
        connection.ours, connection.theirs, connection.version = addresses.group("ours", "theirs", "version")
        delay = re.search(r"dpddelay=(\d+)s", addresses["options"])
        connection.dpd_s = int(delay[1]) if delay else None
    elif side := _AUTHENTICATION.fullmatch(text):
        if side["side"] == "local":
            connection.our_id = side["id"]
        else:
            connection.their_id = side["id"]
    elif child := _CHILD.fullmatch(text):
        connection.local, connection.remote = _subnets(child["ours"]), _subnets(child["theirs"])


def _ike(reading: _Reading, name: str, number: int, text: str, line: int) -> None:
    if match := _ENDS.fullmatch(text):
        reading.ike[number] = IkeSa(name, number, state=match["state"], line=line)
        sa = reading.ike[number]
        sa.ours, sa.our_id, sa.theirs, sa.their_id = match.group("ours", "our_id", "theirs", "their_id")
        sa.age_s, sa.age_unit_s = _duration(match["age"])
        reading.last_ike = number
    elif number not in reading.ike:
        return
    elif spis := _IKE_SPIS.fullmatch(text):
        reading.ike[number].version = int(spis["version"])
        reading.ike[number].renewal_s = _due(spis["renewal"])
    elif text.startswith("IKE proposal: ") and reading.ike[number].state == "ESTABLISHED":
        reading.ike[number].suite = suite_keywords(text.removeprefix("IKE proposal: "))


def _child(reading: _Reading, name: str, number: int, text: str, line: int) -> None:
    if text.startswith("INSTALLED") and (match := _INSTALLED.fullmatch(text)):
        reading.children[number] = ChildSa(
            name,
            number,
            ike_number=reading.last_ike,
            reqid=None if match["reqid"] is None else int(match["reqid"]),
            in_udp=None if match["protocol"] is None else match["udp"] is not None,
            spi_in=match["spi_in"],
            spi_out=match["spi_out"],
            line=line,
        )
    elif number not in reading.children:
        return
    elif use := _ESP.fullmatch(text):
        child = reading.children[number]
        child.suite = suite_keywords(use["suite"])
        child.bytes_in, child.packets_in, child.used_in_s = (_count(use[f"{part}_i"]) for part in _COUNTS)
        child.bytes_out, child.packets_out, child.used_out_s = (_count(use[f"{part}_o"]) for part in _COUNTS)
        child.renewal_s = _due(use["renewal"])
    elif _SELECTORS in text:
        ours, theirs = text.split(_SELECTORS, 1)
        reading.children[number].local, reading.children[number].remote = _subnets(ours), _subnets(theirs)


_COUNTS: Final = ("bytes", "packets", "age")


def _count(text: str | None) -> int | None:
    return None if text is None else int(text[:18])


def _subnets(text: str) -> tuple[str, ...]:
    return tuple(str(net) for net in networks(text.split()))


def _due(text: str | None) -> int | None:
    """The seconds of `… in 13 minutes`."""
    match = re.search(r" in (\d+ \w+)", text or "")
    return _duration(match[1])[0] if match else None


def _duration(text: str | None) -> tuple[int | None, int | None]:
    """The seconds of `13 minutes`, and those of its unit, by which it may be more."""
    count, _, unit = (text or "").partition(" ")
    size = _UNIT_S.get(unit.rstrip("s"))
    return (None, None) if size is None else (int(count[:9]) * size, size)
