"""What the CloudStack virtual router writes for a connection.

Source: `systemvm/debian/opt/cloud/bin/configure.py`, class `CsSite2SiteVpn`, read in 4.11.1 and in 4.22/4.23 and run
unmodified (the latter also for the outcomes in `tests/data/truth`). Between them the Python 3 conversion (4.17) left
two traps: lifetimes became decimal hours, and `splitconnections` raised a TypeError until apache/cloudstack#10067
(4.19.2 and 4.20.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.selectors import ChildConfig, networks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.ipsec.sides import RouterSide

CURRENT: Final = (4, 22)
SPLIT_FAILS: Final = (((4, 17), (4, 19, 2)), ((4, 20), (4, 20, 1)))

DECIMAL_HOURS: Final = (
    "routers of 4.17 to 4.21 write lifetimes as decimal hours (24.0h). Measured: strongSwan 5.9.8 refuses them (bad"
    " duration value; the connection is not loaded), yet such releases are in use: it is predicted as if it were"
    " loaded, with lifetimes that are not known"
)
"""What was measured with the file of such a router, and what a prediction makes of it."""

Split = Literal["absent", "works", "fails"]


@dataclass(frozen=True, slots=True)
class Era:
    """What the router of one CloudStack version does.

    `lifetime_unit`: `m` whole minutes, `h` whole hours, `decimal` hours with a fraction: see `DECIMAL_HOURS`.
    `measured`: this version's files were run against real daemons.
    """

    reads_ikeversion: bool
    split: Split
    lifetime_unit: Literal["m", "h", "decimal"]
    leftid: bool
    measured: bool


@lru_cache(maxsize=64)
def era(cloudstackversion: str | None) -> Era:
    """The era of a `cloudstackversion` such as `4.22.0.0-SNAPSHOT`; None or an unreadable one is taken for the
    current.
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", (cloudstackversion or "").split("-")[0]))
    version = numbers or CURRENT
    if version < (4, 15, 1):
        return Era(
            reads_ikeversion=False, split="absent", lifetime_unit="h", leftid=False, measured=version[:2] == (4, 11)
        )
    split: Split = "fails" if any(start <= version < end for start, end in SPLIT_FAILS) else "works"
    if version < CURRENT:
        unit: Literal["h", "decimal"] = "h" if version < (4, 17) else "decimal"
        return Era(reads_ikeversion=True, split=split, lifetime_unit=unit, leftid=False, measured=False)
    return Era(reads_ikeversion=True, split=split, lifetime_unit="m", leftid=True, measured=bool(numbers))


@dataclass(frozen=True, slots=True)
class RouterConfig:
    """The connection as strongSwan on the router reads it.

    `ike` and `esp` are the proposals without `!`: the router never pins them, and the API refuses one. Lifetimes are
    seconds as strongSwan understands what was written, None where that is not known. `written` is false where the
    router fails before it writes a file. `unreadable` are the proposals that its strongSwan takes for invalid, each
    with the policy it stands in: one of them, and nothing of the connection is loaded (measured with 5.9.8). `settings`
    are the lines of the first connection in order.
    """

    name: str
    keyexchange: Literal["ike", "ikev1", "ikev2"]
    ike: tuple[str, ...]
    esp: tuple[str, ...]
    ike_lifetime_s: int | None
    esp_lifetime_s: int | None
    own_id: str
    children: tuple[ChildConfig, ...]
    settings: tuple[tuple[str, str], ...]
    more_subnets: tuple[str, ...]
    written: bool
    unreadable: tuple[tuple[str, str], ...] = ()

    @property
    def refusal(self) -> str | None:
        """Why its strongSwan does not load the connection; None: it does."""
        words = ", ".join(f"{text or 'an empty element'} in {field}" for field, text in self.unreadable)
        return f"strongSwan cannot read {words}" if words else None

    def conf_text(self) -> str:
        """The text of `/etc/ipsec.d/ipsec.vpn-GATEWAY.conf`."""
        lines = [
            f"#conn for {self.name}",
            f"conn {self.name}",
            *(f" {key}={value}" for key, value in self.settings),
            "",
        ]
        for number, subnet in enumerate(self.more_subnets, start=2):
            lines += [f"conn {self.name}-{number}", f" also={self.name}", f" rightsubnet={subnet}", ""]
        return "\n".join(lines)

    def secrets_text(self, key: str) -> str:
        """The text of `/etc/ipsec.d/ipsec.vpn-GATEWAY.secrets` for this key, quoted as the router quotes: not at
        all.
        """
        settings = dict(self.settings)
        return f'{settings.get("leftid", settings["left"])} {settings["right"]} : PSK "{key}"\n'


@lru_cache(maxsize=4096)
def router_config(side: RouterSide) -> RouterConfig:
    """What the router of this CloudStack version writes for the connection: the one place that knows it."""
    this = era(side.cloudstackversion)
    keyexchange = side.ikeversion.lower() if this.reads_ikeversion else "ike"
    if keyexchange not in ("ike", "ikev1", "ikev2"):
        keyexchange = "ike"
    split = side.splitconnections and this.split == "works"
    subnets = [subnet.strip() for subnet in side.cidrlist.split(",")] if split else [side.cidrlist]
    name, left = f"vpn-{side.gateway}", side.local_ip or side.publicip
    ike, esp = side.ikepolicy.replace(";", "-"), side.esppolicy.replace(";", "-")
    dpd = (("dpddelay", "30"), ("dpdtimeout", "120"), ("dpdaction", "restart")) if side.dpd else ()
    settings = (
        ("left", left),
        *((("leftid", side.publicip),) if this.leftid else ()),
        ("leftsubnet", side.vpc_cidr),
        ("right", side.gateway),
        ("rightsubnet", subnets[0]),
        ("type", "tunnel"),
        ("authby", "secret"),
        ("keyexchange", keyexchange),
        ("ike", ike),
        ("ikelifetime", _lifetime_text(side.ikelifetime, this)),
        ("esp", esp),
        ("lifetime", _lifetime_text(side.esplifetime, this)),
        ("keyingtries", "2"),
        ("auto", "route"),
        ("forceencaps", "yes" if side.forceencap else "no"),
        *dpd,
    )
    local = networks((side.vpc_cidr,))
    return RouterConfig(
        name=name,
        keyexchange=keyexchange,  # type: ignore[arg-type] # narrowed above, which mypy does not follow through str methods
        ike=tuple(ike.split(",")),
        esp=tuple(esp.split(",")),
        ike_lifetime_s=_lifetime_s(side.ikelifetime, this),
        esp_lifetime_s=_lifetime_s(side.esplifetime, this),
        own_id=side.publicip if this.leftid else left,
        children=tuple(
            ChildConfig(name if number == 1 else f"{name}-{number}", local, networks(subnet.split(",")))
            for number, subnet in enumerate(subnets, start=1)
        ),
        settings=settings,
        more_subnets=tuple(subnets[1:]),
        written=not (side.splitconnections and this.split == "fails"),
        unreadable=(*_unreadable("ikepolicy", ike, "ike"), *_unreadable("esppolicy", esp, "esp")),
    )


def _unreadable(field: str, text: str, protocol: Protocol) -> Iterator[tuple[str, str]]:
    """The elements that strongSwan takes for invalid; a setting without any text is none, and its defaults hold."""
    if text.strip():
        yield from ((field, one) for one in text.split(",") if parse_proposal(one, protocol) is None)


def _lifetime_text(seconds: int, this: Era) -> str:
    if this.lifetime_unit == "m":
        return f"{int(seconds / 60)}m"
    return f"{seconds // 3600}h" if this.lifetime_unit == "h" else f"{seconds / 3600}h"


def _lifetime_s(seconds: int, this: Era) -> int | None:
    if this.lifetime_unit == "decimal" or seconds < 0:
        return None
    unit = 60 if this.lifetime_unit == "m" else 3600
    return seconds // unit * unit


def effective_psk(key: str) -> bytes | None:
    """The key that strongSwan reads from the line that the router writes, `ADDRESSES : PSK "key"`; None: no usable one.

    A double quote ends the key where it stands (at the start nothing usable is left); a line break before it leaves the
    quote open, and the secret is not loaded ("missing second delimiter"). Everything else is literal. For an end that
    holds real keys, such as the lab.
    """
    line, _, _ = f'{key}"'.partition("\n")
    read, quote, _ = line.partition('"')
    return read.encode() if quote and read else None
