"""The suites that a tunnel really uses: strongSwan's defaults stand behind what a router names, so it may be written at
no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.router import router_config

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.ipsec.outcome import Outcome
    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.ipsec.sides import Case

CONFIGURED: Final = {
    "both": "configured at both ends",
    "router": "configured at the router only",
    "peer": "configured at the far side only",
    "neither": "configured at neither end: a default of strongSwan",
}
"""Where a suite that is really used is written."""


@dataclass(frozen=True, slots=True)
class Used:
    """A suite that is really negotiated, what for, and where it is written: a key of `CONFIGURED`."""

    what: str
    suite: str
    configured: str


def used_suites(case: Case, outcome: Outcome) -> list[Used]:
    """The suites of the IKE_SA, of the first CHILD_SAs and of their rekeys, which neither end's configuration need
    name.
    """
    config, peer = router_config(case.router), case.peer
    lists: dict[Protocol, tuple[tuple[str, ...], tuple[str, ...] | None]] = {
        "ike": (config.ike, peer.ike_proposals),
        "esp": (config.esp, peer.esp_proposals),
    }
    uses: list[tuple[str, str, Protocol, bool]] = [("IKE", suite, "ike", True) for suite in outcome.ike_suites]
    uses += [("ESP", suite, "esp", outcome.ike_version == 1) for suite in outcome.esp_suites]
    rekeyed = {step.suite for step in (outcome.renewals.child_by_router, outcome.renewals.child_by_peer) if step.suite}
    uses += [("ESP after a rekey", suite, "esp", True) for suite in sorted(rekeyed)]
    used = []
    for what, suite, protocol, whole in uses:
        ours, theirs = lists[protocol]
        near = _names(suite, ours, protocol, whole=whole)
        far = near if theirs is None else _names(suite, theirs, protocol, whole=whole)
        used.append(Used(what, suite, "both" if near and far else "router" if near else "peer" if far else "neither"))
    return used


def _names(suite: str, texts: Iterable[str], protocol: Protocol, *, whole: bool) -> bool:
    """Whether one of the proposals names every algorithm of this suite.

    `whole`: it also has a group if and only if the suite has one. The first CHILD_SA of IKEv2 does without.
    """
    used = parse_proposal(suite, protocol)
    read = [one for text in texts if (one := parse_proposal(text, protocol))]
    kinds = ("encryption", "integrity", "prf", "group")
    return used is not None and any(
        all(set(getattr(used, kind)) <= set(getattr(one, kind)) for kind in kinds)
        and (not whole or bool(used.group) == bool(one.group))
        for one in read
    )
