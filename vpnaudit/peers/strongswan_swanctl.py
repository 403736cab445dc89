"""strongSwan's `swanctl.conf`: each child of each connection becomes a tunnel, with the key of its `secrets` section.

Keywords and defaults after strongSwan 5.9, `src/swanctl/swanctl.opt`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.peers.interface import Dialect, PeerTunnel, TunnelFile
from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.peers.strongswan_words import (
    DEFAULT,
    Secret,
    items,
    seconds,
    truth,
    unknown_proposals,
    with_children_joined,
    with_key,
)
from vpnaudit.peers.swanctl_inheritance import lacking, resolved
from vpnaudit.peers.swanctl_syntax import SECRET, Section, parse
from vpnaudit.psk import KeyFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

T = TypeVar("T")
NAME: Final = "strongswan-swanctl"
_LOOKS = re.compile(r"^[\t ]*(?:connections|secrets)\b[^={\n]*\{?[\t ]*$|^[\t ]*connections[\t ]*\{", re.MULTILINE)
_VERSIONS = {"0": (("ikev1", "ikev2"), "ikev2"), "1": (("ikev1",), "ikev1"), "2": (("ikev2",), "ikev2")}
_AUTO = {"none": "add", "trap": "route", "start": "start", "trap|start": "start", "start|trap": "start"}


def read(source: Source, fingerprinter: Fingerprinter, routers: frozenset[str]) -> TunnelFile:
    """Read a `swanctl.conf` and what it includes. `local` and `remote` tell the sides apart, so `routers` only chooses
    among addresses.
    """
    tree, notes, files = parse(source, fingerprinter)
    root, dangling = resolved(tree)
    notes += [reference.note for reference in dangling]
    secrets = _secrets(root)
    tunnels: list[PeerTunnel] = []
    for section in _sub(root, "connections").values():
        complete = not any(lacking(dangling, f"connections.{section.name}"))
        conn = _Conn(section, routers, notes, complete=complete)
        keyed = [with_key(tunnel, secrets) for tunnel in conn.tunnels()]
        peer_tunnels, unlike = with_children_joined([tunnel for tunnel, _ in keyed])
        tunnels += [replace(peer_tunnels[0], name=section.name)] if len(peer_tunnels) == 1 else peer_tunnels
        notes += [note for _, note in keyed if note] + unlike
    return TunnelFile(tuple(tunnels), tuple(dict.fromkeys(notes)), frozenset(files))


def recognises(source: Source) -> bool:
    """By name, or by the head of a section `connections` or `secrets`."""
    return source.name == DIALECT.file_name or _LOOKS.search(source.text) is not None


def _sub(section: Section, name: str) -> dict[str, Section]:
    parent = section.sections.get(name)
    return parent.sections if parent else {}


def _secrets(root: Section) -> list[Secret]:
    """The keys of `ike…` sections in order; their identities are the settings `id…`."""
    secrets = []
    for name, section in _sub(root, "secrets").items():
        facts = section.settings.get(SECRET)
        ids = tuple(value for key, value in section.settings.items() if key.startswith("id") and isinstance(value, str))
        if name.startswith("ike") and isinstance(facts, KeyFacts):
            secrets.append(Secret(ids, facts))
    return secrets


@dataclass(slots=True)
class _Conn:
    """One connection with all that it inherits; what cannot be read goes to `notes` and stays unknown."""

    section: Section
    routers: frozenset[str]
    notes: list[Note]
    complete: bool

    def tunnels(self) -> list[PeerTunnel]:
        """One tunnel a child."""
        children = list(_sub(self.section, "children").values())
        if not children:
            self.note("it has no children, so it carries no traffic; it is left out")
        tunnel_children = []
        for child in children:
            mode = self.text("mode", child) or "tunnel"
            if mode == "tunnel":
                tunnel_children.append(child)
            else:
                self.note(
                    f"child {quoted_name(child.name)} has mode={quoted_name(mode)}, which makes no tunnel between"
                    " networks; it is left out"
                )
        return [self._tunnel(child) for child in tunnel_children]

    def _tunnel(self, child: Section) -> PeerTunnel:
        near, far = self._round("local"), self._round("remote")
        versions = self.value(_VERSIONS.get, "0, 1 or 2", "version")
        ike, ike_strict = self._proposals("proposals", self.section, "ike")
        esp, esp_strict = self._proposals("esp_proposals", child, "esp")
        ike_life, ike_rekey = self._ike_times()
        esp_life, esp_rekey = self._esp_times(child)
        delay = self.value(seconds, "a time", "dpd_delay")
        return PeerTunnel(
            name=f"{self.section.name}/{child.name}",
            file=child.file,
            line=child.line,
            dialect=NAME,
            implementation="strongswan",
            complete=self.complete,
            address=self._address("local_addrs"),
            id=self.text("id", near),
            peer_address=self._address("remote_addrs"),
            peer_id=self.text("id", far),
            auth=self.text("auth", near),
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
            force_encap=self.value(truth, "yes or no", "encap"),
            auto=self.value(_AUTO.get, "none, trap or start", "start_action", child),
            aggressive=self.value(truth, "yes or no", "aggressive"),
            mobike=self.value(truth, "yes or no", "mobike"),
        )

    def note(self, text: str) -> None:
        """Say something of this connection."""
        self.notes.append(
            Note(self.section.file, self.section.line, f"connection {quoted_name(self.section.name)}: {text}")
        )

    def text(self, key: str, section: Section | None) -> str | None:
        """A setting of a section as text; None: it is not there."""
        value = section.settings.get(key) if section else None
        return value if isinstance(value, str) else None

    def value(
        self, read_as: Callable[[str], T | None], expected: str, key: str, section: Section | None = None
    ) -> T | None:
        """A setting read in some way; None: it is not there, or, with a note, it cannot be read."""
        text = self.text(key, section or self.section)
        value = None if text is None else read_as(text)
        if text is not None and value is None:
            self.note(f"{key} is not {expected}; strongSwan refuses it, and it is not known here")
        return value

    def _round(self, kind: str) -> Section | None:
        """The first authentication round of a side: sections `local`, `local-1` and so on."""
        rounds = [section for name, section in self.section.sections.items() if name.startswith(kind)]
        if len(rounds) > 1:
            self.note(f"{kind} has {len(rounds)} authentication rounds; the first counts here")
        return rounds[0] if rounds else None

    def _address(self, key: str) -> str | None:
        addresses = items(self.text(key, self.section) or "")
        if not addresses:
            return None
        single = [
            name for name in addresses if "/" not in name and not re.fullmatch(r"[0-9.]+-[0-9.]+", name) and name != ANY
        ]
        if len(addresses) > 1:
            self.note(f"{key} names {len(addresses)} addresses; the estate's own is taken, else the first single one")
        return next(iter([name for name in single if name in self.routers] or single), ANY)

    def _subnets(self, key: str, child: Section) -> tuple[str, ...] | None:
        subnets = self.text(key, child)
        if subnets is None:
            return None
        return tuple(text if (net := network(text)) is None else str(net) for text in items(subnets))

    def _proposals(self, key: str, section: Section, protocol: Protocol) -> tuple[tuple[str, ...] | None, bool | None]:
        """The list and whether it is pinned: `default` at its end is what an unpinned list has; elsewhere it stays a
        member.
        """
        text = self.text(key, section)
        if text is None:
            return None, None
        proposals = items(text)
        for unknown in unknown_proposals(proposals, protocol):
            self.note(f"{key} holds {quoted_name(unknown)}, which is not one that strongSwan 5.9 takes")
        return (proposals[:-1], False) if proposals[-1:] == (DEFAULT,) else (proposals, True)

    def _ike_times(self) -> tuple[int | None, int | None]:
        """Hard end and own renewal of the IKE_SA. `over_time` is a tenth of the longer of the two times that renew it,
        unless stated.
        """
        stated = [self.value(seconds, "a time", key) for key in ("rekey_time", "reauth_time")]
        times = [time for time in stated if time is not None]
        if not times:
            return None, None
        over = self.value(seconds, "a time", "over_time")
        longest, renewing = max(times), [time for time in times if time]
        if not renewing:
            return None, 0 if stated[0] == 0 else None
        return longest + (longest // 10 if over is None else over), min(renewing)

    def _esp_times(self, child: Section) -> tuple[int | None, int | None]:
        rekey, life = (self.value(seconds, "a time", key, child) for key in ("rekey_time", "life_time"))
        if life is None and rekey:
            life = rekey + rekey // 10
        return life or None, rekey


class _Swanctl:
    name = NAME
    title = "strongSwan swanctl.conf"
    file_name = "swanctl.conf"
    read = staticmethod(read)
    recognises = staticmethod(recognises)


DIALECT: Dialect = _Swanctl()
