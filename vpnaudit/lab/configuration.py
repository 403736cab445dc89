"""The files of both ends: the router's as its CloudStack version writes them, the peer's in its own words as
ipsec.conf.

The values come from tenants and strangers, and strongSwan runs as root: an ipsec.conf can name a program (`leftupdown`)
or a file (`include`). So a value that could be more than a value is refused before it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from vpnaudit.errors import LabError
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.router import router_config
from vpnaudit.ipsec.selectors import networks
from vpnaudit.ipsec.sides import ANY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.ipsec.sides import PeerSide, Psk, RouterSide

# Stand-ins: the real keys are unknown by design, and only whether they are equal matters.
KEY: Final = "stand-in-key-of-the-lab"
OTHER_KEY: Final = "another-stand-in-key-of-the-lab"

_VALUE: Final = re.compile(r"[A-Za-z0-9 .,:;/_@%*+!()=-]*")
_NAME: Final = re.compile(r"[A-Za-z0-9.:-]+")

# What CloudStack writes for a remote-access VPN (configure.py, CsRemoteAccessVpn.configure_l2tpIpsec), but for
# auto=route: the trap for 0.0.0.0/0 would swallow every packet, because ESP is made by libipsec here.
_REMOTE_ACCESS: Final = """conn L2TP-PSK
 authby=secret
 rekey=no
 keyingtries=3
 keyexchange=ike
 forceencaps=yes
 left={left}
 leftprotoport=17/1701
 right=%any
 rightprotoport=17/%any
 type=transport
 auto=add
"""


@dataclass(frozen=True, slots=True)
class EndFiles:
    """The files of one end under `/etc`, and the names of the connections in the order in which it starts them."""

    files: dict[str, str]
    connections: tuple[str, ...]


def router_files(side: RouterSide) -> EndFiles:
    """What the virtual router holds, in the files that it has; none for the connection where that router fails to write
    it.

    Raises:
        LabError: a value that must not reach a file.
    """
    config = router_config(side)
    if not _NAME.fullmatch(side.gateway):
        raise _refused("gateway", side.gateway)
    for name, value in (*config.settings, *(("rightsubnet", subnet) for subnet in config.more_subnets)):
        _checked(name, value)
    files = {
        "ipsec.conf": "config setup\n\ninclude ipsec.d/ipsec.*.conf\n",
        "ipsec.secrets": "include /etc/ipsec.d/ipsec.*.secrets\n",
    }
    if config.written:
        files[f"ipsec.d/ipsec.{config.name}.conf"] = config.conf_text()
        files[f"ipsec.d/ipsec.{config.name}.secrets"] = config.secrets_text(KEY)
    if side.remote_access:
        files["ipsec.d/ipsec.l2tp.conf"] = _REMOTE_ACCESS.format(left=_checked("publicip", side.publicip))
    return EndFiles(files, tuple(child.name for child in config.children) if config.written else ())


def peer_files(peer: PeerSide, psk: Psk) -> EndFiles:
    """The peer as a strongSwan that holds what the peer holds; every field must be known.

    Raises:
        LabError: a value that must not reach a file.
    """
    near, far = networks(peer.subnets or ()), networks(peer.remote_subnets or ())
    if peer.one_sa_per_pair:
        pairs = [(str(own), str(other)) for own, other in product(near, far)]
    else:
        pairs = [(",".join(map(str, near)), ",".join(map(str, far)))]
    names = tuple("peer" if number == 1 else f"peer-{number}" for number in range(1, len(pairs) + 1))
    text = "config setup\n"
    for name, (own, other) in zip(names, pairs, strict=True):
        text += f"\nconn {name}\n{_conn(peer, own, other, _keyexchange(peer))}"
    if (
        set(peer.ike_versions or ()) == {1, 2} and peer.initiates_with == 1
    ):  # `ike` would start IKEv2: the version it only accepts
        text += f"\nconn peer-accepts\n{_conn(peer, *pairs[0], 'ikev2')}"
    key = KEY if psk == "equal" else OTHER_KEY
    secrets = "" if peer.keyless else f': PSK "{key}"\n'
    if peer.refused:
        return EndFiles({"ipsec.conf": "config setup\n", "ipsec.secrets": secrets}, ())
    return EndFiles({"ipsec.conf": text, "ipsec.secrets": secrets}, names)


def _keyexchange(peer: PeerSide) -> str:
    versions = set(peer.ike_versions or ())
    if versions == {1, 2}:
        return "ikev1" if peer.initiates_with == 1 else "ike"
    return "ikev1" if versions == {1} else "ikev2"


def _conn(peer: PeerSide, own: str, other: str, keyexchange: str) -> str:
    return "".join(f" {name}={_checked(name, value)}\n" for name, value in _settings(peer, own, other, keyexchange))


def _settings(peer: PeerSide, own: str, other: str, keyexchange: str) -> Iterator[tuple[str, str]]:
    yield from (
        ("left", peer.address),
        ("leftsubnet", own),
        ("right", peer.peer_address or ANY),
        ("rightsubnet", other),
    )
    if peer.id and peer.id != ANY:
        yield "leftid", peer.id
    if peer.peer_id:
        yield "rightid", peer.peer_id
    yield from (
        ("type", peer.mode),
        ("leftauth", peer.auth[0]),
        ("rightauth", peer.peer_auth[0]),
        ("keyexchange", keyexchange),
        ("keyingtries", "1"),
        ("auto", "add"),
    )
    end = "!" if peer.strict else ""
    for name, proposals in (("ike", peer.ike_proposals), ("esp", peer.esp_proposals)):
        if proposals:
            yield name, ",".join(proposals) + end
    for name, seconds in (("ikelifetime", peer.ike_lifetime_s), ("lifetime", peer.esp_lifetime_s)):
        if seconds:
            yield name, f"{seconds}s"
    if peer.dpd:
        yield from (("dpddelay", "30s"), ("dpdtimeout", "120s"), ("dpdaction", "restart"))
    yield "forceencaps", "yes" if peer.forceencaps else "no"
    yield "mobike", "yes" if peer.mobike else "no"
    if peer.aggressive:
        yield "aggressive", "yes"


def _checked(name: str, value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise _refused(name, value)
    return value


def _refused(name: str, value: str) -> LabError:
    return LabError(
        f"{name} is {one_line(value)[:60]!r}: that is no plain value, and the lab does not write it into a file that"
        " strongSwan reads as root. Correct it in CloudStack or in the peer book, then prove the connection again."
    )


def strongswan_conf() -> str:
    """The daemon's own settings: Debian's defaults as the packages ship them, not as this host may have changed them.

    ESP is made by kernel-libipsec, so that a kernel without ESP will do; af-alg is off, which settles the default
    proposals. Retransmission is shortened: it changes when a negotiation that gets no answer is given up, and nothing
    else.
    """
    return """charon {
    load_modular = yes
    retransmit_timeout = 0.5
    retransmit_base = 1.6
    retransmit_tries = 3
    plugins {
        include /usr/share/strongswan/templates/config/plugins/*.conf
        af-alg {
            load = no
        }
        kernel-libipsec {
            load = yes
        }
        stroke {
            timeout = 30000
        }
    }
    filelog {
        lab {
            path = /run/charon.log
            time_format = %b %e %T
            flush_line = yes
            default = 1
            cfg = 2
            chd = 2
        }
    }
}
"""
