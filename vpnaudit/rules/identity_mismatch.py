"""The identity that one end shows is not the one that the other expects.

What it finds: connections whose far side is told by a file, where the far side shows another identity than the address
that the router expects, or expects another one of the router than the router shows.

Why it matters: Each end refuses the other after the keys are exchanged: IKEv2 logs AUTHENTICATION_FAILED, and no tunnel
comes up although all proposals, networks and keys are equal. A far side behind a NAT that shows its private address is
the usual case.

How to fix it: On the far side. CloudStack's router shows its public address and expects the address of the customer
gateway; neither can be set by the API. Set the far side's own identity to the address by which CloudStack knows it
(`leftid`, `local.id`, *local ID*), and what it expects of the router to the router's public address (`rightid`,
`remote.id`, *peer ID*).

What it cannot see: peers that no file tells of, and what a device shows where its file does not say it.

References: RFC 7296 section 3.5; cs_site2sitevpn.py of CloudStack 4.22 (leftid, rightid); measured with strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.causes import causes
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.comparing.words import confidence_words
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_FIELDS = ("id", "peer_id")
_SHOWN = 40


@rule(severity="critical", subject="connection", reads=("predictions_by_connection", "tunnels", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    fails = causes(rows, differences, _FIELDS).any(axis=1).astype("boolean")
    unknown = unknown_fields(rows, differences, _FIELDS)
    far, near = (difference_in(rows, differences, field) for field in _FIELDS)
    of_far = "The far side shows itself as " + far["theirs"].str.slice(0, _SHOWN) + ", expected is " + far["ours"]
    of_near = "The far side expects " + near["theirs"].str.slice(0, _SHOWN) + ", the router is " + near["ours"]
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=fails.mask(~fails & unknown["open"]),
        sentence=of_far.where(far["different"], of_near) + ": AUTHENTICATION_FAILED" + confidence_words(rows) + ".",
        reasons=reasons_of_differences(rows, differences, _FIELDS),
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["gateway", "public_ip"]),
    )
