"""What would have to be set on one side, or on both, so that no cause is left; in the language of `asking.what_if`.

Nothing is proposed that a rule of high severity would condemn: no algorithm or version below the limits, and no network
that holds the VPC itself, the peer, or everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vpnaudit.asking.what_if import KEY, PEER, with_changes
from vpnaudit.comparing.common_policies import common_policies
from vpnaudit.errors import ConfigError
from vpnaudit.estate.proposal_table import meets
from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.estate.ends import Ends
    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.ipsec.sides import PeerSide, RouterSide
    from vpnaudit.policy import Policy

_ROOM: Final = 3600


def near_changes(ends: Ends, causes: Iterable[str], policy: Policy) -> dict[str, str]:
    """What CloudStack's side can set against these causes (fields of reasons), so that it holds what the far side
    holds.
    """
    router, peer = ends.router, ends.peer
    if router is None or peer is None:
        return {}
    wanted: dict[str, str | None] = {}
    for cause in causes:
        wanted |= _near(cause, router, peer, policy)
    return _taken(ends, wanted, policy)


def far_changes(ends: Ends, causes: Iterable[str], policy: Policy) -> dict[str, str]:
    """What the far side can set against these causes, so that it holds what the router holds."""
    router, peer = ends.router, ends.peer
    if router is None or peer is None:
        return {}
    wanted: dict[str, str | None] = {}
    for cause in causes:
        held = _far_vpc(cause, router) if ends.far_router is not None else _far_device(cause, router, peer)
        wanted |= {name if name == KEY else f"{PEER}{name}": value for name, value in held.items()}
    return _taken(ends, wanted, policy)


def stronger_changes(ends: Ends, causes: Iterable[str], policy: Policy) -> dict[str, str]:
    """Policies that both ends can hold where they have none in common that is within the limits; empty where the
    causes are others.
    """
    router, peer = ends.router, ends.peer
    phases = {cause.partition("_")[0] for cause in causes} & {"ike", "esp"}
    if router is None or peer is None or not phases:
        return {}
    theirs = [_policy(texts, phase) or "" for texts, phase in _proposals_of(peer)]
    both = common_policies([router.ikepolicy, theirs[0]], [router.esppolicy, theirs[1]], policy) or {}
    names = {"ikepolicy": "ike_proposals", "esppolicy": "esp_proposals"}
    changes: dict[str, str | None] = dict(both)
    for name, value in both.items():
        far = ends.far_router is not None
        changes[f"{PEER}{name if far else names[name]}"] = value if far else value.replace(";", "-")
    return _taken(ends, changes, policy)


def _proposals_of(peer: PeerSide) -> tuple[tuple[tuple[str, ...] | None, Protocol], ...]:
    return (peer.ike_proposals, "ike"), (peer.esp_proposals, "esp")


def _taken(ends: Ends, wanted: dict[str, str | None], policy: Policy) -> dict[str, str]:
    """Without what that side could not be given, such as an algorithm that CloudStack's API does not take, and without
    what it should not be given.
    """
    accepted = {}
    for name, value in wanted.items():
        if value is None or _is_harmful(name, value, ends, policy):
            continue
        try:
            with_changes(ends, {name: value})
        except ConfigError:
            continue
        accepted[name] = value
    return accepted


def _is_harmful(name: str, value: str, ends: Ends, policy: Policy) -> bool:
    bare = name.removeprefix(PEER)
    if bare in ("ikepolicy", "esppolicy", "ike_proposals", "esp_proposals"):
        protocol: Protocol = "ike" if bare.startswith("ike") else "esp"
        return not all(_within(text.replace(";", "-"), protocol, policy) for text in value.split(","))
    if bare == "ikeversion":
        return value not in policy.ike_versions
    if name == "cidrlist" and ends.router is not None:
        own = [ends.router.vpc_cidr, f"{ends.router.gateway}/32"]
        nets = [net for text in value.split(",") if (net := network(text)) is not None]
        least = policy.remote_prefix_min
        return any(
            net.prefixlen < least or any(one.overlaps(net) for text in own if (one := network(text))) for net in nets
        )
    return False


def _within(text: str, protocol: Protocol, policy: Policy) -> bool:
    """Whether every algorithm of a proposal is within the limits, as far as it is known."""
    proposal = parse_proposal(text, protocol)
    kinds: dict[str, tuple[str, ...]] = (
        {"encryption": proposal.encryption, "integrity": proposal.integrity, "group": proposal.group}
        if proposal
        else {}
    )
    files = {"encryption": "encryption", "integrity": "integrity", "group": "dh_groups"}
    return all(
        meets(kind, word, policy) for kind, words in kinds.items() for word in words if word in facts(files[kind])
    )


def _near(cause: str, router: RouterSide, peer: PeerSide, policy: Policy) -> dict[str, str | None]:
    if cause == "lifetimes":
        now = {"ikelifetime": router.ikelifetime, "esplifetime": router.esplifetime}
        best = {"ikelifetime": policy.ike_lifetime_max_s, "esplifetime": policy.esp_lifetime_max_s}
        return {name: str(best[name]) for name, seconds in now.items() if seconds < _ROOM}
    if cause.startswith(("ike_", "esp_")):
        protocol: Protocol = "ike" if cause.startswith("ike_") else "esp"
        return {f"{protocol}policy": _policy(peer.ike_proposals if protocol == "ike" else peer.esp_proposals, protocol)}
    held: dict[str, str | None] = {
        "ikepolicy": _readable(router.ikepolicy, "ike") or _policy(peer.ike_proposals, "ike"),
        "esppolicy": _readable(router.esppolicy, "esp") or _policy(peer.esp_proposals, "esp"),
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


def _readable(policy: str, protocol: Protocol) -> str:
    """The elements that strongSwan can read: one that it cannot, and it does not load the connection."""
    elements = [text.strip() for text in policy.split(",")]
    return ",".join(text for text in elements if parse_proposal(text.replace(";", "-"), protocol) is not None)


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
