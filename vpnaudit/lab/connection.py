"""From a name on the command line to the two ends that the lab runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.errors import ConfigError
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.negotiate import peer_from_router
from vpnaudit.ipsec.sides import PeerSide, Psk, RouterSide
from vpnaudit.peers.side import peer_side

if TYPE_CHECKING:
    from vpnaudit.estate import Estate

_LISTED: Final = 12

# Columns of `tunnels` by the names of the API, which RouterSide has.
_API: Final = {
    "publicip": "public_ip",
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
    "passive": "passive",
}


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of one connection; `far` says where the peer's side comes from, and `label` names the connection (hostile text)."""

    label: str
    router: RouterSide
    peer: PeerSide
    psk: Psk
    far: str


def ends(estate: Estate, text: str, *, peers: pd.DataFrame | None = None) -> Ends:
    """Both ends of the connection that `text` names.

    Args:
        estate: with its tables.
        text: a UUID or a beginning of it that no other has, `vpc/customer-gateway`, or the peer's address.
        peers: rows of the table `peers` beside the estate's own.

    Raises:
        ConfigError: nothing or more than one connection is meant; or the far side is not known.
        EstateError: a setting was not collected.
    """
    row = _find(estate["tunnels"], text)
    router = _router(estate, row)
    back = _matching(estate["pairs"].dropna(subset=["id_far"]), row)
    if len(back):
        far = {name.removesuffix("_far"): value for name, value in _row(back).items() if name.endswith("_far")}
        far |= {"source": _row(back)["far_source"], "vpc_cidr": _row(back)["far_vpc_cidr"]}
        where = f"the connection back, {far['id']}"
        return Ends(row["label"], router, peer_from_router(_router(estate, far)), _psk(row, far), where)
    books = [frame for frame in (peers, estate["peers"]) if frame is not None and len(frame)]
    known = _far_rows(pd.concat(books, ignore_index=True), row) if books else pd.DataFrame()
    if len(known) != 1:
        raise ConfigError(_unknown_far(row, known))
    far = _row(known)
    return Ends(row["label"], router, peer_side(far), _psk(row, far), f"{far['book']}, {far['name']}")


def _find(tunnels: pd.DataFrame, text: str) -> dict[str, Any]:
    wanted = text.strip().casefold()
    vpc, slash, gateway = wanted.partition("/")

    def same(column: str, value: str) -> pd.Series[bool]:
        return (tunnels[column].str.casefold() == value).fillna(value=False).astype(bool)

    exact = same("id", wanted)
    hit = tunnels[exact]
    if hit.empty and wanted:
        begins = tunnels["id"].str.casefold().str.startswith(wanted).fillna(value=False).astype(bool)
        named = (same("vpc", vpc) & same("customer_gateway", gateway)) if slash else same("gateway", wanted)
        hit = tunnels[begins | named | same("gateway", wanted)]
    if len(hit) == 1:
        return _row(hit)
    if hit.empty:
        raise ConfigError(
            f"No connection is meant by {one_line(text)[:80]!r}. Name it by its UUID or the beginning of it, by vpc/customer-gateway, "
            "or by the peer's address."
        )
    listed = "".join(f"\n  {row['id']}  {one_line(str(row['label']))}" for row in hit.head(_LISTED).to_dict("records"))
    raise ConfigError(f"{len(hit)} connections are meant by {one_line(text)[:80]!r}; name one by its UUID:{listed}")


def _row(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): value for name, value in frame.iloc[0].items()}


def _router(estate: Estate, row: dict[str, Any]) -> RouterSide:
    known = {api: None if pd.isna(row[column]) else row[column] for api, column in _API.items()}
    known = {api: getattr(value, "item", lambda value=value: value)() for api, value in known.items()}
    sources = estate["sources"]
    version = sources.loc[(sources["source"] == row["source"]).fillna(value=False), "cloudstack_version"].dropna()
    single = estate["remote_access_vpns"]
    users = ((single["source"] == row["source"]) & (single["public_ip"] == row["public_ip"])).fillna(value=False)
    if pd.isna(row["vpc_cidr"]):
        raise ConfigError(
            f"Connection {row['id']}: its VPC was not collected, so that its network is not known. Collect with a key that sees it."
        )
    return RouterSide.from_connection(
        {"id": row["id"], **known},
        vpc_cidr=row["vpc_cidr"],
        cloudstackversion=version.iloc[0] if len(version) else None,
        remote_access=bool(users.any()),
    )


def _matching(frame: pd.DataFrame, row: dict[str, Any]) -> pd.DataFrame:
    same: pd.DataFrame = frame.loc[((frame["source"] == row["source"]) & (frame["id"] == row["id"])).fillna(value=False).astype(bool)]
    return same


def _far_rows(peers: pd.DataFrame, row: dict[str, Any]) -> pd.DataFrame:
    """The rows that say they are this connection's far side; else those with both addresses of the tunnel."""
    found: pd.DataFrame = peers.loc[(peers["connection_id"] == row["id"]).fillna(value=False).astype(bool)]
    if found.empty:
        found = peers.loc[_meets(peers, row)]
    return found.drop_duplicates(["book", "name"])


def _meets(peers: pd.DataFrame, row: dict[str, Any]) -> pd.Series[bool]:
    seen = peers["public_address"].fillna(peers["address"])
    meets = (seen == row["gateway"]) & ((peers["peer_address"] == row["public_ip"]) | peers["peer_address"].isna())
    free: pd.Series[bool] = meets.fillna(value=False).astype(bool) & peers["connection_id"].isna()
    return free


def _psk(ours: dict[str, Any], theirs: dict[str, Any]) -> Psk:
    one, other = ours.get("psk_fingerprint"), theirs.get("psk_fingerprint")
    if pd.isna(one) or pd.isna(other):
        return "unknown"
    return "equal" if one == other else "unequal"


def _unknown_far(row: dict[str, Any], known: pd.DataFrame) -> str:
    name = one_line(str(row["label"]))
    if known.empty:
        return (
            f"The far side of {name} is not known: it is no VPC of this estate, and no peer file tells of {one_line(str(row['gateway']))}. "
            "Give its configuration or a peer book with --peers."
        )
    listed = ", ".join(one_line(f"{one['book']}: {one['name']}") for one in known.head(_LISTED).to_dict("records"))
    return f"{len(known)} tunnels of the peer files fit {name}: {listed}. Set connection_id = {row['id']} in the one that is meant."
