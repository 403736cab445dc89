"""Which of its keys a strongSwan takes for a tunnel, as it starts and as it answers.

After strongSwan 5.9.8, `libstrongswan/credentials/{credential_manager.c,sets/mem_cred.c}`, `sa/ikev2/authenticators`
and `sa/ikev1/phase1.c`, and measured: the best match of the far identity decides, then that of its own, of equals the
one that stands last.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.identities import ANYBODY, Identity, identity, match
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.peers.notes import Note, quoted_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vpnaudit.peers.interface import PeerTunnel
    from vpnaudit.psk import KeyFacts

_ANYBODY: Final = Identity("any")
ANSWER: Final = "answer"
START: Final = "start"


@dataclass(frozen=True, slots=True)
class Secret:
    """The facts of one key, and the identities that it is kept for; none: for everybody."""

    ids: tuple[str, ...]
    facts: KeyFacts

    def fits(self, who: Identity) -> int:
        """How well this key fits one end: 0 not at all."""
        return max(match(who, identity(name)) for name in self.ids) if self.ids else ANYBODY


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys that were read, in order; `whole` says that there are no others, so that one that is not there is a
    failure and not a gap.
    """

    secrets: tuple[Secret, ...]
    whole: bool
    _by_identity: dict[Identity, list[int]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _for_several: list[int] = field(init=False, repr=False, compare=False, default_factory=list)

    def __post_init__(self) -> None:
        """Index the keys by who they are for: a hub has thousands."""
        for place, secret in enumerate(self.secrets):
            parsed = [identity(name) for name in secret.ids]
            several = not parsed or any(one.wild or one.kind in ("network", "range") for one in parsed)
            if several:
                self._for_several.append(place)
            for one in {} if several else dict.fromkeys(parsed):
                self._by_identity.setdefault(one, []).append(place)

    def candidates(self, near: Identity | None, far: Identity | None) -> list[Secret]:
        """The keys that can be meant for two ends, the last in the file first; all, where an end is not known."""
        if near is None or far is None:
            return list(reversed(self.secrets))
        places = {*self._for_several, *self._by_identity.get(near, ()), *self._by_identity.get(far, ())}
        return [self.secrets[place] for place in sorted(places, reverse=True)]


_UNSURE: Final = "unsure"


def with_key(
    tunnel: PeerTunnel, ring: Keyring, routers: frozenset[str], *, loose: bool = False
) -> tuple[PeerTunnel, Note | None]:
    """Give a tunnel the keys that strongSwan would take. What depends on an identity that the file does not say stays
    unknown, and the note says so.

    `loose`: it takes another identity than `peer_id` too, and so looks for a key for anybody where it starts.
    """
    near = _own(tunnel)
    far = tunnel.peer_id or tunnel.peer_address or ANY
    starting = _ANYBODY if loose or identity(far).wild else identity(far)
    answer = _best(ring, near, _router(tunnel, routers))
    start = _best(ring, near, starting)
    if start is None and (tunnel.initiates_with or next(iter(tunnel.ike_versions or ()), "")) == "ikev1":
        start = _best(ring, _address(tunnel.address), _address(tunnel.peer_address))
    if isinstance(answer, str) or isinstance(start, str):
        text = (
            f"tunnel {quoted_name(tunnel.name)} does not say who the ends are, and several keys can be meant: which one"
            " it takes cannot be told"
        )
        return tunnel, Note(tunnel.file, tunnel.line, text)
    key = answer or start
    if key is None and not ring.whole:
        return tunnel, None
    roles = tuple(role for role, facts in ((ANSWER, answer), (START, start)) if facts) if ring.whole else None
    other = start.fingerprint if answer and start and start.fingerprint != answer.fingerprint else None
    return replace(tunnel, key=key, key_roles=roles, start_fingerprint=other), None


def _own(tunnel: PeerTunnel) -> Identity | None:
    if tunnel.id and not identity(tunnel.id).wild:
        return identity(tunnel.id)
    return _address(tunnel.address)


def _address(text: str | None) -> Identity | None:
    return identity(text) if text and network(text) is not None and text != ANY else None


def _router(tunnel: PeerTunnel, routers: Iterable[str]) -> Identity | None:
    """The identity that the router shows: the one that is expected, since it gets no further with another, else its
    public address; None: it cannot be told which one.
    """
    if tunnel.peer_id and not identity(tunnel.peer_id).wild:
        return identity(tunnel.peer_id)
    known = [tunnel.peer_address] if _address(tunnel.peer_address) else []
    return _address(next(iter(known or (routers if len(tuple(routers)) == 1 else ())), None))


def _best(ring: Keyring, near: Identity | None, far: Identity | None) -> KeyFacts | str | None:
    """The key for a pair of identities; None: there is none; text: it depends on an identity that is not known."""
    ranked = [
        (secret.fits(far or _ANYBODY), secret.fits(near or _ANYBODY), secret) for secret in ring.candidates(near, far)
    ]
    certain = [(theirs, ours, secret) for theirs, ours, secret in ranked if theirs or ours]
    if near and far:
        return max(certain, key=lambda one: one[:2])[2].facts if certain else None
    if far:
        most = max((theirs for theirs, _, _ in certain), default=0)
        certain = [one for one in certain if one[0] == most] if most > ANYBODY else ranked
    else:
        certain = ranked
    if not certain:
        return None
    distinct = {secret.facts.fingerprint: secret.facts for _, _, secret in certain}
    named = any(theirs or ours for theirs, ours, _ in certain)
    return next(iter(distinct.values())) if len(distinct) == 1 and named else _UNSURE
