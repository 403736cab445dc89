"""What follows from the tables by joining them: tunnels, both ends of a tunnel, the operator's overview, the path of
each subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.columns import BOOLEAN, STRING

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

ARROW = " ← "
NO_RETURN = "the far VPC has no connection back: see one-sided-connection"
RETURN_UNCLEAR = "whether the far VPC has a connection back is not known: a connection does not say all of its ends"
_JOINED = ("vpc_id", "vpc", "vpc_cidr", "zone_id", "zone", "customer_gateway", "label")


def tunnels(tables: Tables) -> pd.DataFrame:
    """One row a connection: the columns of `connections`, and vpc_id, vpc, vpc_cidr, zone_id, zone, customer_gateway,
    label.

    The joined columns are missing where the other object was not collected: a connection of CloudStack carries only two
    ids. The label is ours, since connections have no name: `VPC ← customer gateway`.
    """
    gateways = tables["vpn_gateways"][["source", "id", "vpc_id", "vpc"]].rename(columns={"id": "vpn_gateway_id"})
    vpcs = tables["vpcs"][["source", "id", "name", "cidr", "zone_id", "zone"]]
    vpcs = vpcs.rename(columns={"id": "vpc_id", "name": "vpc_name", "cidr": "vpc_cidr"})
    far = tables["customer_gateways"][["source", "id", "name"]].rename(
        columns={"id": "customer_gateway_id", "name": "customer_gateway"}
    )
    rows = tables["connections"].merge(gateways, on=["source", "vpn_gateway_id"], how="left")
    rows = rows.merge(vpcs, on=["source", "vpc_id"], how="left").merge(
        far, on=["source", "customer_gateway_id"], how="left"
    )
    rows["vpc"] = rows["vpc_name"].fillna(rows["vpc"])
    near = rows["vpc"].fillna(rows["public_ip"]).fillna("not collected")
    rows["label"] = near + ARROW + rows["customer_gateway"].fillna(rows["gateway"]).fillna("not collected")
    return rows[[*tables["connections"].columns, *_JOINED]]


def pairs(tables: Tables) -> pd.DataFrame:
    """Connections whose peer is the VPN gateway of another VPC of the estate, of any zone and source, joined with what
    comes back.

    Columns: those of `tunnels`, the same with `_far` for the connection back (missing: there is none), and far_source,
    far_vpn_gateway_id, far_vpc_id, far_vpc_name, far_vpc_cidr for the far VPC. A peer address that several gateways
    carry is looked for in the same source first; if it still fits several, the connection is left out, since nobody can
    say which one it means. So is one whose peer is its own gateway. `return_unclear`: no connection back was seen, and
    cells are missing that could name one.
    """
    near = tables["tunnels"]
    gateways = tables["vpn_gateways"][["source", "id", "vpc_id", "public_ip"]].rename(
        columns={"source": "far_source", "id": "far_vpn_gateway_id", "vpc_id": "far_vpc_id", "public_ip": "gateway"}
    )
    vpcs = tables["vpcs"][["source", "id", "name", "cidr"]].rename(
        columns={"source": "far_source", "id": "far_vpc_id", "name": "far_vpc_name", "cidr": "far_vpc_cidr"}
    )
    rows = near.merge(gateways.dropna(subset=["gateway"]), on="gateway")
    same_source = (rows["far_source"] == rows["source"]).fillna(value=False)
    itself = same_source & (rows["far_vpn_gateway_id"] == rows["vpn_gateway_id"]).fillna(value=False)
    rows, same_source = rows[~itself], same_source[~itself]
    fits_same_source = same_source.groupby([rows["source"], rows["id"]]).transform("any")
    rows = rows[same_source | ~fits_same_source]
    rows = rows[~rows.duplicated(["source", "id"], keep=False)].merge(vpcs, on=["far_source", "far_vpc_id"], how="left")
    far = near.add_suffix("_far").rename(
        columns={"source_far": "far_source", "vpn_gateway_id_far": "far_vpn_gateway_id"}
    )
    far = far.assign(public_ip=far["gateway_far"]).dropna(subset=["public_ip"])  # or missing would meet missing
    joined = rows.merge(far, on=["far_source", "far_vpn_gateway_id", "public_ip"], how="left")
    return joined.assign(return_unclear=joined["id_far"].isna() & _may_have_return(joined, near))


def _may_have_return(rows: pd.DataFrame, near: pd.DataFrame) -> pd.Series:
    """Whether a connection back may be among those that do not say where they begin or where they go."""
    aimless, loose = near["gateway"].isna(), near["vpn_gateway_id"].isna()

    def matches(columns: list[str], connections: pd.DataFrame) -> pd.Series:
        return pd.Series(
            pd.MultiIndex.from_frame(rows[columns]).isin(pd.MultiIndex.from_frame(connections)), index=rows.index
        )

    return (
        rows["public_ip"].isna()
        | matches(["far_source", "far_vpn_gateway_id"], near.loc[aimless & ~loose, ["source", "vpn_gateway_id"]])
        | matches(["far_source", "public_ip"], near.loc[loose & ~aimless, ["source", "gateway"]])
        | rows["far_source"].isin(near.loc[loose & aimless, "source"])
    )


_FAR_END = ("far_source", "far_vpn_gateway_id", "far_vpc_id", "far_vpc_name", "far_vpc_cidr")
_FAR_SETTINGS = ("id", "label", "cidr_list", "ike_version", "passive", "psk_fingerprint")


def both_ends(tables: Tables) -> pd.DataFrame:
    """Every connection with its far end: one row a connection and connection back, for rules that compare the two.

    The columns of `tunnels`; the far end's ids and settings as in `pairs`; and `answered`: True where a connection
    comes back, False where the far gateway is of this estate and has none, missing where the far side is not in the
    estate, or `return_unclear`. `unanswered`: in words.
    """
    columns = ["source", "id", "return_unclear", *_FAR_END, *(f"{name}_far" for name in _FAR_SETTINGS)]
    ends = tables["tunnels"].merge(tables["pairs"][columns], on=["source", "id"], how="left")
    unclear = ends["return_unclear"].astype(BOOLEAN).fillna(value=False)
    answered = ends["id_far"].notna().astype(BOOLEAN).where(ends["far_vpn_gateway_id"].notna() & ~unclear)
    words = answered.map({True: None, False: NO_RETURN}, na_action="ignore")
    unanswered = words.astype(STRING).where(
        answered.notna(), "the far side is no VPC of this estate, and its configuration is not known"
    )
    return ends.assign(answered=answered, unanswered=unanswered.mask(unclear, RETURN_UNCLEAR), return_unclear=unclear)


def overview(tables: Tables) -> pd.DataFrame:
    """The join an operator wants first: one row a connection, everything by name.

    Columns: source, zone, domain, account, project, vpc, vpc_cidr, tiers, acls, public_ip, customer_gateway, gateway,
    cidr_list, ike_policy, esp_policy, ike_version, state, id. `tiers` and `acls` are comma lists in the order of the
    tiers' networks.
    """
    tiers = tables["tiers"].sort_values(["source", "vpc_id", "cidr"])
    names = tiers.assign(acls=tiers["acl"].fillna("none")).groupby(["source", "vpc_id"])
    joined = names.agg(tiers=("name", ", ".join), acls=("acls", ", ".join)).reset_index() if len(tiers) else _no_tiers()
    rows = tables["tunnels"].merge(joined, on=["source", "vpc_id"], how="left")
    return rows[list(_OVERVIEW)].sort_values(["source", "zone", "vpc", "customer_gateway"], ignore_index=True)


_OVERVIEW = (
    *(
        "source",
        "zone",
        "domain",
        "account",
        "project",
        "vpc",
        "vpc_cidr",
        "tiers",
        "acls",
        "public_ip",
        "customer_gateway",
    ),
    *("gateway", "cidr_list", "ike_policy", "esp_policy", "ike_version", "state", "id"),
)


def _no_tiers() -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype=STRING) for c in ("source", "vpc_id", "tiers", "acls")})
