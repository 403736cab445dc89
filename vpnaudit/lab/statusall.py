"""What `ipsec statusall` says, read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from vpnaudit.ipsec.selectors import networks
from vpnaudit.lab.suites import suite_keywords

_LINE: Final = re.compile(r"\s*(?P<name>\S+?)(?P<open>[\[{])(?P<id>\d+)[\]}]:\s+(?P<text>.*)")
_SELECTORS: Final = " === "
_ESP: Final = re.compile(r"(?P<suite>[A-Z0-9_/]+), \d+ bytes_i")


@dataclass(slots=True)
class IkeSa:
    """An established IKE_SA: the connection's name, its number, the IKE version and the suite in keywords."""

    name: str
    number: int
    version: int | None = None
    suite: str | None = None


@dataclass(slots=True)
class ChildSa:
    """An installed CHILD_SA: name, number, suite in keywords, selectors as lists of networks (own side, other side)."""

    name: str
    number: int
    suite: str | None = None
    local: tuple[str, ...] = ()
    remote: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """All that is up, and the names of the connections that were loaded."""

    loaded: frozenset[str]
    ike: tuple[IkeSa, ...]
    children: tuple[ChildSa, ...]


def read_status(text: str) -> Status:
    """Read the output; what is not established or installed is left out, rekeyed ones too."""
    loaded: set[str] = set()
    ike: dict[int, IkeSa] = {}
    children: dict[int, ChildSa] = {}
    part = ""
    for line in text.splitlines():
        if line and not line.startswith(" ") and line.rstrip().endswith(":"):
            part = line.split(" (")[0].rstrip(":")
        elif part == "Connections":
            loaded.add(line.strip().split(":")[0])
        elif part == "Security Associations" and (match := _LINE.fullmatch(line)):
            number = int(match["id"])
            if match["open"] == "[":
                _ike(ike, match["name"], number, match["text"])
            else:
                _child(children, match["name"], number, match["text"])
    return Status(frozenset(loaded), tuple(ike.values()), tuple(children.values()))


def _ike(ike_sas: dict[int, IkeSa], name: str, number: int, text: str) -> None:
    if text.startswith("ESTABLISHED"):
        ike_sas[number] = IkeSa(name, number)
    elif number in ike_sas and (version := re.match(r"IKEv([12]) SPIs", text)):
        ike_sas[number].version = int(version[1])
    elif number in ike_sas and text.startswith("IKE proposal: "):
        ike_sas[number].suite = suite_keywords(text.removeprefix("IKE proposal: "))


def _child(child_sas: dict[int, ChildSa], name: str, number: int, text: str) -> None:
    if text.startswith("INSTALLED"):
        child_sas[number] = ChildSa(name, number)
    elif number not in child_sas:
        return
    elif suite := _ESP.match(text):
        child_sas[number].suite = suite_keywords(suite["suite"])
    elif _SELECTORS in text:
        local, remote = (tuple(str(net) for net in networks(side.split())) for side in text.split(_SELECTORS))
        child_sas[number].local, child_sas[number].remote = local, remote
