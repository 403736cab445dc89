"""What strongSwan makes of each setting by its word and value, before anybody asks what it means: whether it loads the
connection at all, and what of it is not understood here.

The words are data, `knowledge/strongswan_settings.toml`; values are held against them as starter and charon do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.ipsec.selectors import network
from vpnaudit.knowledge import strongswan
from vpnaudit.peers.notes import quoted_name

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMED: Final = 5

PROTOCOL: Final = "[0-9]{1,3}|tcp|udp|icmp|esp|ah|gre|sctp|l2tp|ipv6-icmp|igmp|ospf|vrrp|ipencap"
"""Protocols by number and usual name."""

_IPSECCONF: Final = {
    "time": re.compile(r"[+-]?[0-9]*[smhd]?"),
    "integer": re.compile(r"[+-]?[0-9]*"),
    "binary": re.compile(r"[01]*"),
    "percent": re.compile(r"[0-9]+%"),
    "tries": re.compile(r"%forever|[+-]?[0-9]*"),
    "padding": re.compile(r"%mtu|[+-]?[0-9]*"),
    "mark": re.compile(r"(?:%unique(?:-dir)?|(?:0x[0-9a-fA-F]+|[0-9]+))(?:/(?:0x[0-9a-fA-F]+|[0-9]+))?"),
    "protoport": re.compile(
        rf"(?:%any|{PROTOCOL})?"
        r"(?:/(?:%any|%opaque|[0-6]?[0-9]{1,4}(?:-[0-6]?[0-9]{1,4})?|[a-z][a-z0-9-]*)?)?"
    ),
}
_SWANCTL: Final = {
    "time": re.compile(r"(?:0x[0-9a-fA-F]+|[+-]?[0-9]*) *[dhmsDHMS]?"),
    "integer": re.compile(r"0x[0-9a-fA-F]+|[+-]?[0-9]*"),
    "binary": re.compile(r"[01]*"),
    "bytes": re.compile(r"(?:0x[0-9a-fA-F]+|[+-]?[0-9]*) *[gmkGMK]?"),
    "padding": re.compile(r"mtu|0x[0-9a-fA-F]+|[+-]?[0-9]*"),
    "mark": _IPSECCONF["mark"],
    "method": re.compile(r"(?:ike:|pubkey|rsa|ecdsa|bliss).*|(?i:psk|xauth.*|eap.*)"),
}


@dataclass(slots=True)
class Judgement:
    """What a device makes of the settings of one connection.

    `refused`: why it does not load the connection. `later`: words of another release. `decides`: settings that decide
    and are not read. `unread`: settings of which nobody knows what they do here. `foreign`: words of libreswan or
    Openswan. `notes`: what a reader should know besides.
    """

    refused: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    decides: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def undecided(self) -> str | None:
        """Why nothing can be predicted; None: it can."""
        if self.refused:
            return None
        if self.foreign:
            return (
                f"{_names(self.foreign)} are words of libreswan or Openswan, whose ipsec.conf is another dialect and is"
                " not read"
            )
        if self.later:
            return (
                f"{_names(self.later)}: strongSwan 5.9 discards the connection, strongSwan 6 takes it, and the file"
                " does not say which it is for"
            )
        return f"{_names(self.decides)} decides, and is not read" if self.decides else None

    def texts(self) -> list[str]:
        """All of it as notes."""
        notes = [f"{text}: strongSwan 5.9 does not load the connection" for text in self.refused]
        if self.foreign:
            notes.append(
                f"{_names(self.foreign)} are words of libreswan or Openswan: their ipsec.conf is another dialect, which"
                " is not read; it is taken as strongSwan's"
            )
        elif self.undecided:
            notes.append(f"{self.undecided}; nothing is predicted")
        if self.unread:
            notes.append(f"{_names(self.unread)}: what it does to the tunnel is not known here")
        return [*notes, *self.notes]


def judged_conn(settings: Mapping[str, str]) -> Judgement:
    """The settings of a `conn`, with all that it inherits."""
    data, judgement = _data("ipsecconf"), Judgement()
    kinds = _kinds(data["values"])
    foreign = strongswan.settings()["libreswan"]
    known = {word for part in ("read", "harmless") for word in data[part]}
    for key, value in settings.items():
        kind = kinds.get(key)
        words = data["words"].get(kind or "")
        fits = value in words if words else kind is None or _IPSECCONF[kind].fullmatch(value)
        if key in foreign["settings"] or value in foreign["words"]:
            judgement.foreign.append(key)
        if not fits:
            judgement.refused.append(f"{key} has a value that it does not take")
        elif key in data["misplaced"]:
            judgement.refused.append(f"{key} does not belong in a conn")
        elif key in data["decides"] and value not in ("no", "500"):
            judgement.decides.append(key)
        elif key in data["ignored"]:
            judgement.notes.append(f"{key} means nothing to strongSwan 5.9, which goes on without it")
        elif key in data["doubtful"] or (
            key not in known and key not in data["decides"] and key not in judgement.foreign
        ):
            judgement.unread.append(quoted_name(key).strip("'"))
    return judgement


def refused_setup(settings: Mapping[str, str]) -> str | None:
    """Why starter stops at a `config setup`, and with it at the whole file; None: it does not."""
    data = _data("ipsecconf")
    everywhere = {word for part in ("read", "harmless", "doubtful", "decides") for word in data[part]}
    for key, value in settings.items():
        words = data["setup"]["words"].get(key)
        if key in everywhere:
            return f"{key} does not belong in config setup"
        if words and value not in words:
            return f"{key} of config setup has a value that it does not take"
    return None


def judge_swanctl(judgement: Judgement, kind: str, settings: Mapping[str, str]) -> None:
    """Add the settings of one section, `connection`, `auth` or `child`."""
    data, later = _data("swanctl")[kind], strongswan.settings()["later"]
    kinds, words_of = _kinds(data["values"]), _data("swanctl")["words"]
    for key, value in settings.items():
        value_kind = kinds.get(key)
        words = words_of.get(value_kind or "")
        if key in later["settings"] or value.lower() in later["values"].get(key, ()):
            judgement.later.append(key)
        elif not any(key in data[part] for part in ("read", "harmless", "doubtful", "decides")):
            judgement.refused.append(f"{quoted_name(key)} is no word of its {kind} section")
        elif not _fits_swanctl(value, value_kind, words):
            judgement.refused.append(f"{key} has a value that it does not take")
        elif key in data["decides"] and value.lower() not in ("no", "false", "disabled", "0", "500"):
            judgement.decides.append(key)
        elif key in data["doubtful"]:
            judgement.unread.append(key)


def later_words(proposals: tuple[str, ...]) -> list[str]:
    """The words of these proposals that only a later strongSwan knows."""
    prefixes = tuple(strongswan.settings()["later"]["proposals"])
    return [word for proposal in proposals for word in proposal.split("-") if word.strip().startswith(prefixes)]


def _fits_swanctl(value: str, kind: str | None, words: list[str] | None) -> bool:
    if words:
        return value.lower().replace(" ", "") in words
    if kind == "addresses":
        return all(network(part.strip()) is not None or ":" in part for part in value.split(","))
    return kind is None or _SWANCTL[kind].fullmatch(value) is not None


def _data(name: str) -> dict[str, Any]:
    section: dict[str, Any] = strongswan.settings()[name]
    return section


def _kinds(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {word: kind for kind, words in values.items() for word in words}


def _names(words: list[str]) -> str:
    distinct = list(dict.fromkeys(words))
    return ", ".join(distinct[:_NAMED]) + (f" and {len(distinct) - _NAMED} more" if len(distinct) > _NAMED else "")
