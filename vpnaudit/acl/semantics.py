"""What one rule says, and what the router makes of it: the same text, two sets of packets.

The router's side is measured: iptables rules written by CloudStack's own router code (4.11.1 and 4.23), packets sent
through them; `tests/data/acl_truth` holds the outcomes. File names below are CloudStack's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from vpnaudit.acl import services
from vpnaudit.acl.ipv4 import BITS, network

if TYPE_CHECKING:
    from vpnaudit.acl.rules import AclRule
    from vpnaudit.acl.services import Span

_ANY = -1
_EVERY_TYPE = 255  # the kernel's own "any" in an ICMP match
_WORDS = "tcp,udp,icmp,all"
_OLDEST_NEW = (4, 14)


class Semantics(Enum):
    """How a router reads numeric protocols, the only measured difference between versions."""

    V4_11 = "4.11"
    V4_23 = "4.23"
    UNKNOWN = "unknown version"

    @classmethod
    def of(cls, version: str | None) -> Semantics:
        """The semantics of a CloudStack version such as `4.22.0.0-SNAPSHOT`: fixed in 4.14 (apache/cloudstack 3602,
        3678).

        None or a text without a version gives UNKNOWN, under which a numeric protocol is not guessed at.
        """
        parts = (version or "").strip().lstrip("v").split(".")
        try:
            release = (int(parts[0]), int(parts[1].split("-")[0]))
        except (ValueError, IndexError):
            return cls.UNKNOWN
        return cls.V4_23 if release >= _OLDEST_NEW else cls.V4_11


@dataclass(frozen=True, slots=True)
class Reading:
    """One rule in both readings, for IPv4.

    `state`: `runs`; `refused` (iptables takes it not, which shifts the rules after it); `left-out` (never sent to
    iptables); `unknown` (cannot be read, so nothing is said about lists that hold it). `addresses` holds one interval
    for each IPv4 CIDR, in the order of the list, as iptables masks them. `written` and `run` are service intervals,
    `written` None where the text names no packet. `why` explains a state other than `runs`, `dead` a rule that matches
    no traffic of its protocol, `misread` a rule that the router runs as something else than its text; each empty
    otherwise.
    """

    state: Literal["runs", "refused", "left-out", "unknown"]
    addresses: tuple[Span, ...] = ()
    written: Span | None = None
    run: Span = services.EVERY
    why: str = ""
    dead: str = ""
    misread: str = ""


def read(rule: AclRule, semantics: Semantics) -> Reading:
    """Read one rule as a person and as a router of this version does."""
    try:
        addresses = tuple(_network(entry) for entry in rule.cidrs or ("0.0.0.0/0",) if ":" not in entry)
        written = _written(rule)
    except ValueError as error:
        return Reading("unknown", why=str(error))
    if not addresses:
        return Reading("left-out", why="it has IPv6 CIDRs only (configure.py)")
    word = rule.protocol.lower()
    if word == "all":
        return Reading("runs", addresses, written, services.EVERY)
    by_word = {"tcp": _ports, "udp": _ports, "icmp": _icmp}
    if word in by_word:
        return by_word[word](rule, addresses, written)
    if word.isdigit():
        return _numeric(rule, semantics, addresses, written)
    why = (
        f"{rule.protocol!r} is no protocol; the server lets it in as a part of {_WORDS!r} and never sends it"
        " (SetNetworkAclConfigItem.java)"
    )
    return Reading("left-out", addresses, None, why=why, misread=why)


def _network(entry: str) -> Span:
    address, _, mask = entry.partition("/")
    try:
        return network(address, int(mask) if mask else BITS)
    except ValueError as error:
        raise ValueError(f"{entry!r} is no IPv4 CIDR") from error


def _written(rule: AclRule) -> Span | None:
    """The services that the text names: no ports are all ports, type or code -1 or none is any, a number is that
    protocol alone.
    """
    word = rule.protocol.lower()
    if word == "all":
        return services.EVERY
    protocol = services.protocol_number(word)
    if not word.isdigit() and word not in ("tcp", "udp", "icmp"):
        if word and word in _WORDS:
            return None
        raise ValueError(f"{rule.protocol!r} is no protocol that CloudStack takes")
    if protocol is None:
        raise ValueError(f"protocol {rule.protocol} is over 255")
    if protocol == services.ICMP:
        return services.span(protocol, *_types(rule))
    if protocol in (services.TCP, services.UDP) and (rule.start_port, rule.end_port) != (None, None):
        first, last = rule.start_port, rule.start_port if rule.end_port is None else rule.end_port
        if first is None or last is None or not 0 <= first <= last < services.DETAILS:
            raise ValueError(f"ports {first}-{last} are no range from 0 to 65535")
        return services.span(protocol, first, last)
    return services.span(protocol)


def _types(rule: AclRule) -> Span:
    kind = _ANY if rule.icmp_type is None else rule.icmp_type
    code = _ANY if rule.icmp_code is None else rule.icmp_code
    if not (_ANY <= kind <= _EVERY_TYPE and _ANY <= code <= _EVERY_TYPE):
        raise ValueError(f"ICMP type {kind} code {code} is not between -1 and 255")
    if kind == _ANY:
        return 0, services.DETAILS - 1
    return (kind * 256, kind * 256 + 255) if code == _ANY else (kind * 256 + code,) * 2


def _ports(rule: AclRule, addresses: tuple[Span, ...], written: Span | None) -> Reading:
    if written and rule.start_port is not None:
        return Reading("runs", addresses, written, written)
    protocol = services.TCP if rule.protocol.lower() == "tcp" else services.UDP
    dead = f"{rule.protocol} without ports is run as port 0 only (apache/cloudstack 13122): write 0-65535 for all ports"
    return Reading("runs", addresses, written, services.span(protocol, 0, 0), dead=dead)


def _icmp(rule: AclRule, addresses: tuple[Span, ...], written: Span | None) -> Reading:
    kind = _ANY if rule.icmp_type is None else rule.icmp_type
    code = _ANY if rule.icmp_code is None else rule.icmp_code
    run, misread = written or services.EVERY, ""
    if rule.protocol != "icmp":
        # The case-sensitive compare of SetNetworkACLCommand.java drops type and code, which then count as 0 and 0.
        run = services.span(services.ICMP, 0, 0)
        misread = f"{rule.protocol!r} is run as ICMP type 0 code 0 (echo reply) only: write 'icmp' in lower case"
    elif kind == _ANY and code != _ANY:
        return Reading(
            "refused",
            addresses,
            written,
            run,
            why=f"iptables refuses ICMP type any with code {code}: leave the code out or name a type",
        )
    elif kind == _EVERY_TYPE:
        run = services.span(services.ICMP)
        misread = "ICMP type 255 is run as every type: write -1 if that is meant"
    return Reading("runs", addresses, written, run, misread=misread if run != written else "")


def _numeric(rule: AclRule, semantics: Semantics, addresses: tuple[Span, ...], written: Span | None) -> Reading:
    number = int(rule.protocol)
    run = services.span(number) if number else services.EVERY
    if semantics is Semantics.UNKNOWN:
        return Reading(
            "unknown", why=f"what protocol {rule.protocol} does depends on the CloudStack version, which is not known"
        )
    if semantics is Semantics.V4_11:
        why = (
            f"iptables refuses protocol {rule.protocol} before 4.14: the action is sent as CIDR (apache/cloudstack"
            " 3602)"
        )
        return Reading("refused", addresses, written, run, why=why)
    misread = ""
    if run != written:
        what = "ports or type are ignored" if number else "0 stands for every protocol"
        misread = f"protocol {rule.protocol} is run as {services.words([run])} ({what}): write the protocol's name"
    return Reading("runs", addresses, written, run, misread=misread)
