"""The access lists of an estate as the engine of `vpnaudit.acl` takes them, each with the router version that runs
it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import ref

from vpnaudit.acl.rules import Content
from vpnaudit.acl.semantics import Semantics
from vpnaudit.estate.columns import BOOLEAN
from vpnaudit.estate.gap_places import ACL_ID
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.estate.list_contents import ListContents
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from vpnaudit.acl.rules import AclList
    from vpnaudit.estate.tables import Tables


TABLES = ("acl_lists", "acl_rules", "vpcs", "sources", "gaps")
"""The tables that access lists are made of."""

ROUTED = "the VPC is in network mode ROUTED, whose firewall was not measured"

SERVERS_OWN = ("default_allow", "default_deny")
"""Names of the two lists that every server has, which belong to no VPC."""
_OWN_DESCRIPTION = "Default Network ACL"


@dataclass(frozen=True)
class Listing:
    """One list. `content` and `acl` are None where it is not whole: `reason` (one of `findings.CANNOT_TELL`) and `why`
    then say what is missing.

    `number` is that of `AccessLists.all`, None for a tier without a list. `routed`: it stands on a tier of a VPC in
    network mode ROUTED.
    """

    content: Content | None
    semantics: Semantics
    reason: str = ""
    why: str = ""
    routed: bool = False
    number: int | None = None
    ids: Sequence[str] = field(default=(), compare=False, repr=False)

    @cached_property
    def acl(self) -> AclList | None:
        """The list with the ids of its rules."""
        return None if self.content is None else self.content.with_ids(self.ids)


class AccessLists:
    """All lists by source and id. Private gateways have lists too; where their traffic goes is not modelled.

    `all` numbers them, for who asks about many.
    """

    def __init__(self, tables: Tables) -> None:
        sources, lists = tables["sources"], tables["acl_lists"]
        self._semantics = {row["source"]: Semantics.of(row["cloudstack_version"]) for row in records(sources)}
        self._holes = _holes(row_gaps(tables["gaps"]), tables["acl_rules"])
        self._modes = _modes(tables["vpcs"])
        self._for_all = dict(zip(_keys(lists, "id"), belongs_to_no_vpc(lists).fillna(value=False), strict=True))
        self._vpc_ids = dict(zip(_keys(lists, "id"), _or_none(lists["vpc_id"]), strict=True))
        self.all = ListContents(lists, tables["acl_rules"])
        self._listings: dict[tuple[str, str], Listing] = {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.all.keys)

    def of(self, source: str, acl_id: str | None) -> Listing:
        """The list of that id; an empty one for a tier that has none (`acl_id` None)."""
        if acl_id is None:
            return Listing(Content.of(()), self.semantics(source))
        key = (source, acl_id)
        if key not in self._listings:
            self._listings[key] = self._listing(key)
        return self._listings[key]

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

    def semantics(self, source: str) -> Semantics:
        """How the routers of a source read their lists."""
        return self._semantics.get(source, Semantics.UNKNOWN)

    def doubt(self, source: str, acl_id: str) -> tuple[str, str]:
        """Why a list is not whole: reason (one of `findings.CANNOT_TELL`) and why; both empty where it is."""
        number = self.all.number.get((source, acl_id))
        hole = self._holes.get((source, None)) or self._holes.get((source, acl_id))
        if hole is not None:
            return hole
        if number is None:
            return "not-collected", "the access list was not collected"
        fault = self.all.faults[number]
        return ("unknown-value", fault) if fault else ("", "")

    def _listing(self, key: tuple[str, str]) -> Listing:
        semantics, (reason, why) = self.semantics(key[0]), self.doubt(*key)
        if reason:
            return Listing(None, semantics, reason, why)
        number = self.all.number[key]
        return Listing(self.all.contents[number], semantics, number=number, ids=self.all.ids_of(number))


_KNOWN: dict[tuple[int, ...], tuple[tuple[ref[pd.DataFrame], ...], AccessLists]] = {}


def access_lists(tables: Tables) -> AccessLists:
    """The access lists of these tables, made once: frames are frozen, so the same frames have the same lists."""
    frames = [tables[name] for name in TABLES]
    key = tuple(map(id, frames))
    if key not in _KNOWN:
        # Forgotten when the first of the frames is, before another frame can have its identity.
        references = tuple(ref(frame, lambda _: _KNOWN.pop(key, None)) for frame in frames)
        _KNOWN[key] = references, AccessLists(tables)
    return _KNOWN[key][1]


def rules_of_lists(tables: Tables, acl_ids: Iterable[str | None]) -> dict[str, pd.DataFrame]:
    """The tables of access lists with only the rules that stand in these lists, or may: enough for a question about
    them, and for no other.
    """
    rules = tables["acl_rules"]
    wanted = [acl_id for acl_id in set(acl_ids) if acl_id is not None]
    may_stand = rules["acl_id"].isin(wanted) | rules["acl_id"].isna()
    return {name: tables[name] for name in TABLES} | {"acl_rules": rules[may_stand]}


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


def _or_none(texts: pd.Series[Any]) -> list[str | None]:
    return [None if missing else text for text, missing in zip(texts, texts.isna(), strict=True)]


def _keys(frame: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    return list(zip(frame["source"], frame[column], strict=True))


def _holes(gaps: pd.DataFrame, rules: pd.DataFrame) -> dict[tuple[str, str | None], tuple[str, str]]:
    """Lists whose rules are not whole, and sources (without a list) where a rule that was not seen can stand in any."""
    orphans = rules.loc[rules["acl_id"].isna(), "source"].unique()
    holes: dict[tuple[str, str | None], tuple[str, str]] = {
        (source, None): ("unknown-value", "a rule does not say which list it stands in") for source in orphans
    }
    for gap in records(gaps[gaps["table"] == "acl_rules"][::-1]):  # the first gap is the one that is named
        where = gap["rows_where"] or ""
        acl_id = where.removeprefix(ACL_ID) if where.startswith(ACL_ID) else None
        holes[gap["source"], acl_id] = (
            gap["reason"],
            f"the rules of access lists are not whole: {gap['text'] or ''}",
        )
    return holes


def _modes(vpcs: pd.DataFrame) -> dict[tuple[str, str], bool]:
    return dict(zip(_keys(vpcs, "id"), vpcs["ip4_routing"].notna(), strict=True))
