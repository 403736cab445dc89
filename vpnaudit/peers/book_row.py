"""One row of a peer book: what may stand in it, and what each value must look like."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from vpnaudit.ipsec.proposals import Protocol, parse_proposal
from vpnaudit.ipsec.selectors import network
from vpnaudit.ipsec.sides import ANY
from vpnaudit.knowledge import strongswan
from vpnaudit.peers.strongswan_words import DEFAULT, seconds

Version = Literal["ikev1", "ikev2"]
_VERSIONS: Final = {
    "ike": ("ikev1", "ikev2"),
    "ikev1": ("ikev1",),
    "ikev2": ("ikev2",),
    "1": ("ikev1",),
    "2": ("ikev2",),
}
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_LABEL_OF_NUMBERS = re.compile(r"[0-9.]+")


def _list(value: Any) -> Any:
    """A cell holds a list as text, TOML may hold it as one."""
    if isinstance(value, list):
        return tuple(value)
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _yes(value: Any) -> Any:
    return (
        {"yes": True, "true": True, "no": False, "false": False}.get(value.strip().lower(), value)
        if isinstance(value, str)
        else value
    )


def _versions(value: Any) -> Any:
    parts = _list(value)
    return (
        tuple(name for one in parts for name in _VERSIONS.get(str(one).lower(), (one,)))
        if isinstance(parts, tuple)
        else parts
    )


def _lifetime(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return value
    if not isinstance(value, str) or value.strip().isdigit():
        raise ValueError('say the unit: "28800s", "480m" or "8h"')
    lifetime_s = seconds(value)
    if not lifetime_s:
        raise ValueError('is a number and a unit, such as "28800s", "480m" or "8h"')
    return lifetime_s


def _address(value: str) -> str:
    if value == ANY or (network(value) is not None and "/" not in value):
        return value
    if _HOST.fullmatch(value) is None or _LABEL_OF_NUMBERS.fullmatch(value):
        raise ValueError("is neither an IPv4 address nor a host name nor %any")
    return value


def _subnets(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if network(value) is None:
            raise ValueError("holds what is no IPv4 network such as 10.2.0.0/16")
    return tuple(str(network(value)) for value in values)


def _proposals(values: Any, protocol: Protocol) -> Any:
    """The notation of strongSwan, or CloudStack's with `;` before the group."""
    parts = _list(values)
    if not isinstance(parts, tuple) or not all(isinstance(one, str) for one in parts):
        return parts
    proposals = tuple(one.strip().replace(";", "-") for one in parts)
    for one in proposals:
        if one != DEFAULT and parse_proposal(one, protocol) is None:
            needs = "cipher-hash-group" if protocol == "ike" else "cipher-hash or cipher-hash-group"
            raise ValueError(
                f"holds what is no {protocol.upper()} proposal: write {needs} in strongSwan's keywords, such as"
                " aes256-sha256-modp2048"
            )
    return proposals


def _ike(values: Any) -> Any:
    return _proposals(values, "ike")


def _esp(values: Any) -> Any:
    return _proposals(values, "esp")


def _groups(values: tuple[str, ...]) -> tuple[str, ...]:
    groups, aliases = strongswan.keywords("group"), strongswan.aliases()
    numbers = {str(group["number"]): name for name, group in groups.items()}
    keywords = tuple(numbers.get(value, aliases.get(value, value)) for value in values)
    for value in keywords:
        if value not in groups:
            raise ValueError("holds what is no group: write its number or a keyword such as modp2048")
    return keywords


Text = Annotated[str, Field(min_length=1, max_length=256)]
Address = Annotated[str, AfterValidator(_address)]
Yes = Annotated[bool, BeforeValidator(_yes)]
Lifetime = Annotated[int, BeforeValidator(_lifetime)]
Subnets = Annotated[tuple[str, ...], BeforeValidator(_list), Field(min_length=1), AfterValidator(_subnets)]


class BookRow(BaseModel):
    """The keys of `[[peer]]` and the columns of a sheet; what is left out is not known.

    No value is part of an error that pydantic makes, and the keys `psk` and `psk_file` never get here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    name: Text
    connection_id: Text | None = None
    implementation: Text | None = None
    address: Address | None = None
    public_address: Address | None = None
    id: Text | None = None
    peer_address: Address | None = None
    peer_id: Text | None = None
    ike_versions: Annotated[tuple[Version, ...], BeforeValidator(_versions), Field(min_length=1)] | None = None
    initiates_with: Version | None = None
    ike_proposals: Annotated[tuple[str, ...], BeforeValidator(_ike), Field(min_length=1)] | None = None
    esp_proposals: Annotated[tuple[str, ...], BeforeValidator(_esp), Field(min_length=1)] | None = None
    pfs_groups: Annotated[tuple[str, ...], BeforeValidator(_list), AfterValidator(_groups)] | None = None
    strict: Yes | None = None
    local_subnets: Subnets | None = None
    remote_subnets: Subnets | None = None
    one_sa_per_pair: Yes | None = None
    exact_selectors: Yes | None = None
    ike_lifetime: Lifetime | None = None
    esp_lifetime: Lifetime | None = None
    dpd: Yes | None = None
    force_encap: Yes | None = None
    auto: Literal["add", "route", "start"] | None = None
    aggressive: Yes | None = None
    mobike: Yes | None = None

    @model_validator(mode="after")
    def _one_meaning(self) -> BookRow:
        if self.address is None and self.public_address is None and self.connection_id is None:
            raise ValueError(
                "address: say its address, or connection_id: without either nobody can tell which tunnel this is"
            )
        if self.pfs_groups and self.esp_proposals is None:
            raise ValueError("pfs_groups: name the esp_proposals that they belong to")
        if self.pfs_groups is not None and any(
            (proposal := parse_proposal(text, "esp")) and proposal.group for text in self.esp_proposals or ()
        ):
            raise ValueError("pfs_groups: the esp_proposals name groups already; say them in one place")
        if self.initiates_with and self.ike_versions and self.initiates_with not in self.ike_versions:
            raise ValueError("initiates_with: is none of ike_versions")
        return self

    @property
    def esp_with_groups(self) -> tuple[str, ...] | None:
        """The ESP proposals, each with the groups of `pfs_groups`."""
        if not self.esp_proposals or not self.pfs_groups:
            return self.esp_proposals
        return tuple("-".join((one, *self.pfs_groups)) if one != DEFAULT else one for one in self.esp_proposals)
