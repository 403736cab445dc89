"""What happens to an established tunnel: the rekey of a CHILD_SA by either end, and the router's IKE reauthentication.

A rekey is a negotiation of its own. In IKEv2 it is the first time that the groups of the ESP proposals matter (RFC 7296
2.17), so a mismatch that set-up could not see shows here. In IKEv1 the roles matter, because an initiator offers less
than a responder accepts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vpnaudit.ipsec.establish import Established, peer_endpoint, router_endpoint
from vpnaudit.ipsec.exchange import IKEV2, Endpoint, child_suite, children, ike_suite, init_fits
from vpnaudit.ipsec.lifetimes import Behaviour, Window, behaviour, chance_of_no_rekey, rekey_window
from vpnaudit.ipsec.router import router_config

if TYPE_CHECKING:
    from vpnaudit.ipsec.proposals import Suite
    from vpnaudit.ipsec.sides import Case


@dataclass(frozen=True, slots=True)
class Step:
    """One renewal: whether it works (None: there is nothing to renew), on which suite, and which error is seen
    otherwise.
    """

    ok: bool | None
    suite: str | None = None
    error: str | None = None

    @property
    def pfs(self) -> bool | None:
        """Whether the new keys come from a fresh exchange; None where nothing was made."""
        return None if self.suite is None else "modp" in self.suite or "ecp" in self.suite or "curve" in self.suite


NOTHING = Step(None)


@dataclass(frozen=True, slots=True)
class Renewals:
    """The three renewals, and when the router starts its own (None: never, or its lifetime is not known).

    `child_missed` is the chance that the router misses the rekey of a CHILD_SA because its lifetime is too short.
    """

    child_by_router: Step
    child_by_peer: Step
    ike_by_router: Step
    child_window: Window | None
    ike_window: Window | None
    child_behaviour: Behaviour | None
    ike_behaviour: Behaviour | None
    child_missed: float


def renewals(case: Case, established: Established) -> Renewals:
    """What becomes of the SAs that were established."""
    config = router_config(case.router)
    router, peer = router_endpoint(config), peer_endpoint(case.peer)
    ike, esp = config.ike_lifetime_s, config.esp_lifetime_s
    steps = (NOTHING, NOTHING, NOTHING)
    if established.children and established.version is not None and established.ike is not None:
        group = established.ike.group
        steps = (
            _child(router, peer, established.version, group),
            _child_by_peer(case, peer, router, established.version, group),
            _reauthenticate(case, router, peer, established.version),
        )
    return Renewals(
        *steps,
        child_window=None if esp is None else rekey_window(esp),
        ike_window=None if ike is None else rekey_window(ike),
        child_behaviour=None if esp is None else behaviour(esp),
        ike_behaviour=None if ike is None else behaviour(ike),
        child_missed=0.0 if esp is None else chance_of_no_rekey(esp),
    )


def _child(start: Endpoint, respond: Endpoint, version: int, ike_group: str | None) -> Step:
    return _step(child_suite(start, respond, version, with_group=True, ike_group=ike_group))


def _child_by_peer(case: Case, peer: Endpoint, router: Endpoint, version: int, ike_group: str | None) -> Step:
    """IKEv1: a peer that wants to be asked for an inner address starts no child before it was (measured)."""
    if version == 1 and case.peer.virtual_ip == "gives":
        return Step(ok=False, error="no request for an address")
    return _child(peer, router, version, ike_group)


def _reauthenticate(case: Case, router: Endpoint, peer: Endpoint, version: int) -> Step:
    """A new IKE_SA in the version of the old one, started by the router.

    IKEv2 makes the CHILD_SAs anew with it; IKEv1 hands the old ones over.
    """
    router = replace(router, initiates=version)
    suite = ike_suite(router, peer, version)
    if suite is None:
        return Step(ok=False, error="NO_PROPOSAL_CHOSEN")
    if version == IKEV2 and not case.path.fragments and not init_fits(router, suite, case.path.mtu_bytes):
        return Step(ok=False, error="no answer")
    if version == 1:
        return Step(ok=True, suite=str(suite))
    again = children(router, peer, version, suite.group)
    return (
        Step(ok=True, suite=str(suite))
        if again.up
        else Step(ok=False, suite=str(suite), error=next(iter(again.errors), None))
    )


def _step(suite: Suite | None) -> Step:
    return Step(ok=True, suite=str(suite)) if suite else Step(ok=False, error="NO_PROPOSAL_CHOSEN")


Verdict = Literal["no_ike", "ike_only", "partial", "latent_rekey_failure", "interrupted_later", "ok"]


def interrupted(established: Established, renewed: Renewals) -> bool:
    """Whether the router's own lifetimes will end the tunnel, more likely than not.

    IKEv2 makes a new SA after the gap; IKEv1 does not (measured: ESP 60 to 600 s and IKE 60 and 300 s dead, ESP 900 s
    and IKE 600 s alive).
    """
    if established.version != 1:
        return False
    return renewed.child_missed > 0.5 or renewed.ike_behaviour == "never-rekeyed"  # noqa: PLR2004 - more likely than not


def broken(renewed: Renewals) -> bool:
    """Whether any renewal fails."""
    return False in (renewed.child_by_router.ok, renewed.child_by_peer.ok, renewed.ike_by_router.ok)
