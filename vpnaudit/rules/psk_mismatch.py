"""The two ends of a tunnel between VPCs have different pre-shared keys.

What it finds: connections between two VPCs of the estate, of any zone and source, whose keys differ. Keys are compared by fingerprints
of one run; the keys themselves are nowhere.

Why it matters: The peers cannot authenticate each other, so the tunnel never comes up. IKEv2 logs AUTHENTICATION_FAILED, IKEv1 an
unreadable message, which looks like a network error.

How to fix it: Make a new key of 32 to 64 characters of A-Z a-z 0-9 . _ - and set it on both customer gateways at the same moment, the
passive end first where that is not possible. Then both must leave Connecting.

What it cannot see: peers outside the estate, and a key that the router reads differently from how CloudStack stores it: see
fragile-psk.

References: RFC 7296 section 2.15; measured with strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.tunnels import both_ends
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="critical", subject="connection", reads=("tunnels", "pairs"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = both_ends(estate["tunnels"], estate["pairs"])
    ours, theirs = rows["psk_fingerprint"], rows["psk_fingerprint_far"]
    met = rows["answered"].notna()
    return verdicts(
        rows,
        applies=rows["answered"],
        fails=ours != theirs,
        sentence="The two ends have different pre-shared keys: the tunnel cannot come up.",
        unknown=pd.Series("not-collected", index=rows.index).where(met, "no-peer-side"),
        why=rows["unanswered"].fillna("the key of one end was not collected"),
        other_id=rows["id_far"],
        reasons=[Reason("ipsecpsk", ours="key " + ours, theirs="key " + theirs, expected="one key", who="both ends")],
        evidence=[
            Cell("connections", rows["id"], "psk_fingerprint", ours),
            Cell("connections", rows["id_far"], "psk_fingerprint", theirs),
        ],
        action="update-customer-gateway",
    )
