"""Both ends of a tunnel are passive, so neither starts it.

What it finds: passive connections whose far side is passive too: a VPC of the estate, or a device whose file loads the
tunnel without starting it (strongSwan's auto=add or route, start_action=none or trap), or does not load it at all
(auto=ignore, the default).

Why it matters: A passive connection begins as Disconnected and its server does not count on starting it. The router
writes the same file for both kinds, so traffic can still bring the tunnel up; until there is some, both ends wait for
each other and show Disconnected.

How to fix it: Delete the connection on one end and create it again with passive=false: no update changes it. Check
beforehand that it can be created again: overlap with the VPC and its siblings, and the limit of connections. A device
is easier: auto=start, or start_action=start.

What it cannot see: far sides whose configuration is not known, and traffic.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, startVpnConnection; configure.py, which never reads passive;
measured with strongSwan 5.9; ipsec.conf(5), auto.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.evidence import reasons_and_cells_of_start
from vpnaudit.comparing.judgeable import where_answered
from vpnaudit.comparing.peer_files import with_peer_files
from vpnaudit.findings import Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_BOTH_WAIT = "Both ends are passive: each waits for the other, and the tunnel comes up only on traffic."
_NOT_LOADED = "This end is passive, and the far side's file does not load the tunnel: auto=ignore, the default."


@rule(severity="medium", subject="connection", reads=("both_ends", "outcomes", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = with_peer_files(estate["both_ends"], estate["outcomes"], estate["peers"])
    reasons, evidence = reasons_and_cells_of_start(rows, "false", "start")
    return verdicts(
        rows,
        **where_answered(rows, "whether one end starts the tunnel was not said", by_file=rows["told_by"].notna()),
        fails=rows["passive"] & rows["passive_far"],
        sentence=words_by_condition(rows.index, [(rows["auto_far"] == "ignore", _NOT_LOADED)], _BOTH_WAIT),
        reasons=reasons,
        evidence=evidence,
        action=reasons[0].who.map({Side.NEAR: "recreate-connection", Side.FAR: ""}),
        changes={"passive": "false"},
    )
