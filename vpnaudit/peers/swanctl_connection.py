"""One connection of strongSwan's `swanctl.conf`, with all that it inherits: each child becomes a tunnel.

Keywords and defaults after strongSwan 5.9.8, `src/swanctl/swanctl.opt` and `src/libcharon/plugins/vici/vici_config.c`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from vpnaudit.ipsec.identities import identity
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.peers.interface import PeerTunnel
from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.peers.strongswan_settings import PROTOCOL, Judgement, judge_swanctl, later_words
from vpnaudit.peers.strongswan_words import DEFAULT, items, method, seconds, truth, unknown_proposals

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.peers.swanctl_syntax import Section

T = TypeVar("T")
NAME: Final = "strongswan-swanctl"
_VERSIONS = {"0": (("ikev1", "ikev2"), "ikev2"), "1": (("ikev1",), "ikev1"), "2": (("ikev2",), "ikev2")}
_AUTO = {
    **dict.fromkeys(("none", "clear"), "add"),
    **dict.fromkeys(("trap", "route"), "route"),
    **dict.fromkeys(("start", "restart", "trap|start", "start|trap"), "start"),
}
_NO_TUNNEL: Final = frozenset({"pass", "drop"})
_KNOWN_MODES: Final = frozenset({"tunnel", "transport"})
_RANGE: Final = re.compile(r"[0-9.]+-[0-9.]+")
_PROTOCOL_AND_PORT: Final = re.compile(rf"\[(?:any|{PROTOCOL})?(?:/[0-9a-z-]*)?\]")
_LIMIT: Final = re.compile(r"\[[^\]]*\]")


def subsections(section: Section, name: str) -> dict[str, Section]:
    """The sections of a subsection; none where that is not there."""
    parent = section.sections.get(name)
    return parent.sections if parent else {}


@dataclass(slots=True)
class Connection:
    """One connection on its way to tunnels; what cannot be read goes to `notes` and stays unknown."""

    section: Section
    routers: frozenset[str]
    notes: list[Note]
    complete: bool
    judgement: Judgement = field(default_factory=Judgement)

    def tunnels(self) -> list[PeerTunnel]:
        """One tunnel a child. One value that charon does not take, in any child, and none of them is loaded."""
        children = list(subsections(self.section, "children").values())
        if not children:
            self.note("it has no children, so it carries no traffic; it is left out")
        own, other = self._rounds("local"), self._rounds("remote")
        judge_swanctl(self.judgement, "connection", _texts(self.section))
        for part in (*own, *other):
            judge_swanctl(self.judgement, "auth", _texts(part))
        self.judgement.refused += [
            f"{quoted_name(name)} is no section of a connection"
            for name in self.section.sections
            if not name.lower().startswith(("children", "local", "remote"))
        ]
        drafts = [tunnel for child in children if (tunnel := self._tunnel(child, own, other))]
        self.notes += [self._note(text) for text in self.judgement.texts()]
        refused = next(iter(self.judgement.refused), None)
        unread = tuple(dict.fromkeys(self.judgement.unread)) or None
        undecided = self.judgement.undecided
        return [replace(draft, refused=refused, undecided=undecided, unread=unread) for draft in drafts]

    def _tunnel(self, child: Section, own: list[Section], other: list[Section]) -> PeerTunnel | None:
        judge_swanctl(self.judgement, "child", _texts(child))
        mode = (_text("mode", child) or "tunnel").lower()
        if mode in _NO_TUNNEL:
            self.note(f"child {quoted_name(child.name)} has mode={mode}, which makes no tunnel; it is left out")
            return None
        if mode not in _KNOWN_MODES:
            self.judgement.decides.append("mode")
        near, far = next(iter(own), None), next(iter(other), None)
        versions = self._versions()
        ike, ike_strict = self._proposals("proposals", self.section, "ike")
        esp, esp_strict = self._proposals("esp_proposals", child, "esp")
        ike_life, ike_rekey = self._ike_times()
        esp_life, esp_rekey = self._esp_times(child)
        delay = self._value(seconds, "dpd_delay")
        return PeerTunnel(
            name=f"{self.section.name}/{child.name}",
            file=child.file,
            line=child.line,
            dialect=NAME,
            implementation="strongswan",
            complete=self.complete,
            address=self._address("local_addrs"),
            id=_shown(near),
            peer_address=self._address("remote_addrs"),
            peer_id=_text("id", far),
            auth=tuple(_own_method(part) for part in own) or ("pubkey",),
            peer_auth=tuple(word for part in other for word in _asked(part)) or ("any",),
            ike_versions=versions[0] if versions else None,
            initiates_with=versions[1] if versions else None,
            ike_proposals=ike,
            ike_strict=ike_strict,
            esp_proposals=esp,
            esp_strict=esp_strict,
            local_subnets=self._subnets("local_ts", child),
            remote_subnets=self._subnets("remote_ts", child),
            ike_lifetime_s=ike_life,
            esp_lifetime_s=esp_life,
            ike_rekey_s=ike_rekey,
            esp_rekey_s=esp_rekey,
            dpd=None if delay is None else delay > 0,
            force_encap=self._value(truth, "encap"),
            auto=_AUTO.get((_text("start_action", child) or "").lower().replace(" ", "")),
            aggressive=self._value(truth, "aggressive"),
            mobike=self._value(truth, "mobike"),
            childless=self._value(str.lower, "childless"),
            virtual_ip="gives" if _text("pools", self.section) else "asks" if _text("vips", self.section) else None,
            mode=None if mode == "tunnel" else mode,
        )

    def note(self, text: str) -> None:
        """Say something of this connection."""
        self.notes.append(self._note(text))

    def _note(self, text: str) -> Note:
        return Note(self.section.file, self.section.line, f"connection {quoted_name(self.section.name)}: {text}")

    def _value(self, read_as: Callable[[str], T | None], key: str, section: Section | None = None) -> T | None:
        text = _text(key, section or self.section)
        return None if text is None else read_as(text)

    def _versions(self) -> tuple[tuple[str, ...], str] | None:
        text = _text("version", self.section)
        if text is None:
            return None
        versions = _VERSIONS.get(text.strip())
        if versions is None:
            self.judgement.refused.append("version is none of 0, 1 and 2")
        return versions

    def _rounds(self, kind: str) -> list[Section]:
        """The authentication rounds of a side, in order: sections `local`, `local-1` and so on."""
        rounds = [section for name, section in self.section.sections.items() if name.lower().startswith(kind)]
        return sorted(rounds, key=lambda section: _number(_text("round", section)))

    def _address(self, key: str) -> str | None:
        addresses = items(_text(key, self.section) or "")
        if not addresses:
            return None
        single = [name for name in addresses if "/" not in name and not _RANGE.fullmatch(name) and name != ANY]
        if len(addresses) > 1:
            self.note(f"{key} names {len(addresses)} addresses; the estate's own is taken, else the first single one")
        return next(iter([name for name in single if name in self.routers] or single), ANY)

    def _subnets(self, key: str, child: Section) -> tuple[str, ...] | None:
        subnets = _text(key, child)
        if subnets is None:
            return None
        for text in items(subnets):
            if not _selector(text):
                self.judgement.refused.append(f"{key} holds {quoted_name(text)}, which is no selector")
        return tuple(text if (net := network(text)) is None else str(net) for text in items(subnets))

    def _proposals(self, key: str, section: Section, protocol: Protocol) -> tuple[tuple[str, ...] | None, bool | None]:
        """The list and whether it is pinned: `default` at its end is what an unpinned list has; elsewhere it stays a
        member.
        """
        text = _text(key, section)
        if text is None:
            return None, None
        proposals = tuple(DEFAULT if part.lower() == DEFAULT else part for part in items(text))
        unknown = unknown_proposals(proposals, protocol)
        if later := later_words(unknown):
            self.judgement.later += later
        elif unknown:
            self.judgement.refused.append(f"{key} holds {quoted_name(unknown[0])}, which is no {protocol} proposal")
        return (proposals[:-1], False) if proposals[-1:] == (DEFAULT,) else (proposals, True)

    def _ike_times(self) -> tuple[int | None, int | None]:
        """Hard end and own renewal of the IKE_SA. `over_time` is a tenth of the longer of the two times that renew it,
        unless stated.
        """
        stated = [self._value(seconds, key) for key in ("rekey_time", "reauth_time")]
        times = [time for time in stated if time is not None]
        if not times:
            return None, None
        over = self._value(seconds, "over_time")
        longest, renewing = max(times), [time for time in times if time]
        if not renewing:
            return None, 0 if stated[0] == 0 else None
        return longest + (longest // 10 if over is None else over), min(renewing)

    def _esp_times(self, child: Section) -> tuple[int | None, int | None]:
        rekey, life = (self._value(seconds, key, child) for key in ("rekey_time", "life_time"))
        if life is None and rekey:
            life = rekey + rekey // 10
        return life or None, rekey


def _text(key: str, section: Section | None) -> str | None:
    """A setting of a section as text; None: it is not there."""
    value = section.settings.get(key) if section else None
    return value if isinstance(value, str) else None


def _texts(section: Section) -> dict[str, str]:
    return {key: value for key, value in section.settings.items() if isinstance(value, str)}


def _number(text: str | None) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,4}", text) else 0


def _shown(near: Section | None) -> str | None:
    shown = _text("id", near)
    return None if shown is None or identity(shown).kind == "any" else shown


def _method(part: Section) -> str:
    return method(_text("auth", part) or "any")


def _asked(part: Section) -> tuple[str, ...]:
    """What a round asks of the router: a method, and membership in a group or an authority, which a key cannot give."""
    return (_method(part), *(word for word, key in (("groups", "groups"), ("ca", "ca_id")) if _text(key, part)))


def _own_method(part: Section) -> str:
    """How it authenticates itself: without a class of its own, by its certificate (measured)."""
    return "pubkey" if _method(part) == "any" else _method(part)


def _selector(text: str) -> bool:
    """Whether charon takes it for a traffic selector."""
    bare = _LIMIT.sub("", text)
    if bare == "dynamic" or ":" in bare:
        return text.count("[") == text.count("]")
    parts = bare.split("-") if "-" in bare else [bare.split("/")[0]]
    return all(network(part) is not None and "/" not in part for part in parts) and _limits(text)


def _limits(text: str) -> bool:
    limit = _LIMIT.search(text)
    return "[" not in text if limit is None else _PROTOCOL_AND_PORT.fullmatch(limit[0]) is not None
