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
    difference, unknown = (
        difference_in(rows, differences, "forceencap"),
        unknown_fields(rows, differences, ["forceencap"]),
    )
    near_is_off = difference["ours"] == "no"
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=difference["different"].astype("boolean").mask(unknown["open"]),
        sentence=words_by_condition(rows.index, [(near_is_off, "Only the far end")], "Only this end")
        + " forces ESP into UDP 4500: both will use it, and just one configuration says so.",
        reasons=[
            Reason(
                "forceencap",
                ours=rows["force_encap"],
                theirs=difference["theirs"].map({"yes": "true", "no": "false"}),
                expected="true",
                who=words_by_condition(rows.index, [(near_is_off, Side.NEAR)], Side.FAR),
            )
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["force_encap"]),
        action=words_by_condition(rows.index, [(near_is_off, "update-customer-gateway")], ""),
        changes={"forceencap": "true"},
    )
