"""What if: the same two ends with other values, `FIELD=VALUE`, each field by the name under which it is set on its
side.

A plain name is the router's. `peer.` before it is the far side: for a far VPC the fields of the connection back, for a
peer book or a device's file the columns of the table `peers`.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.errors import ConfigError
from vpnaudit.estate.peer_sides import peer_side
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.cloudstack_proposals import read_cloudstack_proposals
from vpnaudit.ipsec.negotiate import peer_from_router
from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vpnaudit.estate.ends import Ends
    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.ipsec.sides import PeerSide, Psk

PEER: Final = "peer."
KEY: Final = "psk"

_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_NUMBERS: Final = re.compile(r"[0-9.]+")
_VERSION: Final = re.compile(r"\d+(\.\d+)+[\w.-]*")


def parse_changes(texts: Iterable[str]) -> dict[str, str]:
    """`FIELD=VALUE` texts as a mapping. Raises `ConfigError` for a text without `=`, or a field that is given twice."""
    changes: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigError(
                f"{one_line(text)!r} is no change. Write it as FIELD=VALUE, such as esppolicy=aes256-sha256;modp2048."
            )
        if name.strip() in changes:
            raise ConfigError(f"{one_line(name.strip())} is given twice.")
        changes[name.strip()] = value.strip()
    return changes


def with_changes(ends: Ends, changes: Mapping[str, str]) -> Ends:
    """The ends with these changes. Raises `ConfigError` for a field that this side does not have, and a value that
    cannot be read.
    """
    near: dict[str, Any] = {}
    far: dict[str, Any] = {}
    keys: Psk | None = None
    for name, value in changes.items():
        if name == KEY:
            keys = _read(name, value, _KEYS)
        elif name.startswith(PEER):
            far[name.removeprefix(PEER)] = _read(name, value, _of_far(ends))
        else:
            near[name] = _read(name, value, ROUTER)
    if near and ends.router is None:
        raise ConfigError(
            one_line(f"The router's side of {ends.label} is not known, so nothing can be changed on it: {ends.why}.")
        )
    router = replace(ends.router, **near) if ends.router else None
    changed = _with_far(replace(ends, router=router), far)
    return changed if keys is None else _with_keys(changed, keys)


def _with_far(ends: Ends, far: dict[str, Any]) -> Ends:
    if ends.far_router is not None and far:
        far_router = replace(ends.far_router, **far)
        was, now = peer_from_router(ends.far_router), peer_from_router(far_router)
        return replace(ends, far_router=far_router, peer=_moved(ends.peer, was, now))
    if ends.peer_row is not None and far:
        row = {**ends.peer_row, **far}
        return replace(ends, peer_row=row, peer=_moved(ends.peer, peer_side(ends.peer_row), peer_side(row)))
    return ends


def _moved(peer: PeerSide | None, was: PeerSide, now: PeerSide) -> PeerSide | None:
    """The far side with what the change changes, and all else as it is: not all of it stands where it was made from."""
    values = {field.name: getattr(now, field.name) for field in fields(now)}
    changes = {name: value for name, value in values.items() if value != getattr(was, name)}
    return None if peer is None else replace(peer, **changes)


def _with_keys(ends: Ends, keys: Psk) -> Ends:
    """One pair of keys whoever starts: equal ones are a key for this router, where the far side had none."""
    peer = ends.peer
    if peer is not None:
        peer = replace(peer, start_psk=None, keyless=() if keys == "equal" else peer.keyless)
    return replace(ends, psk=keys, peer=peer)


def _of_far(ends: Ends) -> dict[str, Callable[[str], Any]]:
    readers = ROUTER if ends.far_router is not None else BOOK if ends.peer_row is not None else {}
    if not readers:
        raise ConfigError(
            one_line(f"The far side of {ends.label} is not known, so nothing can be changed on it: {ends.why}.")
        )
    return readers


def _read(name: str, value: str, readers: Mapping[str, Callable[[str], Any]]) -> Any:
    bare = name.removeprefix(PEER)
    if bare not in readers:
        side = "The far side" if name.startswith(PEER) else "The CloudStack side"
        prefix = PEER if name.startswith(PEER) else ""
        names = ", ".join(f"{prefix}{one}" for one in readers)
        raise ConfigError(
            f"{side} has no field {one_line(name)!r}. Its fields are: {names}; and psk for the keys of both."
        )
    try:
        return readers[bare](value)
    except ValueError as error:
        raise ConfigError(f"{one_line(name)}={one_line(value)[:120]} cannot be read: it must be {error}.") from None


def _text(value: str) -> str:
    if not value or one_line(value) != value:
        raise ValueError("a text on one line")
    return value


def _address(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except AddressValueError:
        raise ValueError("an IPv4 address such as 198.51.100.1") from None


def _host(value: str) -> str:
    if _HOST.fullmatch(value) is None or _NUMBERS.fullmatch(value):
        try:
            return _address(value)
        except ValueError:
            raise ValueError("an IPv4 address or a host name") from None
    return value


def _host_or_any(value: str) -> str:
    return value if value == ANY else _host(value)


def _network(value: str) -> str:
    if network(value) is None:
        raise ValueError("an IPv4 network such as 10.1.0.0/16")
    return value


def _networks(value: str) -> str:
    for part in value.split(","):
        if network(part) is None:
            raise ValueError("IPv4 networks such as 10.1.0.0/16,10.2.0.0/16")
    return value


def _policy(group_required: bool) -> Callable[[str], str]:
    """What the API takes: anything else could never be set."""

    def read(value: str) -> str:
        if not all(
            element.accepted_by_api(group_required=group_required)
            for element in read_cloudstack_proposals(value).elements
        ):
            wanted = "cipher-hash;group" if group_required else "cipher-hash or cipher-hash;group"
            raise ValueError(f"what CloudStack takes: {wanted}, several with commas, such as aes256-sha256;modp2048")
        return value

    return read


def _proposals(protocol: Protocol) -> Callable[[str], str]:
    def read(value: str) -> str:
        proposals = [one.strip().replace(";", "-") for one in value.split(",")]
        if any(one != "default" and parse_proposal(one, protocol) is None for one in proposals):
            raise ValueError(f"{protocol.upper()} proposals in strongSwan's keywords, such as aes256-sha256-modp2048")
        return ",".join(proposals)

    return read


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit()) or not 0 < int(value) < 2**31:
        raise ValueError("a number of seconds above 0")
    return int(value)


def _yes(value: str) -> bool:
    read = {"true": True, "yes": True, "false": False, "no": False}
    if value.lower() not in read:
        raise ValueError("true or false")
    return read[value.lower()]


def _one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return value

    return read


def _versions(value: str) -> str:
    versions = ["ikev1", "ikev2"] if value == "ike" else [one.strip() for one in value.split(",")]
    if not set(versions) <= {"ikev1", "ikev2"}:
        raise ValueError("ikev1, ikev2, or ike for both")
    return ",".join(versions)


def _release(value: str) -> str:
    if _VERSION.fullmatch(value) is None:
        raise ValueError("a version such as 4.22.0.0")
    return value


_KEYS: Final = {KEY: _one_of("equal", "unequal")}

ROUTER: Final[dict[str, Callable[[str], Any]]] = {
    "publicip": _address,
    "vpc_cidr": _network,
    "gateway": _host,
    "cidrlist": _networks,
    "ikepolicy": _policy(group_required=True),
    "esppolicy": _policy(group_required=False),
    "ikelifetime": _number,
    "esplifetime": _number,
    "dpd": _yes,
    "forceencap": _yes,
    "splitconnections": _yes,
    "ikeversion": _one_of("ike", "ikev1", "ikev2"),
    "passive": _yes,
    "cloudstackversion": _release,
    "local_ip": _address,
    "remote_access": _yes,
}
"""The fields of a connection, and how the text of each is read."""

BOOK: Final[dict[str, Callable[[str], Any]]] = {
    "implementation": _text,
    "address": _host_or_any,
    "public_address": _host,
    "id": _text,
    "peer_address": _host_or_any,
    "peer_id": _text,
    "ike_versions": _versions,
    "initiates_with": _one_of("ikev1", "ikev2"),
    "ike_proposals": _proposals("ike"),
    "ike_strict": _yes,
    "esp_proposals": _proposals("esp"),
    "esp_strict": _yes,
    "local_subnets": _networks,
    "remote_subnets": _networks,
    "one_sa_per_pair": _yes,
    "exact_selectors": _yes,
    "ike_lifetime_s": _number,
    "esp_lifetime_s": _number,
    "dpd": _yes,
    "force_encap": _yes,
    "auto": _one_of("ignore", "add", "route", "start"),
    "aggressive": _yes,
    "mobike": _yes,
}
"""The columns of `peers` that a prediction reads, and how the text of each is read."""
