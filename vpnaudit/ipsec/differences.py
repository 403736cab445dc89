"""Where the two ends differ, field by field, and what each end would have to hold to be equal.

A difference is a fact about the configurations; whether it is a cause is found by repairing it (`negotiate`).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from vpnaudit.ipsec.authentication import authentication_differences
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES
from vpnaudit.ipsec.difference import UNKNOWN, Difference, Who, compared, on_peer
from vpnaudit.ipsec.proposals import Proposal, Protocol, derived_prfs, parse_proposal, proposal_text
from vpnaudit.ipsec.selectors import network, networks
from vpnaudit.ipsec.sides import ANY, Case, Path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vpnaudit.ipsec.router import RouterConfig


@lru_cache(maxsize=256)
def differences(case: Case, config: RouterConfig) -> tuple[Difference, ...]:
    """All differences of a case, in the order in which a negotiation meets them."""
    return tuple(
        difference
        for part in (
            _loaded(case),
            _path(case),
            _addresses(case, config),
            _versions(case, config),
            _suites(case, config, "ike"),
            authentication_differences(case, config),
            _suites(case, config, "esp"),
            _children(case),
            _subnets(case, config),
            _timers(case, config),
        )
        for difference in part
    )


def _loaded(case: Case) -> Iterator[Difference]:
    if case.peer.refused:
        theirs = f"not loaded: {case.peer.refused}"
        yield Difference("peer_configuration", "loaded", theirs, "different", "peer", on_peer(refused=None))


def _path(case: Case) -> Iterator[Difference]:
    path, default = case.path, Path()
    for name, words in (("udp_500", "UDP 500"), ("udp_4500", "UDP 4500"), ("fragments", "IP fragments")):
        if not getattr(path, name):
            yield Difference(
                name, "needed", f"{words} blocked", "different", "network", _on_path(name, getattr(default, name))
            )
    if path.peer_nat == "masquerade":
        yield Difference(
            "peer_nat",
            "reaches the peer",
            "NAT without port forwarding",
            "different",
            "network",
            _on_path("peer_nat", "forwarded"),
        )


def _on_path(name: str, value: Any) -> Callable[[Case], Case]:
    return lambda case: replace(case, path=replace(case.path, **{name: value}))


def _addresses(case: Case, config: RouterConfig) -> Iterator[Difference]:
    del config
    router, peer = case.router, case.peer
    if network(router.gateway) is None:
        yield Difference("gateway", router.gateway, peer.seen_address, "unknown", "router", lambda case: case)
    elif peer.seen_address not in (ANY, router.gateway):
        address_field = "public_address" if peer.public_address else "address"
        yield Difference(
            "gateway",
            router.gateway,
            peer.seen_address,
            "different",
            "either",
            on_peer(**{address_field: router.gateway}),
        )
    if peer.peer_address != ANY:
        yield from compared(
            "peer_address", router.publicip, peer.peer_address, "peer", on_peer(peer_address=router.publicip)
        )


def _versions(case: Case, config: RouterConfig) -> Iterator[Difference]:
    ours = {"ike": (1, 2), "ikev1": (1,), "ikev2": (2,)}[config.keyexchange]
    theirs = None if case.peer.ike_versions is None else _version_name(case.peer.ike_versions)
    equal = on_peer(ike_versions=ours, initiates_with=max(ours))
    yield from compared("ikeversion", config.keyexchange, theirs, "either", equal)
    if theirs == config.keyexchange and case.peer.initiates_with not in (None, max(ours)):
        yield Difference(
            "initiates_with", f"ikev{max(ours)}", f"ikev{case.peer.initiates_with}", "different", "peer", equal
        )
    if case.peer.aggressive and 1 in ours:
        yield Difference("aggressive", "main mode", "aggressive mode", "different", "peer", on_peer(aggressive=False))


def _version_name(versions: Iterable[int]) -> str:
    known = set(versions)
    return "ike" if known == {1, 2} else "-".join(f"ikev{version}" for version in sorted(known))


def _suites(case: Case, config: RouterConfig, protocol: Protocol) -> Iterator[Difference]:
    ours, theirs = (config.ike, case.peer.ike_proposals) if protocol == "ike" else (config.esp, case.peer.esp_proposals)
    name = f"{protocol}_proposals"
    whole = on_peer(**{name: ours})
    near = _read(ours, protocol)
    if theirs is None:
        yield Difference(name, ",".join(ours), UNKNOWN, "unknown", "peer", whole)
        return
    far = _read(theirs, protocol)
    if not near or not far:
        if set(near) != set(far) or set(ours) != set(theirs):
            yield Difference(
                name, ",".join(ours), ",".join(theirs) or "the peer's defaults", "different", "either", whole
            )
        return
    kinds = [kind for kind in ("encryption", "integrity", "prf", "group", "esn") if _differ(kind, near, far)]
    for kind in kinds:
        texts = [",".join(_union(kind, proposals)) or "none" for proposals in (near, far)]
        yield Difference(
            f"{protocol}_{kind}",
            texts[0],
            texts[1],
            "different",
            _holder(kind, far),
            _with(name, protocol, kind, near),
        )
    if not kinds and set(near) != set(far):
        yield Difference(name, ",".join(ours), ",".join(theirs), "different", "either", whole)


def _read(texts: Iterable[str], protocol: Protocol) -> tuple[Proposal, ...]:
    return tuple(proposal for text in texts if (proposal := parse_proposal(text, protocol)) is not None)


def _union(kind: str, proposals: Iterable[Proposal]) -> tuple[str, ...]:
    """The algorithms of one kind; for groups, `none` stands for a proposal without one (no PFS)."""
    names: list[str] = []
    for proposal in proposals:
        names += getattr(proposal, kind) or (("none",) if kind == "group" else ())
    return tuple(dict.fromkeys(names))


def _differ(kind: str, near: tuple[Proposal, ...], far: tuple[Proposal, ...]) -> bool:
    ours, theirs = set(_union(kind, near)), set(_union(kind, far))
    if kind == "integrity" and not (ours and theirs):
        return False  # an AEAD has none: the cipher is the difference
    if kind == "prf" and ours == set(_derived(near)) and theirs == set(_derived(far)):
        return False  # both follow the integrity algorithm, which is named already
    return ours != theirs


def _holder(kind: str, far: tuple[Proposal, ...]) -> Who:
    """Who can change it: the router too, if the API takes the peer's algorithms."""
    taken = {"encryption": API_CIPHERS, "integrity": API_HASHES, "group": API_GROUPS | {"none"}}.get(kind, frozenset())
    return "either" if set(_union(kind, far)) <= taken else "peer"


def _derived(proposals: tuple[Proposal, ...]) -> tuple[str, ...]:
    return derived_prfs(_union("integrity", proposals))


def _with(name: str, protocol: Protocol, kind: str, mine: tuple[Proposal, ...]) -> Callable[[Case], Case]:
    """Give the peer's proposals the router's algorithms of one kind, and with a cipher that needs one an integrity
    algorithm.
    """

    def repair(case: Case) -> Case:
        changed = []
        for proposal in _read(getattr(case.peer, name), protocol):
            old = _derived((proposal,))
            new = replace(proposal, **{kind: getattr(mine[0], kind) if len(mine) == 1 else _union(kind, mine)})
            if kind == "group" and "none" in new.group:
                changed.append(proposal_text(replace(new, group=()), protocol))
                new = replace(new, group=tuple(group for group in new.group if group != "none"))
            if kind == "encryption" and not new.integrity:
                new = replace(new, integrity=_union("integrity", mine))
            if kind == "integrity" and proposal.prf == old:
                new = replace(new, prf=_derived((new,)))
            changed.append(proposal_text(new, protocol))
        return case.with_peer(**{name: tuple(dict.fromkeys(changed))})

    return repair


def _children(case: Case) -> Iterator[Difference]:
    peer = case.peer
    if peer.mode != "tunnel":
        yield Difference("mode", "tunnel", peer.mode, "different", "peer", on_peer(mode="tunnel"))
    if peer.virtual_ip:
        words = {"asks": "asks for an inner address", "gives": "wants to be asked for an inner address"}
        yield Difference("virtual_ip", "none", words[peer.virtual_ip], "different", "peer", on_peer(virtual_ip=None))


def _subnets(case: Case, config: RouterConfig) -> Iterator[Difference]:
    router, peer = case.router, case.peer
    far, near = tuple(router.cidrlist.split(",")), (router.vpc_cidr,)
    yield from _list("cidrlist", far, peer.subnets, "either", on_peer(subnets=far))
    yield from _list("vpc_cidr", near, peer.remote_subnets, "peer", on_peer(remote_subnets=near))
    split = len(config.children) > 1
    several = (
        len(networks(far)) > 1 or len(networks(peer.subnets or far)) * len(networks(peer.remote_subnets or near)) > 1
    )
    ours, theirs = "one SA per pair" if split else "one SA for all", peer.one_sa_per_pair
    far_words = None if theirs is None else "one SA per pair" if theirs else "one SA for all"
    if several or far_words is None:
        yield from compared("splitconnections", ours, far_words, "either", on_peer(one_sa_per_pair=split))


def _timers(case: Case, config: RouterConfig) -> Iterator[Difference]:
    router, peer = case.router, case.peer
    for field, ours, theirs, name in (
        ("ikelifetime", config.ike_lifetime_s, peer.ike_lifetime_s, "ike_lifetime_s"),
        ("esplifetime", config.esp_lifetime_s, peer.esp_lifetime_s, "esp_lifetime_s"),
    ):
        near_words = UNKNOWN if ours is None else f"{ours} s"
        yield from compared(
            field,
            near_words,
            None if theirs is None or ours is None else f"{theirs} s",
            "either",
            on_peer(**{name: ours}),
        )
    yield from compared("dpd", _yes(router.dpd), _yes(peer.dpd), "either", on_peer(dpd=router.dpd))
    yield from compared(
        "forceencap", _yes(router.forceencap), _yes(peer.forceencaps), "either", on_peer(forceencaps=router.forceencap)
    )


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _list(
    field: str, ours: tuple[str, ...], theirs: tuple[str, ...] | None, who: Who, equal: Callable[[Case], Case]
) -> Iterator[Difference]:
    near_words = ",".join(str(net) for net in networks(ours))
    if theirs is None:
        yield Difference(field, near_words, UNKNOWN, "unknown", who, equal)
    elif set(networks(ours)) != set(networks(theirs)):
        yield Difference(
            field, near_words, ",".join(str(net) for net in networks(theirs)) or "none", "different", who, equal
        )
