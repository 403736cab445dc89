"""A VPN gateway is at the limit of its connections.

What it finds: VPN gateways with as many connections as site2site.vpn.vpngateway.connection.limit allows, or more.

Why it matters: createVpnConnection refuses the next site. A connection that is deleted to be created again, as some
repairs ask for, is not refused, since it frees its own place.

How to fix it: Raise the setting and restart the management server: it reads the limit when it starts. Or bring several
sites together behind one peer.

What it cannot see: the limit where the key may not read settings. Then it does not guess: the default of 4 is common,
but an operator may have set less, and then a pass would be wrong, or more, and then a finding would. Nor whether the
server was restarted since the setting was changed: a gateway that has exactly the default number while the setting is
higher is left open, one that has more proves that a higher limit counted.

References: Site2SiteVpnManagerImpl of CloudStack 4.22 (limit read at start; the setting's isdynamic is false).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, counted, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

SETTING = "site2site.vpn.vpngateway.connection.limit"


@rule(
    severity="medium", subject="VPN gateway", reads=("vpn_gateways", "connections", "settings"), needs=("connections",)
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    connections, settings = estate["connections"], estate["settings"]
    counts = connections.groupby(["source", "vpn_gateway_id"], as_index=False).agg(count=("id", "nunique"))
    rows = estate["vpn_gateways"].merge(
        counts.rename(columns={"vpn_gateway_id": "id"}), on=["source", "id"], how="left"
    )
    rows = rows.merge(_limits(settings), on="source", how="left")
    count, limit, usual = rows["count"].fillna(0).astype("Int64"), rows["limit"], rows["usual"]
    loose = rows["source"].isin(connections.loc[connections["vpn_gateway_id"].isna(), "source"])
    changed = ((limit != usual) & ~rows["is_dynamic"]).fillna(value=False)
    unsure = (changed & (count == usual) & (usual < limit)).fillna(value=False) | (
        loose & (count < limit).fillna(value=False)
    )
    note = words_by_condition(rows.index, [(changed, " (changed: counts after a restart of the server)")], "")
    return verdicts(
        rows,
        fails=(count >= limit).mask(unsure),
        sentence="It has "
        + count.astype("string")
        + " of "
        + limit.astype("string")
        + " connections"
        + note
        + ": no further site fits.",
        unknown=words_by_condition(rows.index, [(limit.isna(), "not-permitted")], "not-collected"),
        why=words_by_condition(
            rows.index,
            [
                (
                    limit.isna(),
                    "the limit cannot be read; it has " + counted(count, "connection") + ", and the default limit is 4",
                )
            ],
            otherwise="whether the limit of "
            + limit.astype("string")
            + " is in force yet, or a connection's gateway, is not known",
        ),
        reasons=[Reason(SETTING, ours=count, expected="fewer than " + limit.astype("string"), who=Side.OPERATOR)],
        evidence=[
            Cell("settings", SETTING, "value", limit),
            Cell("settings", SETTING, "default_value", usual),
            Cell("vpn_gateways", rows["id"], "public_ip", rows["public_ip"]),
        ],
        action="change-setting",
    )


def _limits(settings: pd.DataFrame) -> pd.DataFrame:
    """The limit of each source, its usual value, and whether a change of it counts at once."""
    setting = settings[(settings["name"] == SETTING).fillna(value=False)]
    return pd.DataFrame(
        {
            "source": setting["source"],
            "limit": pd.to_numeric(setting["value"], errors="coerce").astype("Int64"),
            "usual": pd.to_numeric(setting["default_value"], errors="coerce").astype("Int64"),
            "is_dynamic": setting["is_dynamic"],
        }
    )
