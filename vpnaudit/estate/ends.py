"""Both ends of each connection, out of the estate's tables, as `vpnaudit.ipsec` negotiates with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from vpnaudit.errors import ConfigError, EstateError
from vpnaudit.estate.peer_joining import joined_peers
from vpnaudit.estate.peer_sides import peer_side
from vpnaudit.estate.tables import records
from vpnaudit.estate.tunnels import NO_RETURN, RETURN_UNCLEAR
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.negotiate import peer_from_router
from vpnaudit.ipsec.router import era
from vpnaudit.ipsec.sides import Case, PeerSide, Psk, RouterSide

if TYPE_CHECKING:
    import pandas as pd

    Row = dict[str, Any]
    Far = Literal["connection", "peers", "unanswered", "unknown"]

    from vpnaudit.estate.tables import Tables

BASE = ("connections", "vpn_gateways", "vpcs", "customer_gateways", "sources", "remote_access_vpns", "peers")
"""The tables that the ends are made of."""

SETTINGS: Final = {
    "gateway": "gateway",
    "cidrlist": "cidr_list",
    "ikepolicy": "ike_policy",
    "esppolicy": "esp_policy",
    "ikelifetime": "ike_lifetime_s",
    "esplifetime": "esp_lifetime_s",
    "dpd": "dpd",
    "forceencap": "force_encap",
    "splitconnections": "split_connections",
    "ikeversion": "ike_version",
}
"""The settings of a customer gateway, which each of its connections carries, and the columns that hold them."""

API: Final = {"publicip": "public_ip", **SETTINGS, "passive": "passive"}
"""The fields of `RouterSide` and the columns of `tunnels` that hold them."""

_LATER: Final = frozenset({"splitconnections", "ikeversion"})  # CloudStack has them since 4.15.1
_NAMES_IN_ERROR: Final = 8

NOT_KNOWN: Final = "the far side is no VPC of this estate, and no peer book or device file tells of it"
"""Why nothing is compared where no far side is known, in words."""


@dataclass(frozen=True, slots=True)
class Ends:
    """One connection, the far side as far as it is known, and where that is from.

    `far`: `connection` (the far VPC's own), `peers` (a row of that table), `unanswered` (the far VPC is of this estate
    and has no connection back), or `unknown`. `far_id` is that connection's id or that row's name, `told_by` says it in
    words (hostile text). `router` or `peer` is None where it is not known: `reason` (one of `findings.CANNOT_TELL`) and
    `why` then say what is missing. What `peer` was made of, by the names under which it is set there: `far_router`, the
    far VPC's connection as its own router holds it, or `peer_row`, the row of `peers`.
    """

    source: str
    id: str
    label: str
    far: Far
    far_id: str | None = None
    told_by: str = ""
    router: RouterSide | None = None
    peer: PeerSide | None = None
    psk: Psk = "unknown"
    reason: str | None = None
    why: str | None = None
    far_router: RouterSide | None = None
    peer_row: Row | None = field(default=None, compare=False, repr=False)

    @property
    def case(self) -> Case | None:
        """What can be negotiated, over an open path; None where an end is not known."""
        return Case(self.router, self.peer, self.psk) if self.router and self.peer else None


def all_ends(tables: Tables) -> list[Ends]:
    """Of every connection, in the order of `connections`. The far VPC's own connection goes before what a peer book
    says of it.
    """
    return ends_among(tables, tables["tunnels"])


def ends_among(tables: Tables, tunnels: pd.DataFrame) -> list[Ends]:
    """As `all_ends`, of some rows of `tunnels` alone."""
    return _Reading(tables, tunnels).all()


def ends_of(tables: Tables, connection: Row) -> Ends:
    """The ends of one connection; `connection` is its row in `tunnels`, as `find_connection` gives it."""
    tunnels = tables["tunnels"]
    own = (tunnels["source"] == connection["source"]) & (tunnels["id"] == connection["id"])
    return ends_among(tables, tunnels[own])[0]


def known_case(both: Ends) -> Case:
    """What can be negotiated; raises `ConfigError` where an end is not known, which says what to give."""
    if both.case is None:
        more = " Give its configuration or a peer book with --peers." if both.reason == "no-peer-side" else ""
        raise ConfigError(one_line(f"The two ends of {both.label} cannot be compared: {both.why}.") + more)
    return both.case


class _Reading:
    """The tables by what an end is looked up with."""

    def __init__(self, tables: Tables, tunnels: pd.DataFrame) -> None:
        self._near = records(tunnels)
        pairs = tables["pairs"]
        self._paired = {(row["source"], row["id"]): row for row in records(pairs[pairs["id"].isin(tunnels["id"])])}
        self._versions = {row["source"]: row["cloudstack_version"] for row in records(tables["sources"])}
        self._users = {(row["source"], row["public_ip"]) for row in records(tables["remote_access_vpns"])}
        rows_of = joined_peers(tables).rows
        keys = dict.fromkeys((row["source"], row["id"]) for row in self._near)
        positions = {key: [row["position"] for row in rows_of[key]] for key in keys if key in rows_of}
        wanted = sorted({one for several in positions.values() for one in several})
        peers = dict(zip(wanted, records(tables["peers"].iloc[wanted]), strict=True))
        self._peers = {key: [peers[one] for one in several] for key, several in positions.items()}

    def all(self) -> list[Ends]:
        return [self._ends(row) for row in self._near]

    def _ends(self, row: Row) -> Ends:
        named = {"source": row["source"], "id": row["id"], "label": row["label"]}
        try:
            router = self._router(row)
        except EstateError as error:
            return Ends(**named, far="unknown", reason="unknown-value", why=str(error))
        pair = self._paired.get((row["source"], row["id"]))
        if pair and pair["id_far"]:
            return self._answered_ends(named, router, row, pair)
        peer_rows = self._peers.get((row["source"], row["id"]), [])
        if len(peer_rows) == 1:
            (far,) = peer_rows
            fields = {
                **named,
                "far": "peers",
                "far_id": far["name"],
                "told_by": file_row(far["name"], far["book"]),
                "router": router,
            }
            return _of_peer_row(fields, row, far)
        if peer_rows:
            names = ", ".join(file_row(far["name"], far["book"]) for far in peer_rows[:_NAMES_IN_ERROR])
            why = (
                f"{len(peer_rows)} tunnels of the peer files fit it ({names}): set connection_id = {row['id']} in the"
                " one that is meant"
            )
            return Ends(**named, far="unknown", router=router, reason="no-peer-side", why=why)
        if pair:
            fields = {"far": "unanswered", "reason": "no-peer-side", "why": NO_RETURN}
            if pair["return_unclear"]:
                fields = {"far": "unknown", "reason": "unknown-value", "why": RETURN_UNCLEAR}
            return Ends(**named, router=router, **fields)
        return Ends(**named, far="unknown", router=router, reason="no-peer-side", why=NOT_KNOWN)

    def _answered_ends(self, named: Row, router: RouterSide, row: Row, pair: Row) -> Ends:
        far = {name.removesuffix("_far"): value for name, value in pair.items() if name.endswith("_far")}
        far |= {"source": pair["far_source"], "vpc_cidr": pair["far_vpc_cidr"]}
        fields = {
            **named,
            "far": "connection",
            "far_id": far["id"],
            "told_by": connection_back(far["id"]),
            "router": router,
        }
        try:
            far_router = self._router(far)
        except EstateError as error:
            return Ends(**fields, reason="unknown-value", why=str(error))
        return Ends(**fields, peer=peer_from_router(far_router), psk=_psk(row, far), far_router=far_router)

    def _router(self, row: Row) -> RouterSide:
        """As `router_side`."""
        is_used = (row["source"], row["public_ip"]) in self._users
        return router_side(row, version=self._versions.get(row["source"]), remote_access=is_used)


def router_side(row: Row, *, version: str | None, remote_access: bool) -> RouterSide:
    """The router's own end of a row of `tunnels`; `version` is of its CloudStack, `remote_access` says that a VPN for
    single users has the same address. Raises `EstateError` where a setting that decides is missing: a default would be
    a guess.
    """
    settings = {name: row[column] for name, column in API.items()}
    decisive = decisive_settings(version)
    absent = [name for name, value in settings.items() if value is None and name in decisive]
    if row["vpc_cidr"] is None:
        absent.append("cidr of its VPC")
    if absent:
        raise EstateError(f"connection {row['id']} came without {', '.join(absent)}")
    return RouterSide.from_connection(
        {"id": row["id"], **settings},
        vpc_cidr=row["vpc_cidr"],
        cloudstackversion=version,
        remote_access=remote_access,
    )


def decisive_settings(version: str | None) -> list[str]:
    """The settings, as the API names them, without which nothing can be told of a router of this version."""
    old = not era(version).reads_ikeversion
    return [name for name in API if name != "passive" and not (old and name in _LATER)]


def connection_back(connection_id: str) -> str:
    """The far VPC's connection in words, as `told_by` has it."""
    return f"the connection back, {connection_id}"


def file_row(name: str, book: str) -> str:
    """A row of the table `peers` in words, as `told_by` has it."""
    return one_line(f"{name} of {book}")


def _psk(ours: Row, theirs: Row, column: str = "psk_fingerprint") -> Psk:
    near, far = ours["psk_fingerprint"], theirs[column]
    if near is None or far is None:
        return "unknown"
    return "equal" if near == far else "unequal"


def _of_peer_row(fields: Row, ours: Row, theirs: Row) -> Ends:
    """The ends where a row of `peers` is the far one, with the key with which it starts compared where that is another
    one.
    """
    if theirs["undecided"]:
        return Ends(**fields, reason="unknown-value", why=one_line(f"{fields['told_by']}: {theirs['undecided']}"))
    side = peer_side(theirs)
    if theirs["start_fingerprint"] is not None:
        side = replace(side, start_psk=_psk(ours, theirs, "start_fingerprint"))
    return Ends(**fields, peer=side, psk=_psk(ours, theirs), peer_row=theirs)
