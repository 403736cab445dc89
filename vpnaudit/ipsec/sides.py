"""The two ends of a tunnel, and the path between them, as they are known before anything is negotiated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

from vpnaudit.errors import EstateError

if TYPE_CHECKING:
    from collections.abc import Mapping

Initiator = Literal["router", "peer"]
Psk = Literal["equal", "unequal", "unknown"]
PeerNat = Literal["none", "masquerade", "forwarded"]
Childless = Literal["allow", "never", "force"]
VirtualIp = Literal["asks", "gives"]
ANY: Final = "%any"
PSK: Final = "psk"
ANY_METHOD: Final = "any"

_NEEDED = ("publicip", "gateway", "cidrlist", "ikepolicy", "esppolicy")


class Side(StrEnum):
    """Whose configuration something is, or who can change it, as a reader is told."""

    NEAR = "CloudStack side"
    FAR = "far side"
    EITHER = "either end"
    BOTH = "both ends"
    NETWORK = "the network between"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class RouterSide:
    """A connection as CloudStack holds it; the fields are named as in listVpnConnections.

    `vpc_cidr` is the `cidr` of its VPC; `cloudstackversion` that of listCapabilities (None: hidden, the current router
    is assumed). `local_ip` is the router's own address where `publicip` is not on it (static NAT in front of the
    router; None: it is on it). `remote_access` says that the VPC has a remote-access VPN, whose L2TP connection takes
    any peer. Lifetimes are in seconds.
    """

    publicip: str
    vpc_cidr: str
    gateway: str
    cidrlist: str
    ikepolicy: str
    esppolicy: str
    ikelifetime: int = 86400
    esplifetime: int = 3600
    dpd: bool = False
    forceencap: bool = False
    splitconnections: bool = False
    ikeversion: str = "ike"
    passive: bool = False
    cloudstackversion: str | None = None
    local_ip: str | None = None
    remote_access: bool = False

    @classmethod
    def from_connection(
        cls,
        row: Mapping[str, Any],
        *,
        vpc_cidr: str,
        cloudstackversion: str | None = None,
        local_ip: str | None = None,
        remote_access: bool = False,
    ) -> RouterSide:
        """Read one connection of listVpnConnections.

        Args:
            row: the API's fields; a value of None counts as absent, other fields are ignored (a key among them is not
                kept).
            vpc_cidr: `cidr` of the VPC, the local traffic selector.
            cloudstackversion: of the management server.
            local_ip: see the class.
            remote_access: see the class.

        Raises:
            EstateError: a field is absent without which nothing can be told. `ikeversion` and `splitconnections` are
                absent before 4.15.1, which is what their defaults mean.
        """
        absent = [name for name in _NEEDED if row.get(name) is None]
        if absent:
            raise EstateError(
                f"VPN connection {row.get('id', '?')}: no {', '.join(absent)}; collect listVpnConnections again"
            )
        settings = {name: row[name] for name in cls.__dataclass_fields__ if row.get(name) is not None}
        settings |= {
            "vpc_cidr": vpc_cidr,
            "cloudstackversion": cloudstackversion,
            "local_ip": local_ip,
            "remote_access": remote_access,
        }
        return cls(**settings)


@dataclass(frozen=True, slots=True)
class PeerSide:
    """The far end, as its own configuration says; None means that it is not known.

    `address` is its own (`%any`: whatever it has), `public_address` the one that the router sees where a NAT stands
    before it; `peer_address` and `peer_id` are what it expects of the router. Proposals are strongSwan strings with
    their group, in order; an empty tuple means that the peer's defaults hold. `strict` is true of every box that offers
    what it was told and nothing else. `one_sa_per_pair`: one CHILD_SA for each pair of subnets. `exact_selectors`: it
    refuses selectors that are not exactly its own (None: not known, which lowers the confidence where they differ).
    `implementation` is `strongswan`, `cloudstack` or any other name.

    `auth` are the rounds in which it authenticates itself, `peer_auth` those that it asks of the router (`psk`,
    `pubkey`, `eap`, `xauth`, `any`). `keyless` are the initiators for which its own keys, all of which are known, hold
    none for the router; `start_psk` compares the key with which it starts where that is another one. `childless` is how
    it makes an IKE_SA of IKEv2 (RFC 6023), `virtual_ip` whether it asks for an inner address or wants one to be asked
    for, `mode` what its CHILD_SAs are. `refused` says why the device does not load its own configuration (None: it
    does); `unread` are settings that were not understood, which lower the confidence.
    """

    address: str
    id: str | None = None
    peer_address: str | None = None
    peer_id: str | None = None
    public_address: str | None = None
    ike_versions: tuple[int, ...] | None = None
    initiates_with: int | None = None
    ike_proposals: tuple[str, ...] | None = None
    esp_proposals: tuple[str, ...] | None = None
    strict: bool = True
    subnets: tuple[str, ...] | None = None
    remote_subnets: tuple[str, ...] | None = None
    one_sa_per_pair: bool | None = None
    exact_selectors: bool | None = None
    ike_lifetime_s: int | None = None
    esp_lifetime_s: int | None = None
    dpd: bool | None = None
    forceencaps: bool | None = None
    passive: bool | None = None
    aggressive: bool = False
    mobike: bool = True
    implementation: str | None = None
    auth: tuple[str, ...] = (PSK,)
    peer_auth: tuple[str, ...] = (PSK,)
    keyless: tuple[Initiator, ...] = ()
    start_psk: Psk | None = None
    childless: Childless = "allow"
    virtual_ip: VirtualIp | None = None
    mode: str = "tunnel"
    refused: str | None = None
    unread: tuple[str, ...] = ()

    @property
    def seen_address(self) -> str:
        """The address that the router sees."""
        return self.public_address or self.address


@dataclass(frozen=True, slots=True)
class Path:
    """The network between the ends, as far as anything is known of it; the default is an open path.

    `peer_nat`: a NAT before the peer, plain (`masquerade`) or with UDP 500 and 4500 forwarded to it. `udp_500` and
    `udp_4500` are true when both directions pass. `userland_esp`: an end always encapsulates in UDP 4500 (strongSwan's
    kernel-libipsec).
    """

    udp_500: bool = True
    udp_4500: bool = True
    fragments: bool = True
    mtu_bytes: int = 1500
    peer_nat: PeerNat = "none"
    userland_esp: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """All that a prediction depends on."""

    router: RouterSide
    peer: PeerSide
    psk: Psk = "unknown"
    path: Path = Path()

    def psk_of(self, initiator: Initiator) -> Psk:
        """Whether the keys are the same where this end starts."""
        return (self.peer.start_psk if initiator == "peer" else None) or self.psk

    def with_peer(self, **changes: Any) -> Case:
        """The same with other values at the peer."""
        return replace(self, peer=replace(self.peer, **changes))
