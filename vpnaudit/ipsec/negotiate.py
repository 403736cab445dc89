"""Will the tunnel come up, stay up and carry what it should; and if not, every reason.

A reason is found by repair, not by rules of thumb: a difference is a cause if it alone would break a pair that is equal
in all else, or if repairing it alone brings this pair further.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.differences import differences
from vpnaudit.ipsec.establish import Established, establish
from vpnaudit.ipsec.outcome import Carried, Confidence, Outcome, Reason
from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.renewal import Renewals, Verdict, broken, interrupted, renewals
from vpnaudit.ipsec.router import RouterConfig, era, router_config
from vpnaudit.ipsec.selectors import coverage, networks
from vpnaudit.ipsec.sides import Case, Initiator, Path, PeerSide, Psk, RouterSide
from vpnaudit.ipsec.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.ipsec.difference import Difference

RANK: Final[dict[Verdict, int]] = {
    "no_ike": 0, "ike_only": 1, "partial": 2, "latent_rekey_failure": 3, "interrupted_later": 4, "ok": 5,
}  # fmt: skip
_ALIKE_EVERYWHERE: Final = frozenset(
    {"file", "start", "network", "address", "version", "identity", "peer-identity", "authentication", "key"}
)
STRONGSWAN_LIKE: Final = frozenset({"strongswan", "cloudstack"})


def negotiate(
    router: RouterSide,
    peer: PeerSide,
    initiator: Initiator,
    *,
    psk: Psk = "unknown",
    path: Path | None = None,
) -> Outcome:
    """Predict one tunnel for one initiator.

    Args:
        router: the connection as CloudStack holds it.
        peer: the far end; what is None there is taken as equal, and listed in `assumed`.
        initiator: who sends the first packet. `passive` decides only what the server shows at first:
            the router starts on traffic either way.
        psk: whether the keys are the same, by fingerprint; `unknown` is taken as equal, and listed.
        path: the network between; None: open.

    Returns:
        The outcome; nothing is raised for a configuration that cannot work.
    """
    case = Case(router, peer, psk, path or Path())
    config = router_config(router)
    details = differences(case, config)
    complete = _repair(case, (one for one in details if one.state == "unknown"))
    established, renewed, pairs, verdict = _run(complete, initiator)
    up = established.stopped_at is None
    return Outcome(
        initiator=initiator,
        verdict=verdict,
        ike_version=established.version if up else None,
        ike_suites=(str(established.ike),) if up and established.ike else (),
        children=established.children,
        pairs=pairs,
        api_state="Error"
        if established.stopped_at == "file"
        else "Connected"
        if up and not established.elsewhere
        else "Disconnected",
        stopped_at=established.stopped_at,
        error=established.error,
        reasons=_reasons(complete, config, details, initiator),
        renewals=renewed,
        timeline=timeline(established, renewed, config, peer),
        confidence=_confidence(complete, established, details, verdict),
        assumed=tuple(one.field for one in details if one.state == "unknown"),
    )


def peer_from_router(far: RouterSide) -> PeerSide:
    """The far VPC's connection back, as the peer of this one.

    Its router adds strongSwan's defaults as well, so it is not strict: two routers that differ often meet on a suite
    that neither names.
    """
    config = router_config(far)
    versions = {"ike": (1, 2), "ikev1": (1,), "ikev2": (2,)}[config.keyexchange]
    return PeerSide(
        address=far.local_ip or far.publicip,
        public_address=far.publicip if far.local_ip else None,
        id=config.own_id,
        peer_address=far.gateway,
        peer_id=far.gateway,
        ike_versions=versions,
        initiates_with=max(versions),
        ike_proposals=config.ike,
        esp_proposals=config.esp,
        strict=False,
        subnets=(far.vpc_cidr,),
        remote_subnets=tuple(far.cidrlist.split(",")),
        one_sa_per_pair=len(config.children) > 1,
        exact_selectors=False,
        ike_lifetime_s=config.ike_lifetime_s,
        esp_lifetime_s=config.esp_lifetime_s,
        dpd=far.dpd,
        forceencaps=far.forceencap,
        passive=far.passive,
        implementation="cloudstack",
    )


def _repair(case: Case, which: Iterable[Difference]) -> Case:
    for one in which:
        case = one.repair(case)
    return case


def _equal(case: Case, config: RouterConfig, differ: Iterable[Difference]) -> Case:
    """The case with everything repaired; lists that then differ as a whole only, or pairs that are now several, take a
    second round.
    """
    case = _repair(case, differ)
    return _repair(case, differences(case, config))


_Run = tuple["Established", "Renewals", tuple["Carried", ...], "Verdict"]


def _run(case: Case, initiator: Initiator) -> _Run:
    return _run_once(_Exchange(_looked_at(case, initiator), case, initiator))


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A case and who starts, equal to all others in which an exchange looks at the same values."""

    values: tuple[object, ...]
    case: Case = dataclasses.field(compare=False)
    initiator: Initiator = dataclasses.field(compare=False)


_NOT_OF_ROUTER: Final = frozenset({"dpd", "passive", "forceencap"})
_NOT_OF_PEER: Final = frozenset(
    {"dpd", "passive", "forceencaps", "ike_lifetime_s", "esp_lifetime_s", "implementation", "unread"}
)
_OF_ROUTER: Final = attrgetter(*(one.name for one in dataclasses.fields(RouterSide) if one.name not in _NOT_OF_ROUTER))
_OF_PEER: Final = attrgetter(*(one.name for one in dataclasses.fields(PeerSide) if one.name not in _NOT_OF_PEER))


def _looked_at(case: Case, initiator: Initiator) -> tuple[object, ...]:
    """All of a case but what no exchange looks at. Whether an end encapsulates matters where UDP 4500 is blocked."""
    encapsulates = not case.path.udp_4500 and (case.router.forceencap or case.peer.forceencaps)
    return (*_OF_ROUTER(case.router), *_OF_PEER(case.peer), case.psk, case.path, encapsulates, initiator)


@lru_cache(maxsize=16384)
def _run_once(exchange: _Exchange) -> _Run:
    case, initiator = exchange.case, exchange.initiator
    established = establish(case, initiator)
    renewed = renewals(case, established)
    pairs = _pairs(case, established)
    return established, renewed, pairs, _verdict(established, renewed, pairs)


def _pairs(case: Case, established: Established) -> tuple[Carried, ...]:
    near = dict.fromkeys(networks((case.router.vpc_cidr, *(case.peer.remote_subnets or ()))))
    far = dict.fromkeys(networks((*case.router.cidrlist.split(","), *(case.peer.subnets or ()))))
    selectors = [child.selectors for child in established.children]
    return tuple(Carried(a, b, coverage(a, b, selectors)) for a in near for b in far if a.prefixlen and b.prefixlen)


def _verdict(established: Established, renewed: Renewals, pairs: tuple[Carried, ...]) -> Verdict:
    if established.stopped_at is not None:
        return "no_ike"
    if not established.children:
        return "ike_only"
    if any(pair.coverage != "carried" for pair in pairs):
        return "partial"
    if broken(renewed):
        return "latent_rekey_failure"
    return "interrupted_later" if interrupted(established, renewed) else "ok"


def _key(case: Case, initiator: Initiator) -> tuple[Verdict, tuple[bool | None, ...]]:
    """What of an outcome matters for a cause: how far it comes, and which renewals work; not the suite."""
    _, renewed, _, verdict = _run(case, initiator)
    return verdict, (renewed.child_by_router.ok, renewed.child_by_peer.ok, renewed.ike_by_router.ok)


def _better(first: tuple[Verdict, tuple[bool | None, ...]], second: tuple[Verdict, tuple[bool | None, ...]]) -> bool:
    return (RANK[first[0]], first[1].count(True)) > (RANK[second[0]], second[1].count(True))


def _reasons(
    case: Case, config: RouterConfig, details: tuple[Difference, ...], initiator: Initiator
) -> tuple[Reason, ...]:
    differ = [one for one in details if one.state == "different"]
    actual = _key(case, initiator)
    sound = _key(_equal(case, config, differ), initiator) if differ else actual
    reasons = []
    for one in details:
        cause = False
        if one.state == "different":
            alone = _key(_repair(case, (rest for rest in differ if rest is not one)), initiator)
            cause = _better(sound, alone) or _better(_key(one.repair(case), initiator), actual)
        reasons.append(Reason(one.field, one.ours, one.theirs, one.state, cause, one.who))
    return (*reasons, *_own(case.router, config, sound[0]))


def _own(router: RouterSide, config: RouterConfig, sound: Verdict) -> list[Reason]:
    """What the router's configuration does by itself: against a peer that is equal in everything."""
    reasons = []
    if not config.written:
        reasons.append(
            Reason("splitconnections", "true, which this version's router fails on", "", "own", True, "router")
        )
    for field, texts, protocol in (("ikepolicy", config.ike, "ike"), ("esppolicy", config.esp, "esp")):
        skipped = [text for text in texts if parse_proposal(text, protocol) is None]
        if skipped:
            reasons.append(Reason(field, f"skipped by strongSwan: {','.join(skipped)}", "", "own", False, "router"))
    if sound == "partial" and config.written:
        reasons.append(Reason("splitconnections", f"one SA for {router.cidrlist}", "", "own", True, "router"))
    if sound == "interrupted_later":
        ours = f"IKE {config.ike_lifetime_s} s, ESP {config.esp_lifetime_s} s"
        reasons.append(
            Reason(
                "lifetimes", f"{ours}: too short for strongSwan's margin of 9 to 18 minutes", "", "own", True, "router"
            )
        )
    return reasons


def _confidence(case: Case, established: Established, details: tuple[Difference, ...], verdict: Verdict) -> Confidence:
    differ = {one.field for one in details if one.state == "different"}
    suites = {field for field in differ if field.startswith(("ike_", "esp_"))}
    if case.peer.unread:
        return "depends on the peer's implementation"
    if case.peer.implementation in STRONGSWAN_LIKE:
        if era(case.router.cloudstackversion).measured and not any(one.state == "unknown" for one in details):
            return "measured here"
        return "depends on the peer's implementation" if suites else "follows from the standard"
    if established.stopped_at in _ALIKE_EVERYWHERE:
        return "follows from the standard"
    several = len(case.router.cidrlist.split(",")) > 1
    if suites or several or differ & {"cidrlist", "vpc_cidr", "splitconnections"} or verdict == "interrupted_later":
        return "depends on the peer's implementation"
    return "follows from the standard"
