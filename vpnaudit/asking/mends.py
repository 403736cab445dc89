"""What would have to be set on one side, or on both, so that no cause is left; in the language of `asking.what_if`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.asking.what_if import KEY, PEER, with_changes
from vpnaudit.errors import ConfigError
from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.sides import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.estate.ends import Ends
    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.ipsec.sides import PeerSide, RouterSide

_LIFETIMES: Final = {
    "ikelifetime": 86400,
    "esplifetime": 3600,
}  # CloudStack's defaults, which leave room for strongSwan's margin
_ROOM: Final = 3600


def near_changes(ends: Ends, causes: Iterable[str]) -> dict[str, str]:
    """What CloudStack's side can set against these causes (fields of reasons), so that it holds what the far side
    holds.
    """
    router, peer = ends.router, ends.peer
    if router is None or peer is None:
        return {}
    wanted: dict[str, str | None] = {}
    for cause in causes:
        wanted |= _near(cause, router, peer)
    return _taken(ends, wanted)


def far_changes(ends: Ends, causes: Iterable[str]) -> dict[str, str]:
    """What the far side can set against these causes, so that it holds what the router holds."""
    router, peer = ends.router, ends.peer
    if router is None or peer is None:
        return {}
    wanted: dict[str, str | None] = {}
    for cause in causes:
        held = _far_vpc(cause, router) if ends.far_router is not None else _far_device(cause, router, peer)
        wanted |= {name if name == KEY else f"{PEER}{name}": value for name, value in held.items()}
    return _taken(ends, wanted)


def _taken(ends: Ends, wanted: dict[str, str | None]) -> dict[str, str]:
    """Without what that side could not be given, such as an algorithm that CloudStack's API does not take."""
    accepted = {}
    for name, value in wanted.items():
        if value is None:
            continue
        try:
            with_changes(ends, {name: value})
        except ConfigError:
            continue
        accepted[name] = value
    return accepted


def _near(cause: str, router: RouterSide, peer: PeerSide) -> dict[str, str | None]:
    if cause == "lifetimes":
        now = {"ikelifetime": router.ikelifetime, "esplifetime": router.esplifetime}
        return {name: str(_LIFETIMES[name]) for name, seconds in now.items() if seconds < _ROOM}
    if cause.startswith(("ike_", "esp_")):
        protocol: Protocol = "ike" if cause.startswith("ike_") else "esp"
        return {f"{protocol}policy": _policy(peer.ike_proposals if protocol == "ike" else peer.esp_proposals, protocol)}
    held: dict[str, str | None] = {
        "gateway": None if peer.seen_address == ANY else peer.seen_address,
        "ikeversion": _versions(peer.ike_versions),
        "cidrlist": ",".join(peer.subnets or ()),
        "splitconnections": _yes(_split(router, peer)),
        "ipsecpsk": "equal",
    }
    return {KEY if cause == "ipsecpsk" else cause: held[cause]} if cause in held else {}


def _far_vpc(cause: str, router: RouterSide) -> dict[str, str | None]:
    if cause.startswith("ike_"):
        return {"ikepolicy": router.ikepolicy}
    if cause.startswith("esp_"):
        return {"esppolicy": router.esppolicy}
    held: dict[str, tuple[str, str]] = {
        "peer_address": ("gateway", router.publicip),
        "peer_id": ("gateway", router.publicip),
        "ikeversion": ("ikeversion", router_config(router).keyexchange),
        "vpc_cidr": ("cidrlist", router.vpc_cidr),
        "splitconnections": ("splitconnections", _yes(len(router_config(router).children) > 1)),
        "ipsecpsk": (KEY, "equal"),
    }
    return dict([held[cause]]) if cause in held else {}


def _far_device(cause: str, router: RouterSide, peer: PeerSide) -> dict[str, str | None]:
    config = router_config(router)
    if cause.startswith("ike_"):
        return {"ike_proposals": ",".join(config.ike)}
    if cause.startswith("esp_"):
        return {"esp_proposals": ",".join(config.esp)}
    newest = "ikev1" if config.keyexchange == "ikev1" else "ikev2"
    held: dict[str, dict[str, str | None]] = {
        "gateway": {"public_address" if peer.public_address else "address": router.gateway},
        "peer_address": {"peer_address": router.publicip},
        "peer_id": {"peer_id": config.own_id},
        "id": {"id": router.gateway},
        "ikeversion": {"ike_versions": config.keyexchange, "initiates_with": newest},
        "initiates_with": {"initiates_with": newest},
        "aggressive": {"aggressive": "false"},
        "vpc_cidr": {"remote_subnets": router.vpc_cidr},
        "cidrlist": {"local_subnets": router.cidrlist},
        "splitconnections": {"one_sa_per_pair": _yes(len(config.children) > 1)},
        "ipsecpsk": {KEY: "equal"},
    }
    return held.get(cause, {})


def _split(router: RouterSide, peer: PeerSide) -> bool:
    """One SA per pair where the far side makes them so; where both ends are one, splitting is what mends a list that
    one SA cannot hold.
    """
    if not router_config(router).written:
        return False
    return True if not router.splitconnections else bool(peer.one_sa_per_pair)


def _policy(texts: tuple[str, ...] | None, protocol: Protocol) -> str | None:
    """Proposals as CloudStack writes a policy; None where one of them has more or other algorithms than a policy can
    say.
    """
    elements = []
    for text in texts or ():
        read = parse_proposal(text, protocol)
        if read is None or len(read.encryption) != 1 or len(read.integrity) != 1 or len(read.group) > 1:
            return None
        elements.append(";".join(("-".join((read.encryption[0], read.integrity[0])), *read.group)))
    return ",".join(elements) or None


def _versions(versions: tuple[int, ...] | None) -> str | None:
    return None if not versions else "ike" if len(set(versions)) > 1 else f"ikev{versions[0]}"


def _yes(value: bool) -> str:
    return "true" if value else "false"
