"""Which verdicts a gap takes back: one that says which object is missing, or where, opens only what rests on that."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.gaps import row_gaps
from vpnaudit.estate.subjects import KINDS
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vpnaudit.estate.tables import Tables

ACL_ID = "acl_id="
PROJECT_ID = "project_id="
NO_PROJECT_NAMED = "?"
"""In the place of a project's id: rows of projects that no reply named."""

_TYPE = "type="
# An event of this kind is about one object of that kind, and says nothing of others.
_KINDS_BY_EVENT = (
    ("VPN.S2S.CUSTOMER.GATEWAY.", "customer gateway"),
    ("VPN.S2S.VPN.GATEWAY.", "VPN gateway"),
    ("VPN.S2S.CONNECTION.", "connection"),
)


class GapPlaces:
    """The gaps of rows of one estate, and what each of them touches."""

    def __init__(self, tables: Tables, gaps: pd.DataFrame) -> None:
        self._tables, self._gaps = tables, gaps
        self._touched: dict[tuple[str, str], frozenset[str]] = {}
        self._by_table: dict[str, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
        for place, gap in enumerate(records(gaps)):
            self._by_table[gap["table"]].append((place, gap))

    def of(self, names: Iterable[str]) -> pd.DataFrame:
        """All gaps of rows in these tables."""
        return self._gaps[self._gaps["table"].isin(list(names))]

    def holes(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """The gaps of these tables: those that touch parts, and of those that touch all the first of each source."""
        gaps = sorted((pair for name in set(names) for pair in self._by_table.get(name, ())), key=itemgetter(0))
        whole: set[str | None] = set()
        holes = []
        for _, gap in gaps:
            local = any(part(gap) is not None for part in (_acl_id, _event_type, _project_id)) or _is_gateway(gap)
            if local or gap["source"] not in whole:
                holes.append(gap)
            if not local:
                whole.add(gap["source"])
        return holes

    def touches(self, gap: Mapping[str, Any], kind: str, rows: pd.DataFrame) -> pd.Series[Any]:
        """For each verdict about a subject of that kind, whether it rests on what the gap lacks. A verdict of another
        source does not.
        """
        of_source: pd.Series[Any] = rows["source"] == gap["source"]
        event_type = _event_type(gap)
        if event_type is not None:
            about = next((about for prefix, about in _KINDS_BY_EVENT if event_type.startswith(prefix)), kind)
            return of_source & (about == kind)
        acl_id, project_id = _acl_id(gap), _project_id(gap)
        if kind == "source" or (acl_id is project_id is None and not _is_gateway(gap)):
            return of_source
        key = (gap["source"], acl_id or project_id or "")
        if key not in self._touched:
            look = self._of_list if acl_id else self._of_project if project_id else self._without_gateway
            self._touched[key] = look(*key)
        return of_source & rows["subject_id"].isin(self._touched[key])

    def _of_list(self, source: str, acl_id: str) -> frozenset[str]:
        """An access list, its rules, the tiers that have it, and all but lists and tiers in the VPCs of those."""
        lists, rules, tiers, subjects = (
            _rows_of(self._tables[name], source) for name in ("acl_lists", "acl_rules", "tiers", "subjects")
        )
        rules, tiers = rules[rules["acl_id"] == acl_id], tiers[tiers["acl_id"] == acl_id]
        vpcs = {*tiers["vpc_id"].dropna(), *lists.loc[lists["id"] == acl_id, "vpc_id"].dropna()}
        subjects = subjects[~subjects["kind"].isin(["tier", "ACL list", "ACL rule"])]
        inside = [not vpcs.isdisjoint(ids.split(", ")) for ids in subjects["vpc_id"].fillna("")]
        return frozenset([acl_id, *rules["id"].dropna(), *tiers["id"].dropna(), *subjects.loc[inside, "id"].dropna()])

    def _of_project(self, source: str, project_id: str) -> frozenset[str]:
        """What the project owns, what does not say who owns it, and what is in the VPCs of those."""
        owned = [
            _rows_of(table, source)
            for table in (self._tables[name] for name in KINDS.values())
            if {"project_id", "account"} <= set(table.columns)
        ]
        ids = {one for table in owned for one in table.loc[may_be_of_project(table, project_id), "id"].dropna()}
        subjects = _rows_of(self._tables["subjects"], source)
        inside = [not ids.isdisjoint(vpc_ids.split(", ")) for vpc_ids in subjects["vpc_id"].fillna("")]
        return frozenset([*ids, *subjects.loc[inside, "id"].dropna()])

    def _without_gateway(self, source: str, _: str) -> frozenset[str]:
        """What is in no VPC whose VPN gateway was seen: a VPC has at most one."""
        gateways, subjects = (_rows_of(self._tables[name], source) for name in ("vpn_gateways", "subjects"))
        seen = set(gateways["vpc_id"].dropna())
        outside = [not seen.issuperset(ids.split(", ")) for ids in subjects["vpc_id"].fillna("")]
        return frozenset(subjects.loc[outside, "id"].dropna())


def may_be_of_project(frame: pd.DataFrame, project_id: str) -> pd.Series[Any]:
    """Which objects the project owns, or may own: what an account owns names that."""
    same: pd.Series[Any] = (frame["project_id"] == project_id).fillna(value=False)
    return same | frame[["project_id", "account"]].isna().all(axis=1)


def lists_of_gap(tables: Tables, gap: Mapping[str, Any]) -> list[str | None]:
    """The access lists whose rules a gap of rules may lack; None: any."""
    project_id = _project_id(gap)
    if project_id is None:
        return [_acl_id(gap)]
    vpcs, lists = (_rows_of(tables[name], gap["source"]) for name in ("vpcs", "acl_lists"))
    vpc_ids = vpcs.loc[may_be_of_project(vpcs, project_id), "id"]
    # A list whose VPC was not seen may be that project's.
    elsewhere = lists["vpc_id"].isin(vpcs.loc[~vpcs["id"].isin(vpc_ids), "id"]) | lists["vpc_id"].isna()
    return [str(acl_id) for acl_id in lists.loc[~elsewhere, "id"].dropna()]


def lacks_rows(rows: pd.DataFrame, gaps: pd.DataFrame, *tables: str) -> pd.Series[Any]:
    """Whether one of these tables may lack what belongs to the same source, or to the same project where the gap is
    one of a project. `rows` say their source, project and account.
    """
    holes = row_gaps(gaps)
    holes = holes[holes["table"].isin(tables)]
    is_lacking = pd.Series(data=False, index=rows.index)
    for hole in records(holes[["source", "rows_where"]].drop_duplicates()):
        project_id, of_source = _project_id(hole), rows["source"] == hole["source"]
        is_lacking |= of_source if project_id is None else of_source & may_be_of_project(rows, project_id)
    return is_lacking


def _rows_of(frame: pd.DataFrame, source: str) -> pd.DataFrame:
    return frame[frame["source"] == source]


def _acl_id(gap: Mapping[str, Any]) -> str | None:
    return _text(gap["subject_id"]) if gap["table"] == "acl_lists" else _after(ACL_ID, gap["rows_where"])


def _project_id(gap: Mapping[str, Any]) -> str | None:
    return _after(PROJECT_ID, gap["rows_where"])


def _event_type(gap: Mapping[str, Any]) -> str | None:
    return _after(_TYPE, gap["rows_where"])


def _is_gateway(gap: Mapping[str, Any]) -> bool:
    return gap["table"] == "vpn_gateways" and gap["subject_id"] is not None


def _after(start: str, where: Any) -> str | None:
    return _text(where.removeprefix(start)) if where is not None and where.startswith(start) else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
