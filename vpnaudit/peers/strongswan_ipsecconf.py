"""strongSwan's `ipsec.conf` with its `ipsec.secrets`: each `conn` that can come up becomes a tunnel.

Keywords after strongSwan 5.9, `man/ipsec.conf.5.in` and `src/starter/{args.c,confread.c}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.peers.interface import Dialect, PeerTunnel, TunnelFile
from vpnaudit.peers.ipsec_secrets import read_secrets
from vpnaudit.peers.ipsecconf_syntax import DEFAULTS, Section, merged_settings, parse
from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.peers.strongswan_words import items, seconds, truth, unknown_proposals, with_children_joined, with_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.peers.source import Source
    from vpnaudit.psk import Fingerprinter

T = TypeVar("T")
NAME: Final = "strongswan-ipsecconf"
_LOOKS = re.compile(r"^(?:conn[\t ]+\S|config[\t ]+setup\b)", re.MULTILINE)
_VERSIONS = {"ike": (("ikev1", "ikev2"), "ikev2"), "ikev1": (("ikev1",), "ikev1"), "ikev2": (("ikev2",), "ikev2")}
_AUTH = {
    "secret": "psk",
    "psk": "psk",
    "rsasig": "pubkey",
    "rsa": "pubkey",
    "ecdsasig": "pubkey",
    "ecdsa": "pubkey",
    "pubkey": "pubkey",
}
_ANYONE = frozenset({"%any", "%any4", "%any6", "%group", "0.0.0.0", "0.0.0.0/0"})  # noqa: S104 - compared, nothing is bound


def read(source: Source, fingerprinter: Fingerprinter, routers: frozenset[str]) -> TunnelFile:
    """Read an `ipsec.conf` and what it includes; keys come from the `ipsec.secrets` beside it.

    Which of `left` and `right` is the device's own: the one that is `%defaultroute`; else the other one than the router
    of the estate; else left, as strongSwan assumes where neither address is its own.
    """
    conns, notes, files = parse(source)
    beside = source.beside(source.name.removesuffix(".conf") + ".secrets")
    secrets, secret_notes, secret_files = read_secrets(beside, fingerprinter) if beside else ([], [], set())
    templates = {name for section in conns.values() for name, _ in section.also}
    tunnels: list[PeerTunnel] = []
    for section in conns.values():
        settings, broken = merged_settings(section, conns)
        auto = settings.get("auto", "ignore")
        if section.name == DEFAULTS or (auto == "ignore" and section.name in templates):
            continue
        conn = _Conn(section, settings, routers, notes)
        tunnel = conn.tunnel(complete=not broken)
        notes += broken
        if tunnel is None:
            continue
        if auto == "ignore":
            notes.append(
                Note(
                    section.file,
                    section.line,
                    f"conn {quoted_name(section.name)} has no auto=: strongSwan does not load it",
                )
            )
        tunnels.append(tunnel)
    keyed = [with_key(tunnel, secrets) for tunnel in tunnels]
    peer_tunnels, unlike = with_children_joined([tunnel for tunnel, _ in keyed])
    doubtful = [note for _, note in keyed if note]
    return TunnelFile(
        tuple(peer_tunnels),
        tuple(dict.fromkeys((*notes, *secret_notes, *doubtful, *unlike))),
        frozenset(files | secret_files),
    )


def recognises(source: Source) -> bool:
    """By name, or by a section at the beginning of a line."""
    return source.name == DIALECT.file_name or _LOOKS.search(source.text) is not None


@dataclass(slots=True)
class _Conn:
    """One section with all that it inherits, on its way to a tunnel; what cannot be read goes to `notes` and stays
    unknown.
    """

    section: Section
    settings: dict[str, str]
    routers: frozenset[str]
    notes: list[Note]

    def tunnel(self, *, complete: bool) -> PeerTunnel | None:
        """The tunnel; None where the section makes none (a bypass or drop policy)."""
        kind = self.settings.get("type", "tunnel")
        if kind != "tunnel":
            self.note(f"type={quoted_name(kind)} makes no tunnel between networks; it is left out")
            return None
        near, far = self._sides()
        versions = self._word("keyexchange", _VERSIONS)
        ike, ike_strict = self._proposals(("ike",), "ike")
        esp, esp_strict = self._proposals(("esp", "phase2alg"), "esp")
        ike_life, esp_life = self._time("ikelifetime"), self._time("lifetime", "keylife")
        dpd = self.settings.get("dpdaction")
        return PeerTunnel(
            name=self.section.name,
            file=self.section.file,
            line=self.section.line,
            dialect=NAME,
            implementation="strongswan",
            complete=complete,
            address=self._address(near),
            id=self._identity(near),
            peer_address=self._address(far),
            peer_id=self._identity(far),
            auth=self._auth(near),
            ike_versions=versions[0] if versions else None,
            initiates_with=versions[1] if versions else None,
            ike_proposals=ike,
            ike_strict=ike_strict,
            esp_proposals=esp,
            esp_strict=esp_strict,
            local_subnets=self._subnets(near),
            remote_subnets=self._subnets(far),
            ike_lifetime_s=ike_life,
            esp_lifetime_s=esp_life,
            ike_rekey_s=self._renewal(ike_life),
            esp_rekey_s=self._renewal(esp_life),
            dpd=None if dpd is None else dpd != "none",
            force_encap=self._truth("forceencaps"),
            auto=self.settings.get("auto", "ignore"),
            aggressive=self._truth("aggressive"),
            mobike=self._truth("mobike"),
        )

    def note(self, text: str) -> None:
        """Say something of this section."""
        self.notes.append(Note(self.section.file, self.section.line, f"conn {quoted_name(self.section.name)}: {text}"))

    def _sides(self) -> tuple[str, str]:
        left, right = items(self.settings.get("left", "")), items(self.settings.get("right", ""))
        if "%defaultroute" in right and "%defaultroute" not in left:
            return "right", "left"
        if self.routers.intersection(left) and not self.routers.intersection(right) and "%defaultroute" not in left:
            return "right", "left"
        return "left", "right"

    def _address(self, side: str) -> str | None:
        """One address; `%any` for ranges and networks too, since the router's is not told by them."""
        addresses = items(self.settings.get(side, ""))
        if not addresses:
            return None
        if self._truth(f"{side}allowany") or any(name in _ANYONE or name == "%defaultroute" for name in addresses):
            return ANY
        single = [
            name.removeprefix("%")
            for name in addresses
            if "/" not in name and not re.fullmatch(r"[0-9.]+-[0-9.]+", name)
        ]
        if len(addresses) > 1:
            self.note(f"{side} names {len(addresses)} addresses; the estate's own is taken, else the first single one")
        router_addresses = [name for name in single if name in self.routers]
        return next(iter(router_addresses or single), ANY)

    def _identity(self, side: str) -> str | None:
        identity = self.settings.get(f"{side}id")
        return identity if identity is None or identity in _ANYONE else identity.removeprefix("%")

    def _auth(self, near: str) -> str | None:
        method = self.settings.get(f"{near}auth") or self.settings.get("authby")
        return None if method is None else _AUTH.get(method, method)

    def _subnets(self, side: str) -> tuple[str, ...] | None:
        subnets = self.settings.get(f"{side}subnet")
        limit = self.settings.get(f"{side}protoport")
        suffix = f"[{limit}]" if limit else ""
        return None if subnets is None else tuple(self._selector(item) + suffix for item in items(subnets))

    def _selector(self, text: str) -> str:
        """The network without host bits; anything else as it stands."""
        net = network(text)
        return text if net is None else str(net)

    def _proposals(self, keys: tuple[str, ...], protocol: Protocol) -> tuple[tuple[str, ...] | None, bool | None]:
        text = next((self.settings[key] for key in keys if key in self.settings), None)
        if text is None:
            return None, None
        proposals = items(text.removesuffix("!"))
        for unknown in unknown_proposals(proposals, protocol):
            self.note(f"{protocol} proposal {quoted_name(unknown)} is not one that strongSwan 5.9 takes; it skips it")
        return proposals, text.endswith("!")

    def _time(self, *keys: str) -> int | None:
        return self._value(seconds, "a time", *keys)

    def _renewal(self, lifetime: int | None) -> int | None:
        if self._truth("rekey") is False:
            return 0
        margin = self._time("margintime", "rekeymargin")
        return None if margin is None or lifetime is None else max(lifetime - margin, 0)

    def _truth(self, key: str) -> bool | None:
        return self._value(truth, "yes or no", key)

    def _word(self, key: str, meanings: dict[str, T]) -> T | None:
        return self._value(meanings.get, f"one of {', '.join(meanings)}", key)

    def _value(self, read_as: Callable[[str], T | None], expected: str, *keys: str) -> T | None:
        for key in keys:
            if key in self.settings:
                value = read_as(self.settings[key])
                if value is None:
                    self.note(f"{key} is not {expected}; strongSwan refuses it, and it is not known here")
                return value
        return None


class _IpsecConf:
    name = NAME
    title = "strongSwan ipsec.conf"
    file_name = "ipsec.conf"
    read = staticmethod(read)
    recognises = staticmethod(recognises)


DIALECT: Dialect = _IpsecConf()
