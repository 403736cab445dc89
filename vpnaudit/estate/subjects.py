"""Who and where each object is, by name: the path that a finding shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

COLUMNS = (
    "kind",
    "source",
    "id",
    "name",
    "zone",
    "domain",
    "account",
    "project",
    "vpc",
    "vpc_id",
    "customer_gateway",
    "customer_gateway_id",
)

KINDS = {
    "customer gateway": "customer_gateways",
    "connection": "connections",
    "VPN gateway": "vpn_gateways",
    "VPC": "vpcs",
    "tier": "tiers",
    "ACL list": "acl_lists",
    "ACL rule": "acl_rules",
    "router": "routers",
    "service offering": "service_offerings",
    "source": "sources",
}
"""What a rule can judge, and the table it stands in."""


def subjects(tables: Tables) -> pd.DataFrame:
    """One row for every object that a rule can judge. Columns: `COLUMNS`, all strings; `id` of a source is its name.

    A customer gateway belongs to no zone and no VPC: it shows those of its connections, as a comma list.
    """
    links = tables["tunnels"]
    owners = _vpc_places(tables)
    parts = [
        _place("connection", links.assign(name=links["label"])),
        _place("customer gateway", tables["customer_gateways"].merge(_used_by(links), on=["source", "id"], how="left")),
        _place("VPN gateway", _inside(tables["vpn_gateways"], owners)),
        _place("VPC", tables["vpcs"].assign(vpc=tables["vpcs"]["name"], vpc_id=tables["vpcs"]["id"])),
        _place("tier", tables["tiers"]),
        _place("ACL list", _inside(tables["acl_lists"], owners)),
        _place("ACL rule", _rules(tables, owners)),
        _place("router", tables["routers"]),
        _place("service offering", tables["service_offerings"]),
        _place("source", tables["sources"].assign(id=tables["sources"]["source"], name=tables["sources"]["source"])),
    ]
    return pd.concat(parts, ignore_index=True)


def _place(kind: str, frame: pd.DataFrame) -> pd.DataFrame:
    part = frame.assign(kind=kind)
    if kind == "customer gateway":
        part = part.assign(customer_gateway=part["name"], customer_gateway_id=part["id"])
    return part.reindex(columns=list(COLUMNS)).astype(STRING)


def _vpc_places(tables: Tables) -> pd.DataFrame:
    vpcs = tables["vpcs"][["source", "id", "name", "zone", "domain", "account", "project"]]
    return vpcs.rename(columns={"id": "vpc_id", "name": "vpc_name"})


def _inside(frame: pd.DataFrame, owners: pd.DataFrame) -> pd.DataFrame:
    """Objects that belong to a VPC take its zone and owner, and its name where they carry none."""
    own = frame[[c for c in frame.columns if c not in ("zone", "domain", "account", "project") or c not in owners]]
    rows = own.merge(owners, on=["source", "vpc_id"], how="left")
    rows["vpc"] = rows["vpc_name"].fillna(rows["vpc"])
    return rows.assign(name=rows["name"] if "name" in rows else rows["vpc"])


def _rules(tables: Tables, owners: pd.DataFrame) -> pd.DataFrame:
    lists = tables["acl_lists"][["source", "id", "name", "vpc_id", "vpc"]].rename(
        columns={"id": "acl_id", "name": "list_name"}
    )
    rules = tables["acl_rules"].merge(lists, on=["source", "acl_id"], how="left")
    named = rules.assign(name=rules["list_name"].fillna(rules["acl"]) + " " + rules["number"].astype(STRING))
    return _inside(named, owners)


def _used_by(links: pd.DataFrame) -> pd.DataFrame:
    """Of each customer gateway the zones, the VPCs and their ids, as comma lists."""
    used = links.rename(columns={"id": "connection_id", "customer_gateway_id": "id"}).dropna(subset=["id"])
    joined = used[_KEYS].drop_duplicates(ignore_index=True)
    for column in ("zone", "vpc", "vpc_id"):
        joined = joined.merge(_comma_lists(used, column), on=_KEYS, how="left")
    return joined


_KEYS = ["source", "id"]


def _comma_lists(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """The distinct texts of a column by source and id, in order; nearly all have one, which stays as it is."""
    texts = rows[[*_KEYS, column]].dropna().drop_duplicates()
    is_alone = ~texts.duplicated(_KEYS, keep=False)
    several = texts[~is_alone].groupby(_KEYS)[column].agg(lambda names: ", ".join(sorted(names))).reset_index()
    lists = pd.concat([texts[is_alone], several.astype(STRING)], ignore_index=True)
    return lists[lists[column] != ""]
