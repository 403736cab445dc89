"""Words that both of strongSwan's languages share: times, truth values, lists, proposals, and how a key is written."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.peers.notes import Note, quoted_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.peers.interface import PeerTunnel

DEFAULT: Final = "default"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_YES = frozenset({"yes", "true", "enabled", "1"})
_NO = frozenset({"no", "false", "disabled", "0"})
_ACTIVITY = {None: 0, "ignore": 0, "add": 1, "route": 2, "start": 3}


def seconds(text: str) -> int | None:
    """A time such as `28800`, `8h`, `30m` in seconds; None: it is none."""
    match = re.fullmatch(r"([0-9]{1,9})\s*([smhd]?)", text.strip().lower())
    return int(match[1]) * _UNITS[match[2]] if match else None


def truth(text: str) -> bool | None:
    """`yes` or `no` and their other spellings; None: neither."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


def items(text: str) -> tuple[str, ...]:
    """The members of a comma list, without the empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def unknown_proposals(proposals: Iterable[str], protocol: Protocol) -> tuple[str, ...]:
    """The proposals that strongSwan 5.9.8 does not take; one of them is enough, and it does not load the connection."""
    return tuple(text for text in proposals if text != DEFAULT and parse_proposal(text, protocol) is None)


def method(word: str) -> str:
    """The class of an authentication method: psk, pubkey, xauth, eap, or any."""
    if word.startswith(("ike:", "pubkey", "rsa", "ecdsa", "bliss")):
        return "pubkey"
    if word.lower() in ("psk", "secret"):
        return "psk"
    return next((kind for kind in ("xauth", "eap") if word.lower().startswith(kind)), "any")


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
            auto = max((tunnel.auto for tunnel in group), key=lambda word: _ACTIVITY.get(word, 0))
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
