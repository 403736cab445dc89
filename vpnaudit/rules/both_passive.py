"""Both ends of a tunnel between VPCs are passive, so neither server starts it.

What it finds: connections between two VPCs of the estate that are passive on both ends.

Why it matters: A passive connection begins as Disconnected and its server does not count on starting it. The router writes the same
file for both kinds, so traffic can still bring the tunnel up; until there is some, both ends wait for each other and show Disconnected.

How to fix it: Delete the connection on one end and create it again with passive=false: no update changes it. Check beforehand that it
can be created again: overlap with the VPC and its siblings, and the limit of connections.

What it cannot see: peers outside the estate, and traffic.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, startVpnConnection; configure.py, which never reads passive; measured with
strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="connection", reads=("both_ends",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["both_ends"]
    met = rows["answered"].notna()
    # One end is enough: were both created again, both would start at once. The lower id is as good as the other, and the same in every run.
    first = (rows["id"] < rows["id_far"]).fillna(value=False)
    return verdicts(
        rows,
        applies=rows["answered"],
        fails=rows["passive"] & rows["passive_far"],
        sentence="Both ends are passive: each waits for the other, and the tunnel comes up only on traffic.",
        unknown=pd.Series("unknown-value", index=rows.index).where(met, "no-peer-side"),
        why=rows["unanswered"].fillna("the server did not say whether both ends are passive"),
        other_id=rows["id_far"],
        reasons=[
            Reason(
                "passive",
                ours=rows["passive"],
                theirs=rows["passive_far"],
                expected="false on one end",
                who=pd.Series("CloudStack side", index=rows.index).where(first, "far side"),
            )
        ],
        evidence=[
            Cell("connections", rows["id"], "passive", rows["passive"]),
            Cell("connections", rows["id_far"], "passive", rows["passive_far"]),
        ],
        action=pd.Series("recreate-connection", index=rows.index).where(first, ""),
        changes={"passive": "false"},
    )
