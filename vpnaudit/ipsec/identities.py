"""IKE identities as strongSwan reads them out of text, and how one matches another.

After strongSwan 5.9.8, `src/libstrongswan/utils/identification.c`: the type decides as much as the text, so that
`@203.0.113.2` is a name and never the address 203.0.113.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final, Literal

Kind = Literal["any", "address", "network", "range", "fqdn", "email", "dn", "keyid", "user-fqdn", "other"]

PERFECT: Final = 20
WILDCARD: Final = 19
NETWORK: Final = 10
ANYBODY: Final = 1
NONE: Final = 0

_ANYBODY: Final = frozenset({"", "%any", "%any4", "%any6", "0.0.0.0", "*", "::", "0::0"})  # noqa: S104 - identities, nothing is bound
_PREFIXES: Final[dict[str, Kind]] = {
    **dict.fromkeys(("ipv4:", "ipv6:", "ipv4net:", "ipv6net:", "ipv4range:", "ipv6range:"), "other"),
    **dict.fromkeys(("asn1gn:", "xmppaddr:"), "other"),
    "rfc822:": "email",
    "email:": "email",
    "userfqdn:": "user-fqdn",
    "fqdn:": "fqdn",
    "dns:": "fqdn",
    "asn1dn:": "dn",
    "keyid:": "keyid",
}
"""strongSwan takes the text behind a prefix as it stands, an address too, which then is none (measured: `ipv4:` and the
router's own address do not match).
"""
_SIGNS: Final[dict[str, Kind]] = {"@#": "keyid", "@@": "user-fqdn", "@": "fqdn"}
_WITHOUT_CASE: Final = frozenset({"fqdn", "email", "dn"})


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity: its type, and its value in a form in which equal ones are equal."""

    kind: Kind
    value: str = ""

    @property
    def wild(self) -> bool:
        """Whether it stands for several, so that strongSwan does not send it as the identity that it expects."""
        return self.kind == "any" or (self.kind in _WITHOUT_CASE and "*" in self.value)


@lru_cache(maxsize=16384)
def identity(text: str) -> Identity:
    """An identity as strongSwan reads it; the anybody of `%any`, `*`, `0.0.0.0` and nothing at all."""
    for prefix, kind in _PREFIXES.items():
        if text.startswith(prefix):
            return _typed(kind, text.removeprefix(prefix))
    if "=" in text:
        return _typed("dn", text)
    for sign, kind in _SIGNS.items():
        if text.startswith(sign):
            return _typed(kind, text.removeprefix(sign))
    if "@" in text:
        return _typed("email", text)
    return Identity("any") if text in _ANYBODY else _address(text)


def _typed(kind: Kind, text: str) -> Identity:
    if kind == "dn":
        parts = [part.strip() for part in text.replace("/", ",").split(",")]
        return Identity(kind, ",".join(part for part in parts if part).casefold())
    return Identity(kind, text.casefold() if kind in _WITHOUT_CASE or kind == "keyid" else text)


def _address(text: str) -> Identity:
    try:
        if "/" in text:
            return Identity("network", str(ip_network(text, strict=False)))
        if "-" in text and all(part.strip() for part in text.split("-", 1)):
            first, last = (ip_address(part.strip()) for part in text.split("-", 1))
            return Identity("range", f"{first}-{last}")
        return Identity("address", str(ip_address(text)))
    except ValueError:
        return Identity("keyid", text) if ":" in text else Identity("fqdn", text.casefold())


def match(own: Identity, expected: Identity) -> int:
    """How well an identity fits the one that is expected: 0 not at all, more is better, as strongSwan ranks keys."""
    if expected.kind == "any":
        return ANYBODY
    if own == expected:
        return PERFECT
    if own.kind == "address" and expected.kind in ("network", "range"):
        return NETWORK if _holds(expected, own) else NONE
    if own.kind == expected.kind and expected.kind in ("fqdn", "email") and expected.value.startswith("*"):
        if expected.value == "*":
            return ANYBODY
        return WILDCARD if own.value.endswith(expected.value[1:]) else NONE
    return NONE


def _holds(expected: Identity, own: Identity) -> bool:
    address = ip_address(own.value)
    if expected.kind == "network":
        return address in ip_network(expected.value)
    first, last = (ip_address(part) for part in expected.value.split("-"))
    return bool(first.version == address.version == last.version and int(first) <= int(address) <= int(last))


def same_identity(one: str, other: str) -> bool:
    """Whether two texts mean the same identity, or either means anybody."""
    first, second = identity(one), identity(other)
    return "any" in (first.kind, second.kind) or first == second


def accepts(expected: str, own: str) -> bool:
    """Whether an end that expects one identity takes another as that."""
    return match(identity(own), identity(expected)) > NONE
