"""The access lists of an estate as the engine of `vpnaudit.acl` takes them, each with the router version that runs
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from vpnaudit.acl.rules import AclList
from vpnaudit.acl.semantics import Semantics
from vpnaudit.errors import EstateError
from vpnaudit.estate.columns import BOOLEAN
from vpnaudit.estate.gap_places import lists_of_gap
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from vpnaudit.estate.tables import Tables


TABLES = ("acl_lists", "acl_rules", "vpcs", "sources", "gaps")
"""The tables that access lists are made of."""

ROUTED = "the VPC is in network mode ROUTED, whose firewall was not measured"

_FIELDS = {
    "start_port": "startport",
    "end_port": "endport",
    "icmp_type": "icmptype",
    "icmp_code": "icmpcode",
    "cidr_list": "cidrlist",
    "traffic_type": "traffictype",
}
# The server sends each of these for every rule; an empty text of CIDRs is everything, a missing one is damage.
_DECISIVE = ("number", "protocol", "action", "traffic_type", "cidr_list")
# It stores both or neither: a start port alone becomes the end port, ICMP without type or code is -1 (any).
_TOGETHER = (("start_port", "end_port"), ("icmp_type", "icmp_code"))

SERVERS_OWN = ("default_allow", "default_deny")
"""Names of the two lists that every server has, which belong to no VPC."""
_OWN_DESCRIPTION = "Default Network ACL"


@dataclass(frozen=True, slots=True)
class Listing:
    """One list. `acl` is None where it is not whole: `reason` (one of `findings.CANNOT_TELL`) and `why` then say what
    is missing.

    `routed`: it stands on a tier of a VPC in network mode ROUTED.
    """

    acl: AclList | None
    semantics: Semantics
    reason: str = ""
    why: str = ""
    routed: bool = False


class AccessLists:
    """All lists by source and id. Private gateways have lists too; where their traffic goes is not modelled."""

    def __init__(self, tables: Tables) -> None:
        sources = tables["sources"]
        self._semantics = {row["source"]: Semantics.of(row["cloudstack_version"]) for row in records(sources)}
        self._holes = _holes(tables)
        self._modes = _modes(tables["vpcs"])
        lists = tables["acl_lists"]
        self._for_all = dict(zip(_keys(lists, "id"), belongs_to_no_vpc(lists).fillna(value=False), strict=True))
        self._vpc_ids = dict(zip(_keys(lists, "id"), _or_none(lists["vpc_id"]), strict=True))
        self._rows: dict[tuple[str, str], list[dict[str, Any]]] = {key: [] for key in _keys(tables["acl_lists"], "id")}
        for row in records(tables["acl_rules"].dropna(subset=["acl_id"])):
            self._rows.setdefault((row["source"], row["acl_id"]), []).append(row)
        self._known: dict[tuple[str, str], Listing] = {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._rows)

    def of(self, source: str, acl_id: str | None) -> Listing:
        """The list of that id; an empty one for a tier that has none (`acl_id` None)."""
        if acl_id is None:
            return Listing(AclList(), self._version(source))
        key = (source, acl_id)
        if key not in self._known:
            self._known[key] = self._read(key)
        return self._known[key]

    def on(self, tier: Mapping[str, Any]) -> Listing:
        """The list of a tier, from a row with source, vpc_id, acl_id and acl."""
        source, acl_id = tier["source"], tier["acl_id"]
        routed, listing = self._routed(source, tier["vpc_id"]), self.of(source, acl_id)
        if acl_id is None and tier["acl"] is not None:
            return Listing(None, listing.semantics, "unknown-value", "which access list the tier has was not said")
        if routed is None:
            return Listing(
                None, listing.semantics, "not-collected", "the VPC was not collected, so its network mode is not known"
            )
        return replace(listing, routed=routed)

    def routed(self, source: str, acl_id: str) -> bool | None:
        """Whether the list stands in a VPC of network mode ROUTED; a list for all VPCs does not. None where its VPC was
        not collected, or is not known.
        """
        is_for_all = self._for_all.get((source, acl_id), True)  # of a list that was not collected nothing else is known
        return False if is_for_all else self._routed(source, self._vpc_ids[source, acl_id])

    def _routed(self, source: str, vpc_id: str | None) -> bool | None:
        return None if vpc_id is None else self._modes.get((source, vpc_id))

    def _version(self, source: str) -> Semantics:
        return self._semantics.get(source, Semantics.UNKNOWN)

    def _read(self, key: tuple[str, str]) -> Listing:
        semantics = self._version(key[0])
        rows = self._rows.get(key)
        hole = self._holes.get((key[0], None)) or self._holes.get(key)
        if hole is not None:
            return Listing(None, semantics, *hole)
        if rows is None:
            return Listing(None, semantics, "not-collected", "the access list was not collected")
        live = [row for row in rows if not revoked(row["state"])]
        mute = [name for name in _DECISIVE if any(row[name] is None for row in live)]
        mute += [
            name
            for both in _TOGETHER
            for name, other in (both, both[::-1])
            if any(row[name] is None and row[other] is not None for row in live)
        ]
        if mute:
            return Listing(
                None, semantics, "unknown-value", f"a rule of the list does not say its {mute[0].replace('_', ' ')}"
            )
        try:
            acl = AclList.from_listing({_FIELDS.get(name, name): value for name, value in row.items()} for row in live)
        except EstateError as error:
            return Listing(None, semantics, "unknown-value", str(error))
        return Listing(acl, semantics)


def belongs_to_no_vpc(lists: pd.DataFrame) -> pd.Series[Any]:
    """Whether each access list is one for all VPCs; missing where it cannot be told. Aligned with `lists`.

    A list for all carries neither the id nor the name of a VPC, and so does one whose cells are missing. It is believed
    only of the server's own two lists, and of a source whose other lists carry both.
    """
    names_vpc = lists["vpc_id"].notna() | lists["vpc"].notna()
    described = lists["description"].str.startswith(_OWN_DESCRIPTION).astype(BOOLEAN).fillna(value=True)
    own = lists["name"].isin(SERVERS_OWN) & described
    sends_both = lists.loc[lists["vpc_id"].notna() & lists["vpc"].notna(), "source"]
    is_certain = names_vpc | own | (lists["source"].isin(sends_both) & ~lists["name"].isin(SERVERS_OWN))
    return (~names_vpc).astype(BOOLEAN).where(is_certain.astype(bool))


def revoked(state: str | None) -> bool:
    """Whether a rule in this state is on its way out: the server sends it no more."""
    return state is not None and state.lower() == "revoke"


def _or_none(texts: pd.Series[Any]) -> list[str | None]:
    return [None if missing else text for text, missing in zip(texts, texts.isna(), strict=True)]


def _keys(frame: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    return list(zip(frame["source"], frame[column], strict=True))


def _holes(tables: Tables) -> dict[tuple[str, str | None], tuple[str, str]]:
    """Lists whose rules are not whole, and sources (without a list) where a rule that was not seen can stand in any."""
    rules, gaps = tables["acl_rules"], row_gaps(tables["gaps"])
    orphans = rules.loc[rules["acl_id"].isna(), "source"].unique()
    holes: dict[tuple[str, str | None], tuple[str, str]] = {
        (source, None): ("unknown-value", "a rule does not say which list it stands in") for source in orphans
    }
    for gap in records(gaps[gaps["table"] == "acl_rules"][::-1]):  # the first gap is the one that is named
        why = (gap["reason"], f"the rules of access lists are not whole: {gap['text'] or ''}")
        holes |= {(gap["source"], acl_id): why for acl_id in lists_of_gap(tables, gap)}
    return holes


def _modes(vpcs: pd.DataFrame) -> dict[tuple[str, str], bool]:
    return dict(zip(_keys(vpcs, "id"), vpcs["ip4_routing"].notna(), strict=True))
