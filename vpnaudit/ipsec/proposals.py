"""Proposals as strongSwan reads, offers and selects them.

A proposal names alternatives of each kind; two proposals meet when they share one of every kind that either of them
names (RFC 7296 3.3.6). strongSwan 5.9.8 walks the responder's own list first (`charon.prefer_configured_proposals`,
default yes) and takes the first algorithm of its own order that the other side offers. Sets alone would tell whether
two ends meet; the order tells on what.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from vpnaudit.knowledge import strongswan

if TYPE_CHECKING:
    from collections.abc import Iterable

Protocol = Literal["ike", "esp"]
STRONGSWAN: Final = "5.9.8"
NO_GROUP: Final = "none"
"""The keyword of ESP for: with or without PFS."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Alternatives of each kind, in order of preference, as strongSwan keywords.

    An empty tuple means that none is named: no `integrity` beside an AEAD, no `group` in ESP without PFS, no `prf` in
    ESP. `esn` is what ESP says of extended sequence numbers: `noesn` unless the proposal asks for more.
    """

    encryption: tuple[str, ...]
    integrity: tuple[str, ...] = ()
    prf: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    esn: tuple[str, ...] = ()

    def without_group(self) -> Proposal:
        """The proposal as IKE_AUTH carries it: the first CHILD_SA of IKEv2 takes its keys from the IKE_SA."""
        return replace(self, group=())


@dataclass(frozen=True, slots=True)
class Suite:
    """What was selected: one algorithm of each kind; None where the kind is not named. `str()` gives strongSwan
    keywords.
    """

    encryption: str
    integrity: str | None = None
    prf: str | None = None
    group: str | None = None
    esn: str | None = None

    def __str__(self) -> str:
        """`aes256-sha256-modp2048`; the PRF only where it is not the integrity algorithm's own, extended sequence
        numbers only if used.
        """
        own = next(iter(derived_prfs((self.integrity,))), None) if self.integrity else None
        prf = f"prf{self.prf}" if self.prf and self.prf != own else None
        esn = self.esn if self.esn == "esn" else None
        return "-".join(part for part in (self.encryption, self.integrity, prf, self.group, esn) if part)


@lru_cache(maxsize=4096)
def parse_proposal(text: str, protocol: Protocol) -> Proposal | None:
    """Read one proposal as strongSwan does: words between `-`, of which empty ones do not count.

    Returns:
        None where strongSwan 5.9.8 takes it for invalid, and with it the whole connection: an unknown word, no cipher,
        AEAD beside other ciphers, or, in IKE, no group, no pseudo-random function or no integrity where one is needed.
    """
    words: dict[str, list[str]] = {"encryption": [], "integrity": [], "prf": [], "group": [], "esn": []}
    for word in (part.strip() for part in text.split("-")):
        if not word:
            continue
        kind, name = _token(word)
        if kind is None:
            return None
        if name not in words[kind]:
            words[kind].append(name)
    return _checked(Proposal(**{kind: tuple(names) for kind, names in words.items()}), protocol)


def _token(word: str) -> tuple[str | None, str]:
    name = strongswan.aliases().get(word, word)
    if name in {"esn", "noesn"}:
        return "esn", name
    for kind in ("encryption", "integrity", "group"):
        if name in strongswan.keywords(kind):
            return kind, name
    prf = word.removeprefix("prf")
    if prf != word and strongswan.keywords("integrity").get(prf, {}).get("prf") == prf:
        return "prf", prf
    return None, name


def derived_prfs(integrity: Iterable[str]) -> tuple[str, ...]:
    """The pseudo-random functions that strongSwan takes for these integrity algorithms where a proposal names none."""
    names = (strongswan.keywords("integrity")[name]["prf"] for name in integrity)
    return tuple(dict.fromkeys(name for name in names if name))


def _checked(proposal: Proposal, protocol: Protocol) -> Proposal | None:
    aead = {strongswan.keywords("encryption")[name]["aead"] for name in proposal.encryption}
    if len(aead) != 1:
        return None
    combined = aead == {True}
    if protocol == "esp":
        proposal = replace(proposal, prf=(), esn=proposal.esn or ("noesn",))
    else:
        group = tuple(name for name in proposal.group if name != NO_GROUP)
        proposal = replace(proposal, prf=proposal.prf or derived_prfs(proposal.integrity), group=group, esn=())
        if not proposal.prf or not proposal.group or not (combined or proposal.integrity):
            return None
    return replace(proposal, integrity=()) if combined else proposal


def default_proposals(protocol: Protocol, version: str = STRONGSWAN) -> tuple[Proposal, ...]:
    """What strongSwan of this version adds to a list that is not pinned with `!`; KeyError for a version that is not in
    `knowledge`.
    """
    esn = ("noesn",) if protocol == "esp" else ()
    return tuple(
        Proposal(**{kind: tuple(names) for kind, names in entry.items()}, esn=esn)
        for entry in strongswan.default_proposals(version, protocol)
    )


@lru_cache(maxsize=4096)
def effective_proposals(
    texts: tuple[str, ...], protocol: Protocol, *, strict: bool, version: str = STRONGSWAN
) -> tuple[Proposal, ...]:
    """The list that a connection really has.

    Args:
        texts: the configured proposals in order; empty means that the line is not there, which gives the defaults even
            to `strict`.
        protocol: `ike` or `esp`.
        strict: pinned with `!`, as every box but strongSwan's `ipsec.conf` is; otherwise the defaults follow the
            configured ones.
        version: the strongSwan release whose defaults count.
    """
    configured = tuple(proposal for text in texts if (proposal := parse_proposal(text, protocol)) is not None)
    if strict and texts:
        return configured
    return (*configured, *default_proposals(protocol, version))


@lru_cache(maxsize=16384)
def select(own: tuple[Proposal, ...], supplied: tuple[Proposal, ...]) -> Suite | None:
    """The suite that the side with the list `own` selects out of `supplied`; None: NO_PROPOSAL_CHOSEN."""
    for mine in own:
        for theirs in supplied:
            suite = _meet(mine, theirs)
            if suite is not None:
                return suite
    return None


def _meet(mine: Proposal, theirs: Proposal) -> Suite | None:
    suite: dict[str, str | None] = {}
    for kind in ("encryption", "integrity", "prf", "group", "esn"):
        near, far = getattr(mine, kind), getattr(theirs, kind)
        if (
            kind == "integrity"
            and suite["encryption"]
            and strongswan.keywords("encryption")[suite["encryption"]]["aead"]
        ):
            suite[kind] = None
            continue
        if kind == "group" and not (near and far):
            if (near or far) and NO_GROUP not in (near or far):
                return None
            suite[kind] = None
            continue
        common = next((name for name in near if name in far), None)
        if common is None and (near or far):
            return None
        suite[kind] = None if common == NO_GROUP else common
    return Suite(**suite)  # type: ignore[arg-type] # a cipher is always named: every Proposal has one


def ikev1_main_mode_offer(own: tuple[Proposal, ...]) -> tuple[Proposal, ...]:
    """What strongSwan sends for these proposals in Main Mode: the first algorithm of each kind only, the hash also
    being the PRF.

    So the default list shrinks to `aes128-sha256-curve25519`, and an AEAD or counter-mode cipher, which has no number
    in IKEv1, is lost.
    """
    offered = []
    for proposal in own:
        encryption, integrity = proposal.encryption[0], proposal.integrity[0] if proposal.integrity else None
        if (
            integrity is None
            or not strongswan.keywords("encryption")[encryption]["ikev1"]
            or not strongswan.keywords("integrity")[integrity]["ikev1"]
        ):
            continue
        offered.append(Proposal((encryption,), (integrity,), derived_prfs((integrity,)), proposal.group[:1]))
    return tuple(offered)


def ikev1_quick_mode_offer(own: tuple[Proposal, ...], ike_group: str | None) -> tuple[Proposal, ...]:
    """What strongSwan sends for these proposals in Quick Mode.

    One group holds for the whole exchange: the IKE_SA's own where any proposal lists it, else the first that is listed;
    proposals without that group are left out, the defaults among them. Without any group, all go out. Of each proposal
    only the first algorithm of each kind is sent.
    """
    groups = [name for proposal in own for name in proposal.group if name != NO_GROUP]
    group = ike_group if ike_group in groups else next(iter(groups), None)
    return tuple(
        Proposal(proposal.encryption[:1], proposal.integrity[:1], (), (group,) if group else (), proposal.esn[:1])
        for proposal in own
        if group is None or group in proposal.group
    )


def proposal_text(proposal: Proposal, protocol: Protocol) -> str:
    """The proposal as strongSwan's keywords; `parse_proposal` reads it back as the same."""
    derived = derived_prfs(proposal.integrity)
    prf = () if protocol == "esp" or proposal.prf == derived else tuple(f"prf{name}" for name in proposal.prf)
    esn = () if proposal.esn == ("noesn",) else proposal.esn
    return "-".join((*proposal.encryption, *proposal.integrity, *prf, *proposal.group, *esn))
