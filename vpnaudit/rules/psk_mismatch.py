"""The two ends of a tunnel have different pre-shared keys.

What it finds: connections whose far side is another VPC of the estate, of any zone and source, or is told by a peer
file that was read while collecting, and whose keys differ. Keys are compared by fingerprints of one run; the keys
themselves are nowhere.

Why it matters: The peers cannot authenticate each other, so the tunnel never comes up. IKEv2 logs
AUTHENTICATION_FAILED, IKEv1 an unreadable message, which looks like a network error.

How to fix it: Make a new key of 32 to 64 characters of A-Z a-z 0-9 . _ - and set it at both ends at the same moment,
the passive end first where that is not possible. Then both must leave Connecting.

What it cannot see: peers that no file tells of, the key of a file that was read later, and a key that the router reads
differently from how CloudStack stores it: see fragile-psk.

References: RFC 7296 section 2.15; measured with strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.judgeable import where_answered
from vpnaudit.comparing.peer_files import with_peer_files
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="critical", subject="connection", reads=("both_ends", "outcomes", "peers"), new_key=True)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = with_peer_files(estate["both_ends"], estate["outcomes"], estate["peers"])
    ours, theirs = rows["psk_fingerprint"], rows["psk_fingerprint_far"]
    return verdicts(
        rows,
        **where_answered(rows, "the key of one end was not collected", "not-collected"),
        fails=ours != theirs,
        sentence="The two ends have different pre-shared keys: the tunnel cannot come up.",
        reasons=[Reason("ipsecpsk", ours="key " + ours, theirs="key " + theirs, expected="one key", who=Side.BOTH)],
        evidence=[
            Cell("connections", rows["id"], "psk_fingerprint", ours),
            Cell(rows["far_table"], rows["far_row"], "psk_fingerprint", theirs),
        ],
        action="update-customer-gateway",
    )
