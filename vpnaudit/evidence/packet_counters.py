"""The counters of `iptables-save -c`: which rule saw how many packets."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final

_RULE: Final = re.compile(r"(?:\[(?P<packets>\d{1,18}):(?P<bytes>\d{1,18})\] )?-A (?P<chain>\S+) ?(?P<rule>.*)")
_OPTIONS: Final = {
    "-s": "source",
    "-d": "destination",
    "-i": "came_in",
    "-o": "goes_out",
    "-p": "protocol",
    "-j": "action",
}
_PORT: Final = "--dport"


@dataclass(frozen=True, slots=True)
class PacketCounter:
    """One rule of iptables: where it stands, what it asks for, what it does, and its counts."""

    table: str
    chain: str
    rule: str
    line: int
    packets: int | None
    bytes: int | None
    source: str | None = None
    destination: str | None = None
    came_in: str | None = None
    goes_out: str | None = None
    protocol: str | None = None
    port: str | None = None
    action: str | None = None
    plain: bool = True
    """It asks for nothing but what these fields say."""


def read_counters(text: str) -> tuple[PacketCounter, ...]:
    """The rules in order; lines that are none are left out."""
    counters = []
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("*"):
            table = line[1:].strip()
        elif match := _RULE.fullmatch(line):
            counters.append(_counter(table, match, number))
    return tuple(counters)


def _counter(table: str, match: re.Match[str], number: int) -> PacketCounter:
    try:
        words = shlex.split(match["rule"])
    except ValueError:
        words = match["rule"].split()
    fields: dict[str, str] = {}
    plain = True
    index = 0
    while index < len(words):
        word = words[index]
        name = "port" if word == _PORT else _OPTIONS.get(word)
        if name and index + 1 < len(words):
            fields[name] = words[index + 1]
            plain = plain and (index == 0 or words[index - 1] != "!")
            index += 2
            continue
        # `-m udp` alone asks for nothing that `-p udp` does not.
        matcher = word == "-m" and index + 1 < len(words) and words[index + 1] == fields.get("protocol")
        index += 2 if matcher else 1
        plain = plain and matcher
        if fields.get("action"):
            break  # options of the target
    return PacketCounter(
        table,
        match["chain"],
        match["rule"],
        number,
        _count(match["packets"]),
        _count(match["bytes"]),
        fields.get("source"),
        fields.get("destination"),
        fields.get("came_in"),
        fields.get("goes_out"),
        fields.get("protocol"),
        fields.get("port"),
        fields.get("action"),
        plain=plain,
    )


def _count(text: str | None) -> int | None:
    return None if text is None else int(text)
