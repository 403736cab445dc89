"""Words that both of strongSwan's languages share: times, truth values, lists, proposals, and how a key is written and
chosen.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.sides import ANY
from vpnaudit.peers.notes import Note, quoted_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.peers.interface import PeerTunnel
    from vpnaudit.psk import KeyFacts

DEFAULT: Final = "default"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_YES = frozenset({"yes", "true", "enabled", "1"})
_NO = frozenset({"no", "false", "disabled", "0"})
_ACTIVITY = {None: 0, "ignore": 0, "add": 1, "route": 2, "start": 3}


def seconds(text: str) -> int | None:
    """A time such as `28800`, `8h`, `30m` in seconds; None: it is none."""
    match = re.fullmatch(r"([0-9]{1,9})\s*([smhd]?)", text.strip())
    return int(match[1]) * _UNITS[match[2]] if match else None


def truth(text: str) -> bool | None:
    """`yes` or `no` and their other spellings; None: neither."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


def items(text: str) -> tuple[str, ...]:
    """The members of a comma list, without the empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def unknown_proposals(proposals: Iterable[str], protocol: Protocol) -> tuple[str, ...]:
    """The proposals that strongSwan skips as far as its keywords are known here."""
    return tuple(text for text in proposals if text != DEFAULT and parse_proposal(text, protocol) is None)


def key_text(secret: str) -> str | None:
    """The key behind `0x…` (hexadecimal), `0s…` (Base64) or anything else (as it stands); None: it cannot be decoded.

    Bytes that are not UTF-8 keep their identity, so that equal keys are equal whichever way they are written.
    """
    kind, digits = secret[:2].lower(), secret[2:]
    if kind not in ("0x", "0s"):
        return secret
    try:
        data = bytes.fromhex(digits.replace(":", "")) if kind == "0x" else base64.b64decode(digits, validate=True)
    except (ValueError, binascii.Error):
        return None
    return data.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Secret:
    """The facts of one key, and the identities that it is kept for; none: for everybody."""

    ids: tuple[str, ...]
    facts: KeyFacts


def with_key(tunnel: PeerTunnel, secrets: Sequence[Secret]) -> tuple[PeerTunnel, Note | None]:
    """Give a tunnel the key that strongSwan would take: the best match of the far identity, then of its own; the first
    of equals.

    Where the tunnel takes any far identity, several keys can fit equally; then none is given, and the note says so.
    """
    near, far = tunnel.id or tunnel.address or ANY, tunnel.peer_id or tunnel.peer_address or ANY
    ranked = [
        (match, secret) for secret in secrets if any(match := (_match(secret.ids, far), _match(secret.ids, near)))
    ]
    if not ranked:
        return tunnel, None
    best = max(match for match, _ in ranked)
    fitting = [secret.facts for match, secret in ranked if match == best]
    if ANY in (near, far) and len({facts.fingerprint for facts in fitting}) > 1:
        text = (
            f"tunnel {quoted_name(tunnel.name)} takes any identity and several keys fit it: which one it means cannot"
            " be told"
        )
        return tunnel, Note(tunnel.file, tunnel.line, text)
    return replace(tunnel, key=fitting[0]), None


def _match(ids: tuple[str, ...], identity: str) -> int:
    """3: named, 2: `%any`, 1: kept for everybody, 0: kept for others. Who may be anybody is matched by every name,
    weakly.
    """
    if not ids:
        return 1
    if _plain(identity) in {_plain(name) for name in ids}:
        return 3
    return 2 if identity == ANY or any(name in (ANY, "%any6", "0.0.0.0") for name in ids) else 0  # noqa: S104 - an identity, nothing is bound


def _plain(identity: str) -> str:
    return identity.lstrip("@").casefold()


def with_children_joined(tunnels: Sequence[PeerTunnel]) -> tuple[list[PeerTunnel], list[Note]]:
    """Make one tunnel of children that share an IKE_SA, where they are one SA for each pair of subnets.

    strongSwan gives all children of equal IKE settings one IKE_SA. Where each has one subnet on each side and together
    they are every pair, the peer is one with `one_sa_per_pair`; other sets of children stay as they are, with a note,
    since each is judged by itself then.
    """
    peer_tunnels: list[PeerTunnel] = []
    notes: list[Note] = []
    order = {_alike(tunnel): place for place, tunnel in reversed(list(enumerate(tunnels)))}
    for _, members in groupby(sorted(tunnels, key=lambda tunnel: order[_alike(tunnel)]), key=_alike):
        group = list(members)
        pairs = [(tunnel.local_subnets, tunnel.remote_subnets) for tunnel in group]
        local = tuple(dict.fromkeys(net for near_nets, _ in pairs for net in near_nets or ()))
        remote = tuple(dict.fromkeys(net for _, far_nets in pairs for net in far_nets or ()))
        single = all(len(near_nets or ()) == 1 and len(far_nets or ()) == 1 for near_nets, far_nets in pairs)
        if len(group) > 1 and single and len(set(pairs)) == len(local) * len(remote):
            auto = max((tunnel.auto for tunnel in group), key=_ACTIVITY.__getitem__)
            peer_tunnels.append(
                replace(group[0], local_subnets=local, remote_subnets=remote, one_sa_per_pair=True, auto=auto)
            )
            continue
        peer_tunnels += group
        if len(group) > 1:
            names = ", ".join(quoted_name(tunnel.name) for tunnel in group[:5])
            text = (
                f"{len(group)} children share one IKE_SA ({names}) and are not one for each pair of subnets: each is"
                " judged by itself"
            )
            notes.append(Note(group[0].file, group[0].line, text))
    return peer_tunnels, notes


def _alike(tunnel: PeerTunnel) -> PeerTunnel:
    """What children of one IKE_SA have in common."""
    return replace(tunnel, name="", file="", line=None, local_subnets=None, remote_subnets=None, auto=None)
