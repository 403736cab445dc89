"""Both ends of a tunnel are passive, so neither starts it.

What it finds: passive connections whose far side is passive too: a VPC of the estate, or a device whose file loads the tunnel without
starting it (strongSwan's auto=add or route, start_action=none or trap).

Why it matters: A passive connection begins as Disconnected and its server does not count on starting it. The router writes the same
file for both kinds, so traffic can still bring the tunnel up; until there is some, both ends wait for each other and show Disconnected.

How to fix it: Delete the connection on one end and create it again with passive=false: no update changes it. Check beforehand that it
can be created again: overlap with the VPC and its siblings, and the limit of connections. A device is easier: auto=start, or
start_action=start.

What it cannot see: far sides whose configuration is not known, and traffic.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, startVpnConnection; configure.py, which never reads passive; measured with
strongSwan 5.9; ipsec.conf(5), auto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.agreement import with_files
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="connection", reads=("both_ends", "outcomes", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = with_files(estate["both_ends"], estate["outcomes"], estate["peers"])
    by_file = rows["told_by"].notna()
    met = rows["answered"].notna()
    # One end is enough: were both created again, both would start at once. The lower id is as good as the other, and the same in every run.
    first = (rows["id"] < rows["id_far"]).fillna(value=False)
    return verdicts(
        rows,
        applies=rows["answered"],
        fails=rows["passive"] & rows["passive_far"],
        sentence="Both ends are passive: each waits for the other, and the tunnel comes up only on traffic.",
        unknown=pd.Series("unknown-value", index=rows.index).where(met & ~by_file, "no-peer-side"),
        why=rows["unanswered"].fillna("whether one end starts the tunnel was not said"),
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
            Cell(
                rows["far_table"],
                rows["far_row"],
                pd.Series("passive", index=rows.index).mask(by_file, "auto"),
                rows["passive_far"].astype("object").mask(by_file, rows["auto_far"]),
            ),
        ],
        action=pd.Series("recreate-connection", index=rows.index).where(first, ""),
        changes={"passive": "false"},
    )
