"""One `conn` of strongSwan's `ipsec.conf`, with all that it inherits, becomes a tunnel.

Keywords after strongSwan 5.9.8, `man/ipsec.conf.5.in`, `src/starter/{args.c,confread.c,starterstroke.c}` and
`src/libcharon/plugins/stroke/stroke_config.c`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.identities import identity
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.peers.interface import PeerTunnel
from vpnaudit.peers.notes import Note, quoted_name
from vpnaudit.peers.strongswan_settings import Judgement, judged_conn, later_words
from vpnaudit.peers.strongswan_words import items, method, seconds, truth, unknown_proposals

if TYPE_CHECKING:
    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.peers.ipsecconf_syntax import Section

NAME: Final = "strongswan-ipsecconf"
_VERSIONS = {"ike": (("ikev1", "ikev2"), "ikev2"), "ikev1": (("ikev1",), "ikev1"), "ikev2": (("ikev2",), "ikev2")}
_ANYONE: Final = frozenset({"%any", "%any4", "%any6", "%group", "0.0.0.0", "0.0.0.0/0"})  # noqa: S104 - compared, nothing is bound
_NO_TUNNEL: Final = frozenset({"passthrough", "pass", "drop", "reject"})
_KNOWN_MODES: Final = frozenset({"tunnel", "transport"})
_RANGE: Final = re.compile(r"[0-9.]+-[0-9.]+")


@dataclass(slots=True)
class Conn:
    """One section on its way to a tunnel; what cannot be read goes to `notes` and stays unknown."""

    section: Section
    settings: dict[str, str]
    routers: frozenset[str]
    notes: list[Note]
    loose: bool = False

    def tunnel(self, *, complete: bool, refused: str | None) -> PeerTunnel | None:
        """The tunnel; None where the section makes none (a bypass or drop policy). `refused`: why strongSwan does not
        take the file.
        """
        kind = self.settings.get("type", "tunnel")
        if kind in _NO_TUNNEL:
            self.note(f"type={kind} makes no tunnel between networks; it is left out")
            return None
        near, far = self._sides()
        judgement = judged_conn(self.settings)
        ike, ike_strict = self._proposals("ike", judgement)
        esp, esp_strict = self._proposals("esp", judgement)
        if kind not in _KNOWN_MODES:
            judgement.decides.append("type")
        local, remote = self._subnets(near), self._subnets(far)
        auth, peer_auth = self._methods(near, far)
        versions = _VERSIONS.get(self.settings.get("keyexchange", ""))
        ike_life, esp_life = self._time("ikelifetime"), self._time("lifetime", "keylife")
        dpd = self.settings.get("dpdaction")
        auto = self.settings.get("auto", "ignore")
        if auto == "ignore":
            judgement.refused.append("it has no auto=" if "auto" not in self.settings else "auto=ignore")
        self.notes += [self._note(text) for text in judgement.texts()]
        return PeerTunnel(
            name=self.section.name,
            file=self.section.file,
            line=self.section.line,
            dialect=NAME,
            implementation=None if judgement.foreign else "strongswan",
            complete=complete,
            address=self._address(near),
            id=self._identity(near),
            peer_address=self._address(far),
            peer_id=self._identity(far),
            auth=auth,
            peer_auth=peer_auth,
            ike_versions=versions[0] if versions else None,
            initiates_with=versions[1] if versions else None,
            ike_proposals=ike,
            ike_strict=ike_strict,
            esp_proposals=esp,
            esp_strict=esp_strict,
            local_subnets=local,
            remote_subnets=remote,
            ike_lifetime_s=ike_life,
            esp_lifetime_s=esp_life,
            ike_rekey_s=self._renewal(ike_life),
            esp_rekey_s=self._renewal(esp_life),
            dpd=None if dpd is None else dpd != "none",
            force_encap=self._truth("forceencaps"),
            auto=auto,
            aggressive=self._truth("aggressive"),
            mobike=self._truth("mobike"),
            virtual_ip=self._virtual_ip(near, far),
            mode=None if kind == "tunnel" else kind,
            refused=refused or next(iter(judgement.refused), None),
            undecided=None if refused else judgement.undecided,
            unread=tuple(dict.fromkeys((*judgement.unread, *judgement.foreign))) or None,
        )

    def note(self, text: str) -> None:
        """Say something of this section."""
        self.notes.append(self._note(text))

    def _note(self, text: str) -> Note:
        return Note(self.section.file, self.section.line, f"conn {quoted_name(self.section.name)}: {text}")

    def _sides(self) -> tuple[str, str]:
        left, right = items(self.settings.get("left", "")), items(self.settings.get("right", ""))
        if "%defaultroute" in right and "%defaultroute" not in left:
            return "right", "left"
        if "%defaultroute" in left:
            return "left", "right"
        router_left, router_right = self._is_router("left", left), self._is_router("right", right)
        if router_left != router_right:
            return ("right", "left") if router_left else ("left", "right")
        return "left", "right"

    def _is_router(self, side: str, addresses: tuple[str, ...]) -> bool:
        """Whether a side is one of the estate's routers: by its address, else, where that says nothing, by identity."""
        if any(network(name) and "/" not in name and not _private(name) for name in addresses):
            return bool(self.routers.intersection(addresses))
        shown = self.settings.get(f"{side}id", "").removeprefix("%").lstrip("@")
        return bool(self.routers.intersection((*addresses, shown)))

    def _address(self, side: str) -> str | None:
        """One address; `%any` for ranges and networks too, since the router's is not told by them. With `allowany` it
        takes any, and still starts to the one that it names.
        """
        addresses = items(self.settings.get(side, ""))
        if not addresses:
            return None
        if any(name in _ANYONE or name == "%defaultroute" for name in addresses):
            return ANY
        single = [name.removeprefix("%") for name in addresses if "/" not in name and not _RANGE.fullmatch(name)]
        if len(addresses) > 1:
            self.note(f"{side} names {len(addresses)} addresses; the estate's own is taken, else the first single one")
        router_addresses = [name for name in single if name in self.routers]
        return next(iter(router_addresses or single), ANY)

    def _identity(self, side: str) -> str | None:
        shown = self.settings.get(f"{side}id")
        if shown is None or identity(shown).kind == "any":
            return None if shown is None or side == self._sides()[0] else ANY
        if shown.startswith("%") and side == self._sides()[1]:
            self.loose = True
        return shown.removeprefix("%")

    def _methods(self, near: str, far: str) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        """How it authenticates itself, and how it wants the router to; None: nothing is said of either."""
        own, other = self.settings.get(f"{near}auth"), self.settings.get(f"{far}auth")
        by = self.settings.get("authby")
        rounds = {
            side: [method(self.settings[f"{side}auth2"])] for side in (near, far) if f"{side}auth2" in self.settings
        }
        if own is None and other is None:
            if by is None and not rounds:
                return None, None
            word = (by or "never").removeprefix("xauth")
            own = other = "pubkey" if word == "never" else word
            if (by or "").startswith("xauth"):
                asks = far if self.settings.get("xauth") == "server" else near
                rounds.setdefault(asks, []).append("xauth")
        return (
            (_own_method(own or "pubkey"), *rounds.get(near, ())),
            (
                method(other or "pubkey"),
                *rounds.get(far, ()),
                *(("groups",) if f"{far}groups" in self.settings else ()),
            ),
        )

    def _virtual_ip(self, near: str, far: str) -> str | None:
        if f"{far}sourceip" in self.settings:
            return "gives"
        return "asks" if f"{near}sourceip" in self.settings else None

    def _subnets(self, side: str) -> tuple[str, ...] | None:
        """The networks, as `host_create_from_subnet` reads them: what is none is skipped, and a mask ends where its
        digits do.
        """
        subnets = self.settings.get(f"{side}subnet", self.settings.get(f"{side}subnetwithin"))
        limit = self.settings.get(f"{side}protoport")
        suffix = f"[{limit}]" if limit else ""
        if subnets is None:
            return None
        named = [(text, _subnet(text)) for text in items(subnets)]
        skipped = [text for text, net in named if net is None]
        if skipped:
            self.note(f"{side}subnet: strongSwan skips {', '.join(map(quoted_name, skipped[:3]))}, which is no network")
        read = tuple(net + (suffix if "[" not in net else "") for _, net in named if net is not None)
        return read or ("dynamic" + suffix,)

    def _proposals(self, key: Protocol, judgement: Judgement) -> tuple[tuple[str, ...] | None, bool | None]:
        text = self.settings.get(key)
        if text is None:
            return None, None
        proposals = tuple(part.strip() for part in text.removesuffix("!").split(","))
        unknown = unknown_proposals(proposals, key)
        if later := later_words(unknown):
            judgement.later += later
        elif unknown or "default" in proposals:
            judgement.refused.append(f"{key} holds {quoted_name((*unknown, 'default')[0])}, which is no {key} proposal")
        return tuple(part for part in proposals if part), text.endswith("!")

    def _time(self, *keys: str) -> int | None:
        return next((seconds(self.settings[key]) for key in keys if key in self.settings), None)

    def _renewal(self, lifetime: int | None) -> int | None:
        if self.settings.get("rekey") == "no":
            return 0
        margin = self._time("margintime", "rekeymargin")
        return None if margin is None or lifetime is None else max(lifetime - margin, 0)

    def _truth(self, key: str) -> bool | None:
        return truth(self.settings[key]) if key in self.settings else None


_PRIVATE: Final = tuple(
    net
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
    if (net := network(text)) is not None
)


def _private(text: str) -> bool:
    """Whether an address is one that a router of the estate is not seen under."""
    net = network(text)
    return net is not None and any(net.subnet_of(private) for private in _PRIVATE)


def _own_method(word: str) -> str:
    """How it authenticates itself: without a class of its own, by its certificate."""
    return "pubkey" if method(word) == "any" else method(word)


def _subnet(text: str) -> str | None:
    """One member of a list of subnets as strongSwan reads it; None: it skips it."""
    bare, bracket, limit = text.partition("[")
    if bare == "%dynamic":
        return "dynamic" + bracket + limit
    address, slash, mask = bare.partition("/")
    if ":" in address:
        return text
    digits = re.match(r"[0-9]{0,9}", mask)
    bits = int((digits[0] if digits else "") or 0) if slash else 32
    net = network(f"{address}/{bits}") if address else None
    return None if net is None else f"{net}{bracket}{limit}"
