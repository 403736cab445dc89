"""The objects that commands name, looked up by source and id: rows of the estate as plain dicts, where a missing cell
is None.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from vpnaudit.estate.access_lists import access_lists
from vpnaudit.estate.ends import ends_among
from vpnaudit.estate.gaps import row_gaps
from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from vpnaudit.estate import Estate
    from vpnaudit.estate.access_lists import AccessLists
    from vpnaudit.estate.ends import Ends

Row = dict[str, Any]
Key = tuple[str, str]


class EstateIndex:
    """The tables of an estate that commands are made of."""

    def __init__(self, estate: Estate, narrowed: Mapping[str, pd.DataFrame] | None = None) -> None:
        """`narrowed` are tables of which only these rows count."""
        self._estate, self._narrowed = estate, narrowed or {}

    @classmethod
    def around(cls, estate: Estate, ends: Ends) -> EstateIndex:
        """What a plan about one tunnel names: the connections of the customer gateways at its two ends, and what these
        stand in. Of a large estate that is little.
        """
        tunnels, pairs = estate["tunnels"], estate["pairs"]
        pairs = _having(pairs, id=[ends.id])
        gateways = [*_having(tunnels, id=[ends.id])["customer_gateway_id"], *pairs["customer_gateway_id_far"]]
        tunnels = tunnels[tunnels["customer_gateway_id"].isin(gateways) | (tunnels["id"] == ends.id)]
        narrowed = {
            "tunnels": tunnels,
            "pairs": pairs,
            "customer_gateways": _having(estate["customer_gateways"], id=gateways),
            "vpcs": _having(estate["vpcs"], id=tunnels["vpc_id"]),
            "tiers": _having(estate["tiers"], vpc_id=tunnels["vpc_id"]),
        }
        return cls(estate, narrowed)

    def _table(self, name: str) -> pd.DataFrame:
        return self._narrowed[name] if name in self._narrowed else self._estate[name]

    def _by_id(self, table: str) -> dict[Key, Row]:
        return {(row["source"], row["id"]): row for row in records(self._table(table))}

    def _grouped(self, rows: list[Row], column: str) -> dict[Key, list[Row]]:
        groups: dict[Key, list[Row]] = defaultdict(list)
        for row in rows:
            if row[column] is not None:
                groups[row["source"], row[column]].append(row)
        return groups

    @cached_property
    def customer_gateways(self) -> dict[Key, Row]:
        """Customer gateways by source and id."""
        return self._by_id("customer_gateways")

    @cached_property
    def connections(self) -> dict[Key, Row]:
        """Connections by source and id, with the columns of the derived table `tunnels`."""
        return self._by_id("tunnels")

    @cached_property
    def connections_of(self) -> dict[Key, list[Row]]:
        """Connections by source and customer gateway, in the order of their ids."""
        rows = sorted(self.connections.values(), key=lambda row: str(row["id"]))
        return self._grouped(rows, "customer_gateway_id")

    @cached_property
    def connections_in(self) -> dict[Key, list[Row]]:
        """Connections by source and VPC."""
        return self._grouped(list(self.connections.values()), "vpc_id")

    @cached_property
    def connections_at(self) -> Counter[tuple[str, str | None]]:
        """How many connections there are by source and VPN gateway."""
        return Counter((row["source"], row["vpn_gateway_id"]) for row in self.connections.values())

    @cached_property
    def pairs(self) -> dict[Key, Row]:
        """The derived table `pairs` by source and id of the near connection: both ends of tunnels inside the estate."""
        return self._by_id("pairs")

    @cached_property
    def ends(self) -> dict[Key, Ends]:
        """Both ends of each connection, by its source and id."""
        return {(one.source, one.id): one for one in ends_among(self._estate, self._table("tunnels"))}

    @cached_property
    def vpcs(self) -> dict[Key, Row]:
        """VPCs by source and id."""
        return self._by_id("vpcs")

    @cached_property
    def vpn_gateways(self) -> dict[Key, Row]:
        """VPN gateways by source and id."""
        return self._by_id("vpn_gateways")

    @cached_property
    def tiers(self) -> dict[Key, Row]:
        """Tiers by source and id."""
        return self._by_id("tiers")

    @cached_property
    def tiers_in(self) -> dict[Key, list[Row]]:
        """Tiers by source and VPC."""
        return self._grouped(list(self.tiers.values()), "vpc_id")

    @cached_property
    def acl_lists(self) -> dict[Key, Row]:
        """Access lists by source and id."""
        return self._by_id("acl_lists")

    @cached_property
    def acl_rules(self) -> dict[Key, Row]:
        """Rules of access lists by source and id."""
        return self._by_id("acl_rules")

    @cached_property
    def rules_in(self) -> dict[Key, list[Row]]:
        """Rules of access lists by source and list."""
        return self._grouped(list(self.acl_rules.values()), "acl_id")

    @cached_property
    def access_lists(self) -> AccessLists:
        """Access lists as they run."""
        return access_lists(self._estate)

    @cached_property
    def settings(self) -> dict[Key, Row]:
        """Settings by source and name."""
        return {(row["source"], row["name"]): row for row in records(self._estate["settings"])}

    def whole(self, source: str, table: str) -> bool:
        """No row of the table is missing for this source, as far as the collection knows."""
        return (source, table) not in self._tables_with_gaps

    @cached_property
    def _tables_with_gaps(self) -> frozenset[tuple[str, str]]:
        gaps = row_gaps(self._estate["gaps"])
        return frozenset(zip(gaps["source"], gaps["table"], strict=True))

    def owner(self, source: str, vpc_id: str | None, row: Row) -> dict[str, str]:
        """The parameters that say for whom a command of an administrator acts: a project, or an account of a domain."""
        vpc = self.vpcs.get((source, vpc_id or ""), {})
        project = row.get("project_id") or vpc.get("project_id")
        if project:
            return {"projectid": str(project)}
        account, domain = row.get("account") or vpc.get("account"), row.get("domain_id") or vpc.get("domain_id")
        return {"account": str(account), "domainid": str(domain)} if account and domain else {}


def _having(frame: pd.DataFrame, **columns: Iterable[Any]) -> pd.DataFrame:
    """The rows with one of these values in each column; missing is no value."""
    for name, values in columns.items():
        frame = frame[frame[name].isin([value for value in values if isinstance(value, str)])]
    return frame
