"""The two ends of a connection side by side: every setting, both values, and whether they agree as the negotiation
compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vpnaudit.ipsec.differences import differences
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.sides import Case

if TYPE_CHECKING:
    from vpnaudit.estate.ends import Ends
    from vpnaudit.ipsec.difference import Difference
    from vpnaudit.ipsec.router import RouterConfig
    from vpnaudit.ipsec.sides import PeerSide, Psk, RouterSide

State = Literal["equal", "different", "unknown", "own"]

NOT_KNOWN: Final = "not known"

_HELD_BY: Final = {
    "gateway": ("gateway",),
    "publicip": ("peer_address",),
    "ikeversion": ("ikeversion", "initiates_with", "aggressive"),
    "ikepolicy": ("ike_proposals", "ike_encryption", "ike_integrity", "ike_prf", "ike_group"),
    "own identity": ("peer_id",),
    "peer's identity": ("id",),
    "ipsecpsk": ("ipsecpsk",),
    "esppolicy": ("esp_proposals", "esp_encryption", "esp_integrity", "esp_group", "esp_esn"),
    "vpc_cidr": ("vpc_cidr",),
    "cidrlist": ("cidrlist",),
    "splitconnections": ("splitconnections",),
    "ikelifetime": ("ikelifetime",),
    "esplifetime": ("esplifetime",),
    "dpd": ("dpd",),
    "forceencap": ("forceencap",),
}
"""The settings in the order in which a negotiation meets them, and the fields of `ipsec.differences` that tell whether
they agree.
"""

_SELDOM: Final = {
    "configuration": "peer_configuration",
    "authentication": "authentication",
    "childless": "childless",
    "mode": "mode",
    "virtual_ip": "virtual_ip",
}
"""Settings that no connection of CloudStack has, told where the far side has other ones than every router, and the
fields that tell it.
"""

_KEYS: Final[dict[Psk, str]] = {"equal": "the same key", "unequal": "another key", "unknown": NOT_KNOWN}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: named as in the API where the router has one, both values as text, and how they compare."""

    name: str
    ours: str
    theirs: str
    state: State


def settings_side_by_side(ends: Ends) -> list[Setting]:
    """Every setting of both ends, those of `_SELDOM` last; nothing where the router's own end is not known. A far side
    that is not known is `not known` throughout.

    `passive` need not agree, since a router starts on traffic either way: its state is `own`.
    """
    if ends.router is None:
        return []
    config = router_config(ends.router)
    ours = _ours(ends.router, config)
    if ends.peer is None:
        return [Setting(name, value, NOT_KNOWN, "unknown") for name, value in ours.items()]
    case = Case(ends.router, ends.peer, ends.psk)
    by_field = {one.field: one for one in differences(case, config)}
    theirs = _theirs(ends.peer) | {"ipsecpsk": _key(case, by_field.get("ipsecpsk"))}
    state_of: dict[str, State] = {
        name: _state([by_field[field].state for field in fields if field in by_field])
        for name, fields in _HELD_BY.items()
    }
    state_of["passive"] = "own"
    seldom = [(name, by_field[field]) for name, field in _SELDOM.items() if field in by_field]
    return [
        *(Setting(name, value, theirs[name], state_of[name]) for name, value in ours.items()),
        *(Setting(name, one.ours, one.theirs, one.state) for name, one in seldom),
    ]


def _key(case: Case, difference: Difference | None) -> str:
    """What the far side's key is, seen from the router's; another one than that with which it answers, where it starts
    with that.
    """
    if case.peer.keyless and difference is not None:
        return difference.theirs
    answers, starts = _KEYS[case.psk_of("router")], _KEYS[case.psk_of("peer")]
    return answers if answers == starts else f"{answers}, where it starts {starts}"


def _state(states: list[State]) -> State:
    return "different" if "different" in states else "unknown" if states else "equal"


def _ours(router: RouterSide, config: RouterConfig) -> dict[str, str]:
    return {
        "gateway": router.gateway,
        "publicip": router.publicip,
        "ikeversion": config.keyexchange,
        "ikepolicy": ",".join(config.ike),
        "own identity": config.own_id,
        "peer's identity": router.gateway,
        "ipsecpsk": "not shown",
        "esppolicy": ",".join(config.esp),
        "vpc_cidr": router.vpc_cidr,
        "cidrlist": router.cidrlist,
        "splitconnections": _sas(len(config.children) > 1),
        "ikelifetime": _seconds(config.ike_lifetime_s, f"{router.ikelifetime} s as typed"),
        "esplifetime": _seconds(config.esp_lifetime_s, f"{router.esplifetime} s as typed"),
        "dpd": _yes(router.dpd),
        "forceencap": _yes(router.forceencap),
        "passive": _starts(router.passive),
    }


def _theirs(peer: PeerSide) -> dict[str, str]:
    versions = NOT_KNOWN if peer.ike_versions is None else _versions(peer.ike_versions, peer.initiates_with)
    return {
        "gateway": peer.seen_address,
        "publicip": peer.peer_address or NOT_KNOWN,
        "ikeversion": f"{versions}, aggressive" if peer.aggressive else versions,
        "ikepolicy": _list(peer.ike_proposals, "its defaults"),
        "own identity": peer.peer_id or NOT_KNOWN,
        "peer's identity": peer.id or NOT_KNOWN,
        "esppolicy": _list(peer.esp_proposals, "its defaults"),
        "vpc_cidr": _list(peer.remote_subnets, "none"),
        "cidrlist": _list(peer.subnets, "none"),
        "splitconnections": NOT_KNOWN if peer.one_sa_per_pair is None else _sas(peer.one_sa_per_pair),
        "ikelifetime": _seconds(peer.ike_lifetime_s, NOT_KNOWN),
        "esplifetime": _seconds(peer.esp_lifetime_s, NOT_KNOWN),
        "dpd": _yes(peer.dpd),
        "forceencap": _yes(peer.forceencaps),
        "passive": _starts(peer.passive),
    }


def _versions(versions: tuple[int, ...], starts: int | None) -> str:
    both = len(set(versions)) > 1
    accepted = "ike" if both else ",".join(f"ikev{version}" for version in versions)
    return f"{accepted}, starts with ikev{starts}" if both and starts else accepted


def _list(values: tuple[str, ...] | None, empty: str) -> str:
    return NOT_KNOWN if values is None else ",".join(values) or empty


def _seconds(value: int | None, unread: str) -> str:
    return unread if value is None else f"{value} s"


def _sas(split: bool) -> str:
    return "one SA per pair" if split else "one SA for all"


def _yes(value: bool | None) -> str:
    return NOT_KNOWN if value is None else "yes" if value else "no"


def _starts(passive: bool | None) -> str:
    return NOT_KNOWN if passive is None else "waits" if passive else "starts"
