"""One end forces ESP into UDP, the other does not.

What it finds: connections whose far side is known, where forceencap is on at one end and off at the other.

Why it matters: The end that forces it pretends a NAT, so both send ESP in UDP 4500. A firewall beside the other end
that was opened for ESP alone, by what stands in that end's configuration, drops it, and each packet is 8 bytes longer
than planned for.

How to fix it: Turn it on at the other end too: that changes nothing on the wire, and both configurations then say what
runs. The update restarts the tunnel, so let it wait for another reason to update.

What it cannot see: far sides whose setting is not known, NATs on the path, which have the same effect, and firewalls.

References: RFC 3948; RFC 7296 section 2.23; strongSwan ipsec.conf(5), forceencaps. Not measured: the daemons of the
measurements always encapsulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.agreement import unknown_fields
from vpnaudit.comparing.evidence import cells_of_both_ends
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Reason, Tables, rule, verdicts
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="low", subject="connection", reads=("predictions_by_connection", "tunnels", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    found, doubt = difference_in(rows, differences, "forceencap"), unknown_fields(rows, differences, ["forceencap"])
    off = (found["ours"] == "no").fillna(value=False)
    return verdicts(
        rows,
        applies=rows["answered"],
        fails=found["different"].astype("boolean").mask(doubt["open"]),
        sentence=pd.Series("Only this end", index=rows.index).mask(off, "Only the far end")
        + " forces ESP into UDP 4500: both will use it, and just one configuration says so.",
        unknown=rows["reason"].fillna(doubt["reason"]).fillna("unknown-value"),
        why=rows["why"].fillna(doubt["why"]),
        other_id=rows["far_id"].where(rows["far"] == "connection"),
        reasons=[
            Reason(
                "forceencap",
                ours=rows["force_encap"],
                theirs=found["theirs"].map({"yes": "true", "no": "false"}),
                expected="true",
                who=pd.Series(Side.FAR, index=rows.index).mask(off, Side.NEAR),
            )
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["force_encap"]),
        action=pd.Series("", index=rows.index).mask(off, "update-customer-gateway"),
        changes={"forceencap": "true"},
    )
