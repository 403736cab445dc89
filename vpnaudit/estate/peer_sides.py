"""From a row of the table `peers` to the far end that `vpnaudit.ipsec` negotiates with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.ipsec.proposals import default_proposals, proposal_text
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY, PSK, PeerSide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.ipsec.sides import Initiator

_STRONGSWAN: Final[dict[str, Any]] = {
    "address": ANY,
    "peer_address": ANY,
    "ike_versions": "ikev1,ikev2",
    "initiates_with": "ikev2",
    "ike_proposals": "",
    "ike_strict": False,
    "esp_proposals": "",
    "esp_strict": False,
    "one_sa_per_pair": False,
    "exact_selectors": False,
    "dpd": False,
    "force_encap": False,
    "aggressive": False,
    "mobike": True,
}

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    # strongSwan 5.9, man/ipsec.conf.5.in; a conn without auto= is not loaded at all, so it starts nothing
    "strongswan-ipsecconf": {
        **_STRONGSWAN,
        "auto": "ignore",
        "ike_lifetime_s": 10800,
        "esp_lifetime_s": 3600,
        "auth": "pubkey",
    },
    # strongSwan 5.9, src/swanctl/swanctl.opt; the lifetimes are rekey_time (4 h, 1 h) and a tenth more
    "strongswan-swanctl": {
        **_STRONGSWAN,
        "auto": "add",
        "ike_lifetime_s": 15840,
        "esp_lifetime_s": 3960,
        "peer_id": ANY,
    },
}
"""What a device does where its file says nothing, by dialect. A peer book has no defaults: what it does not say is not
known.
"""

_DEFAULT_WORD: Final = "default"
_VERSION = {"ikev1": 1, "ikev2": 2}


def peer_side(row: Mapping[str, Any]) -> PeerSide:
    """The far end that a row of `peers` describes, with its device's defaults where the file says nothing.

    What is still not known stays None. Selectors that are not plain IPv4 networks (a protocol, a port, a name, IPv6)
    make the whole list unknown, since a network without its limit would carry more than the device lets through. An
    address that is not known counts as `%any`.
    """
    holds, settings = _settings(row)
    address, peer_address = settings.get("address", ANY), settings.get("peer_address")
    single = {name: value for name, value in (("id", address), ("peer_id", peer_address)) if holds and value != ANY}
    settings = {**single, **settings}
    strict, ike, esp = _proposals(settings)
    versions = _items(settings.get("ike_versions"))
    auth = _items(settings.get("auth")) or (PSK,)
    return PeerSide(
        address=address,
        id=settings.get("id"),
        peer_address=peer_address,
        peer_id=settings.get("peer_id", ANY if holds and peer_address == ANY else None),
        public_address=settings.get("public_address"),
        ike_versions=None if versions is None else tuple(_VERSION[name] for name in versions),
        initiates_with=_VERSION.get(settings.get("initiates_with", "")),
        ike_proposals=ike,
        esp_proposals=esp,
        strict=strict,
        subnets=_subnets(settings.get("local_subnets"), address if holds else ANY),
        remote_subnets=_subnets(settings.get("remote_subnets"), peer_address if holds else ANY),
        one_sa_per_pair=settings.get("one_sa_per_pair"),
        exact_selectors=settings.get("exact_selectors"),
        ike_lifetime_s=settings.get("ike_lifetime_s"),
        esp_lifetime_s=settings.get("esp_lifetime_s"),
        dpd=settings.get("dpd"),
        forceencaps=settings.get("force_encap"),
        passive=settings["auto"] in ("add", "ignore") if "auto" in settings else None,
        aggressive=bool(settings.get("aggressive", False)),
        mobike=bool(settings.get("mobike", True)),
        implementation=settings.get("implementation"),
        auth=auth,
        peer_auth=_items(settings.get("peer_auth")) or auth[:1],
        keyless=_keyless(settings.get("key_roles")),
        childless=settings.get("childless", "allow"),
        virtual_ip=settings.get("virtual_ip"),
        mode=settings.get("mode", "tunnel"),
        refused=settings.get("refused"),
        unread=_items(settings.get("unread")) or (),
    )


def start_of(row: Mapping[str, Any]) -> str | None:
    """What the far end that a row of `peers` describes does when it is loaded: ignore, add, route or start; None where
    not known.
    """
    return _settings(row)[1].get("auto")


def _settings(row: Mapping[str, Any]) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The defaults that hold for the device, empty where none do; and these with what its row says."""
    cells = {
        name: getattr(value, "tolist", lambda value=value: value)() for name, value in row.items() if not pd.isna(value)
    }
    holds = DEFAULTS.get(cells.get("dialect", ""), {}) if cells.get("complete", True) else {}
    return holds, {**holds, **cells}


_STARTS_IN: Final[dict[str, Initiator]] = {"answer": "router", "start": "peer"}


def _keyless(roles: str | None) -> tuple[Initiator, ...]:
    """The initiators for which its keys hold none for the router; empty where its keys are not known."""
    return () if roles is None else tuple(who for role, who in _STARTS_IN.items() if role not in roles.split(","))


def _items(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part for part in text.split(",") if part)


def _proposals(settings: Mapping[str, Any]) -> tuple[bool, tuple[str, ...] | None, tuple[str, ...] | None]:
    """Whether both lists are pinned, and the lists. Where one is pinned and the other is not, the other gets the
    defaults written out.
    """
    ike, esp = _items(settings.get("ike_proposals")), _items(settings.get("esp_proposals"))
    ike_pinned, esp_pinned = bool(settings.get("ike_strict", True)), bool(settings.get("esp_strict", True))
    strict = bool((ike and ike_pinned) or (esp and esp_pinned)) or (ike_pinned and esp_pinned)
    return (
        strict,
        _written(ike, "ike", open_end=strict and not ike_pinned),
        _written(esp, "esp", open_end=strict and not esp_pinned),
    )


def _written(texts: tuple[str, ...] | None, protocol: Protocol, *, open_end: bool) -> tuple[str, ...] | None:
    if not texts:
        return texts
    open_list = (*texts, _DEFAULT_WORD) if open_end else texts
    defaults = (
        [proposal_text(proposal, protocol) for proposal in default_proposals(protocol)]
        if _DEFAULT_WORD in open_list
        else []
    )
    return tuple(one for text in open_list for one in (defaults if text == _DEFAULT_WORD else [text]))


def _subnets(text: str | None, outer: str | None) -> tuple[str, ...] | None:
    """The networks; a device that names none means its own address, which is `outer` where that is one."""
    dynamic = f"{outer}/32" if outer and network(outer) else None
    named = (dynamic,) if text is None else _items(text) or (dynamic,)
    names = [dynamic if name in (None, "dynamic") else name for name in named]
    plain = [name for name in names if name is not None and network(name) is not None]
    return tuple(plain) if len(plain) == len(names) else None
