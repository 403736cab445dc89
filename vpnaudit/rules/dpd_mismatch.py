"""One end looks for a dead peer, the other does not.

What it finds: connections whose far side is known, where dead peer detection is on at one end and off at the other.

Why it matters: Each end decides for itself, so only one of them notices that the other is gone. The end without it
keeps its SAs and goes on to send into them: a router without it shows Connected until its IKE SA ends. That both are
off is dpd-off.

How to fix it: Turn dead peer detection on at the end that lacks it: dpd=true on the customer gateway, or the far side's
own setting. The update restarts the tunnel.

What it cannot see: far sides whose setting is not known, and the intervals: CloudStack's router asks every 30 s, and
IKEv1 gives up after 120 s.

References: RFC 3706; RFC 7296 section 2.4; configure.py of CloudStack 4.22, dpdaction=restart; measured with strongSwan
5.9.8: a killed peer stayed Connected for as long as it was watched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.evidence import cells_of_both_ends
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="low", subject="connection", reads=("predictions_by_connection", "tunnels", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    difference, unknown = difference_in(rows, differences, "dpd"), unknown_fields(rows, differences, ["dpd"])
    near_is_off = difference["ours"] == "no"
    sentence = words_by_condition(
        rows.index,
        [(near_is_off, "Only the far end looks for a dead peer: this one stays Connected when the far one is gone.")],
        otherwise="Only this end looks for a dead peer: the far one keeps its SAs when this one is gone.",
    )
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=difference["different"].astype("boolean").mask(unknown["open"]),
        sentence=sentence,
        reasons=[
            Reason(
                "dpd",
                ours=rows["dpd"],
                theirs=difference["theirs"].map({"yes": "true", "no": "false"}),
                expected="true",
                who=words_by_condition(rows.index, [(near_is_off, Side.NEAR)], Side.FAR),
            )
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["dpd"]),
        action=words_by_condition(rows.index, [(near_is_off, "update-customer-gateway")], ""),
        changes={"dpd": "true"},
    )
