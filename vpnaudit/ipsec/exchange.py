"""One run of IKE between an initiator and a responder: suites and selectors, no addresses, no identities.

Both ends are strongSwan-like: that is measured. What another implementation may do otherwise is the business of
`negotiate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vpnaudit.ipsec import proposals
from vpnaudit.ipsec.proposals import Proposal, Suite
from vpnaudit.ipsec.selectors import ChildConfig, Selectors, answered, proposed
from vpnaudit.knowledge import strongswan

IKEV2: Final = 2
UDP_IP_HEADERS: Final = 28


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end, reduced to what an exchange needs; `versions` are those it accepts, `initiates` the one it starts
    with.
    """

    versions: frozenset[int]
    initiates: int
    ike: tuple[Proposal, ...]
    esp: tuple[Proposal, ...]
    children: tuple[ChildConfig, ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """A CHILD_SA that came up: its suite (with a group only if it was made with one) and selectors as the initiator
    sees them.
    """

    name: str
    suite: Suite
    selectors: Selectors


@dataclass(frozen=True, slots=True)
class Children:
    """The CHILD_SAs of one IKE_SA, and the error notifies of those that failed."""

    up: tuple[Child, ...]
    errors: tuple[str, ...]


def ike_suite(initiator: Endpoint, responder: Endpoint, version: int) -> Suite | None:
    """The suite of the IKE_SA; None: NO_PROPOSAL_CHOSEN."""
    if version == IKEV2:
        return proposals.select(responder.ike, initiator.ike)
    suite = proposals.select(responder.ike, proposals.ikev1_main_mode_offer(initiator.ike))
    if suite is None:
        return None
    answer = Proposal(
        *((name,) if name else () for name in (suite.encryption, suite.integrity, suite.prf, suite.group))
    )
    return proposals.select(initiator.ike, (answer,))


def child_suite(
    initiator: Endpoint, responder: Endpoint, version: int, *, with_group: bool, ike_group: str | None
) -> Suite | None:
    """The suite of a CHILD_SA; None: NO_PROPOSAL_CHOSEN.

    `with_group` is false for the child that IKE_AUTH makes: its keys come from the IKE_SA, so groups are left out on
    both sides. In IKEv2 a responder that wants another group than the first offered asks for it (INVALID_KE_PAYLOAD),
    which costs a round trip only.
    """
    if version == 1:
        return proposals.select(responder.esp, proposals.ikev1_quick_mode_offer(initiator.esp, ike_group))
    if with_group:
        return proposals.select(responder.esp, initiator.esp)
    return proposals.select(_without_groups(responder.esp), _without_groups(initiator.esp))


@lru_cache(maxsize=4096)
def _without_groups(several: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    return tuple(one.without_group() for one in several)


def children(
    initiator: Endpoint, responder: Endpoint, version: int, ike_group: str | None, *, childless: bool = False
) -> Children:
    """Bring up each connection of the initiator in turn under one IKE_SA; `childless`: none of them in IKE_AUTH, so
    that the groups of all count.
    """
    up: list[Child] = []
    errors: list[str] = []
    for number, config in enumerate(initiator.children):
        suite = child_suite(initiator, responder, version, with_group=childless or number > 0, ike_group=ike_group)
        offer = proposed(config, version)
        answer = answered(responder.children, offer, version, exact=responder.exact)
        if (
            initiator.exact
            and answer is not None
            and (set(answer.local), set(answer.remote)) != (set(offer.local), set(offer.remote))
        ):
            answer = None
        if suite is None:
            errors.append("NO_PROPOSAL_CHOSEN")
        elif answer is None:
            errors.append("INVALID_ID_INFORMATION" if version == 1 else "TS_UNACCEPTABLE")
        else:
            up.append(Child(config.name, suite, answer))
    return Children(tuple(up), tuple(errors))


def init_size(offered: tuple[Proposal, ...], group: str) -> int:
    """Bytes of strongSwan's IKE_SA_INIT message with these proposals and a public value of this group, without UDP and
    IP headers.

    Header 28, SA 4, a proposal 8, a transform 8 (12 with a key length), KE 8 and the value, nonce 36, two NAT detection
    notifies of 28, and the notifies for fragmentation (8), signature hashes (16) and redirection (8). As measured for
    seven groups.
    """
    ciphers, groups = strongswan.keywords("encryption"), strongswan.keywords("group")
    size = 28 + 4 + 8 + 36 + 2 * 28 + 8 + 16 + 8
    for proposal in offered:
        size += 8 + sum(12 if ciphers[name]["key_attribute"] else 8 for name in proposal.encryption)
        size += 8 * (len(proposal.integrity) + len(proposal.prf) + len(proposal.group))
    public: int = groups.get(group, {}).get("public_value_bytes", 0)
    return size + public


def init_fits(initiator: Endpoint, suite: Suite, mtu_bytes: int) -> bool:
    """Whether both IKE_SA_INIT messages of IKEv2 go without IP fragments: they are sent before IKE fragmentation is
    agreed upon.

    The initiator's first guess is the group of its first proposal; after INVALID_KE_PAYLOAD it sends the responder's.
    The answer is never longer: it holds one algorithm of each kind out of what was offered.
    """
    room = mtu_bytes - UDP_IP_HEADERS
    groups = {initiator.ike[0].group[0], suite.group or ""}
    return all(init_size(initiator.ike, group) <= room for group in groups)
