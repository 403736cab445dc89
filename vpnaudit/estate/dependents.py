"""Which connections depend on each object: the one definition of what a finding on that object touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.columns import STRING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vpnaudit.estate.tables import Tables

BASE = ("connections", "vpn_gateways", "vpcs", "customer_gateways", "tiers", "acl_lists", "acl_rules", "routers")
"""The tables that `connections_by_subject` is made of."""

COLUMNS = ("source", "subject_kind", "subject_id", "connection_id")


def connections_by_subject(tables: Tables) -> pd.DataFrame:
    """One row an object and connection that depends on it. Columns: `COLUMNS`; kinds as in `subjects.KINDS`.

    A connection depends on itself, its customer gateway, its VPN gateway, its VPC, that VPC's routers and tiers, and
    the access lists of those tiers with their rules. On a source, a service offering, or a list that no tier has, no
    single connection depends. All columns are categories: there are five rows a rule of an access list, and few texts.
    """
    frames = {name: tables[name][list(columns)] for name, columns in _IDS.items()}
    ids = [frame[name] for frame in frames.values() for name in frame if name != "source"]
    kinds = {
        "source": pd.CategoricalDtype(pd.concat([frame["source"] for frame in frames.values()]).dropna().unique()),
        "id": pd.CategoricalDtype(pd.concat(ids).dropna().unique()),
        "subject_kind": pd.CategoricalDtype(list(_KINDS)),
    }
    coded = {
        name: frame.astype({column: kinds["source" if column == "source" else "id"] for column in frame})
        for name, frame in frames.items()
    }
    return _joined(coded, None, kinds["subject_kind"])


_IDS = {
    "tunnels": ("source", "id", "customer_gateway_id", "vpn_gateway_id", "vpc_id"),
    "tiers": ("source", "id", "vpc_id", "acl_id"),
    "acl_rules": ("source", "id", "acl_id"),
    "routers": ("source", "id", "vpc_id"),
}
_KINDS = ("connection", "customer gateway", "VPN gateway", "VPC", "tier", "router", "ACL list", "ACL rule")


def connections_of_subjects(tables: Tables, subjects: pd.DataFrame) -> pd.DataFrame:
    """The rows of `connections_by_subject` about some objects: those in the columns source, subject_kind and subject_id
    of `subjects`. All strings.
    """
    keys = subjects[["source", "subject_kind", "subject_id"]].astype(STRING).drop_duplicates()
    return _joined({name: tables[name] for name in _IDS}, keys, STRING)


def _joined(tables: Mapping[str, pd.DataFrame], subjects: pd.DataFrame | None, kinds: Any) -> pd.DataFrame:
    """The rows about these subjects, None: about all. The tables' ids are of one type, that of kinds is `kinds`."""

    def wanted(kind: str, rows: pd.DataFrame, column: str = "id") -> pd.DataFrame:
        if subjects is None:
            return rows
        return rows[rows[column].isin(subjects.loc[subjects["subject_kind"] == kind, "subject_id"])]

    ends = tables["tunnels"][["source", "id", "customer_gateway_id", "vpn_gateway_id", "vpc_id"]]
    ends = ends.assign(connection_id=ends["id"])
    by_vpc = ends[["source", "vpc_id", "connection_id"]].dropna().drop_duplicates()
    tiers = tables["tiers"][["source", "id", "vpc_id", "acl_id"]].drop_duplicates()
    lists = tiers[["source", "acl_id", "vpc_id"]].dropna().drop_duplicates()
    in_vpcs = ["source", "id", "vpc_id"]
    rules = tables["acl_rules"][["source", "id", "acl_id"]].dropna().drop_duplicates()
    routers = tables["routers"][["source", "id", "vpc_id"]].dropna().drop_duplicates()
    vpc, vpc_list = ["source", "vpc_id"], ["source", "acl_id"]
    columns = {"connection": "id", "customer gateway": "customer_gateway_id", "VPN gateway": "vpn_gateway_id"}
    parts = [
        *(_part(kind, kinds, wanted(kind, ends, column), column) for kind, column in columns.items()),
        _part("VPC", kinds, wanted("VPC", by_vpc, "vpc_id"), "vpc_id"),
        _part("tier", kinds, wanted("tier", tiers)[in_vpcs].dropna().merge(by_vpc, on=vpc)),
        _part("router", kinds, wanted("router", routers).merge(by_vpc, on=vpc)),
        _part("ACL list", kinds, wanted("ACL list", lists, "acl_id").merge(by_vpc, on=vpc), "acl_id"),
        _part("ACL rule", kinds, wanted("ACL rule", rules).merge(lists, on=vpc_list)[in_vpcs].merge(by_vpc, on=vpc)),
    ]
    rows = pd.concat(parts, ignore_index=True)
    if any(frame.duplicated(["source", "id"]).any() for frame in (ends, tiers, routers, rules)):
        rows = rows.drop_duplicates(ignore_index=True)  # ids are unique but for damage, and this takes long
    if subjects is None:
        return rows
    return rows.merge(subjects, on=list(subjects))


def _part(kind: str, kinds: Any, rows: pd.DataFrame, subject: str = "id") -> pd.DataFrame:
    named = rows.assign(subject_kind=pd.Series(kind, index=rows.index, dtype=kinds), subject_id=rows[subject])
    return named[list(COLUMNS)].dropna()
