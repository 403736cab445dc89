"""Both ends of a tunnel start it at once.

What it finds: connections that are passive on neither end: between two VPCs of the estate, as is CloudStack's default,
or to a device whose file starts the tunnel by itself (strongSwan's auto=start, start_action=start).

Why it matters: After a reset, an update or a restart of both routers, each end starts a negotiation of its own. Two IKE
SAs may come up, of which one is closed again, and the logs of both ends tell of a peer that vanished. Traffic passes
all the same, so it is a matter of quiet logs and of knowing who starts.

How to fix it: When the tunnel is made anew for another reason, create the connection of one end with passive=true: no
update changes it. Until then leave a tunnel that works alone. A device can wait instead: auto=route, or
start_action=trap.

What it cannot see: far sides whose configuration is not known; traffic, which starts a passive end too.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, startVpnConnection; strongSwan ipsec.conf(5), uniqueids. Not
measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.evidence import reasons_and_cells_of_start
from vpnaudit.comparing.judgeable import where_answered
from vpnaudit.comparing.peer_files import with_peer_files
from vpnaudit.findings import Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="low", subject="connection", reads=("both_ends", "outcomes", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = with_peer_files(estate["both_ends"], estate["outcomes"], estate["peers"])
    reasons, evidence = reasons_and_cells_of_start(rows, "true", "route")
    first = rows["told_by"].notna() | (rows["id"] < rows["id_far"]).fillna(value=False)  # one end is enough
    return verdicts(
        rows,
        **where_answered(rows, "whether one end starts the tunnel was not said", by_file=rows["told_by"].notna()),
        fails=~rows["passive"] & ~rows["passive_far"],
        sentence="Neither end is passive: both start at once, and a second IKE SA may come and go.",
        reasons=reasons,
        evidence=evidence,
        action=words_by_condition(rows.index, [(first, "recreate-connection")], ""),
        changes=first.map({True: {"passive": "true"}, False: None}),
    )
