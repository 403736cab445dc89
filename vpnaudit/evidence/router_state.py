"""What the router says of itself apart from its tunnels: name, time and zone, versions, processor, links, sysctls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_HEADING: Final = re.compile(r"# (?P<command>.+)")
_EPOCH: Final = re.compile(r"(?P<epoch>\d{9,11}) (?P<zone>\S+)(?: (?P<offset>[+-]\d{4}))?")
_LISTED: Final = re.compile(
    r"-[rwxst-]{9}\S? +\d+ +\S+ +\S+ +\d+ +(?P<time>\d{9,11}) +(?P<name>ipsec\.\S+\.conf|l2tp\.conf)"
)
_LINK: Final = re.compile(r"\d+: (?P<link>[^:@\s]+)[:@].*? mtu (?P<mtu>\d+)")


@dataclass(frozen=True, slots=True)
class RouterState:
    """Facts of one router; None: no file said so."""

    name: str | None = None
    taken: float | None = None
    zone_offset_s: int | None = None
    cloudstack_release: str | None = None
    debian_version: str | None = None
    strongswan_package: str | None = None
    kernel: str | None = None


def read_state(text: str) -> RouterState:
    """The answers under `# COMMAND` headings: date, hostname, releases, packages."""
    answers: dict[str, list[str]] = {}
    answer: list[str] = []
    for line in text.splitlines():
        if heading := _HEADING.fullmatch(line):
            answer = answers.setdefault(heading["command"].strip(), [])
        else:
            answer.append(line.strip())
    times = [match for line in answers.get("date", ()) if (match := _EPOCH.fullmatch(line))]
    packages = [line.split() for line in answers.get("packages", ())]
    kernels = [line.split() for line in answers.get("uname -a", ())]
    return RouterState(
        _first(answers.get("hostname")),
        float(times[0]["epoch"]) if times else None,
        _offset_s(times[0]["offset"]) if times else None,
        _first(answers.get("/etc/cloudstack-release")),
        _first(answers.get("/etc/debian_version")),
        next((words[1] for words in packages if words[:1] == ["strongswan-charon"] and len(words) > 1), None),
        next((words[2] for words in kernels if len(words) > 2), None),  # noqa: PLR2004 - `Linux NAME RELEASE`
    )


def _first(lines: list[str] | None) -> str | None:
    return next((line[:200] for line in lines or () if line), None)


def _offset_s(text: str | None) -> int | None:
    if text is None:
        return None
    size = int(text[1:3]) * 3600 + int(text[3:5]) * 60
    return -size if text[0] == "-" else size


def listed_times(text: str) -> dict[str, float]:
    """When the files of connections were changed, by name, as `ls -l --time-style=+%s` lists them."""
    return {match["name"]: float(match["time"]) for line in text.splitlines() if (match := _LISTED.fullmatch(line))}


def processor_flags(text: str) -> frozenset[str] | None:
    """The flags of the first processor in `/proc/cpuinfo`; None: it lists none."""
    match = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    return frozenset(match[1].split()) if match else None


def link_mtus(text: str) -> dict[str, int]:
    """The MTU of each link in `ip addr` or `ip -s link`."""
    return {match["link"]: int(match["mtu"][:9]) for line in text.splitlines() if (match := _LINK.match(line))}
