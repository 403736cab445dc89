"""Which connections depend on each object: the one definition of what a finding on that object touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

BASE = ("connections", "vpn_gateways", "vpcs", "customer_gateways", "tiers", "acl_lists", "acl_rules", "routers")
"""The tables that `connections_by_subject` is made of."""

COLUMNS = ("source", "subject_kind", "subject_id", "connection_id")
"""All strings."""


def connections_by_subject(tables: Tables) -> pd.DataFrame:
    """One row an object and connection that depends on it. Columns: `COLUMNS`; kinds as in `subjects.KINDS`.

    A connection depends on itself, its customer gateway, its VPN gateway, its VPC, that VPC's routers and tiers, and
    the access lists of those tiers with their rules. On a source, a service offering, or a list that no tier has, no
    single connection depends.
    """
    ends = tables["tunnels"][["source", "id", "customer_gateway_id", "vpn_gateway_id", "vpc_id"]]
    by_vpc = ends.rename(columns={"id": "connection_id"})[["source", "vpc_id", "connection_id"]].dropna()
    tiers = tables["tiers"][["source", "id", "vpc_id", "acl_id"]]
    lists = tiers[["source", "acl_id", "vpc_id"]].dropna()
    rules = tables["acl_rules"][["source", "id", "acl_id"]].dropna().merge(lists, on=["source", "acl_id"])
    parts = [
        _part("connection", ends.assign(connection_id=ends["id"]), "id"),
        *(
            _part(kind, ends.assign(connection_id=ends["id"]), f"{kind.lower().replace(' ', '_')}_id")
            for kind in ("customer gateway", "VPN gateway")
        ),
        _part("VPC", by_vpc, "vpc_id"),
        _part("tier", tiers.dropna(subset=["vpc_id"]).merge(by_vpc, on=["source", "vpc_id"]), "id"),
        _part("router", tables["routers"][["source", "id", "vpc_id"]].dropna().merge(by_vpc, on=["source", "vpc_id"])),
        _part("ACL list", lists.merge(by_vpc, on=["source", "vpc_id"]), "acl_id"),
        _part("ACL rule", rules.merge(by_vpc, on=["source", "vpc_id"])),
    ]
    return pd.concat(parts, ignore_index=True).drop_duplicates(ignore_index=True)


def _part(kind: str, rows: pd.DataFrame, subject: str = "id") -> pd.DataFrame:
    named = rows.assign(subject_kind=kind, subject_id=rows[subject])
    return named[list(COLUMNS)].dropna().astype(STRING)
