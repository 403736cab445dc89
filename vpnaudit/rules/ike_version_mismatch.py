"""The two ends of a tunnel speak different IKE versions.

What it finds: connections to another VPC of the estate, or to a far side that a peer file tells of, where one end says
ikev1 and the other ikev2 (critical), or one ikev1 and the other ike (medium). A value that is none of CloudStack's
counts as ike: the router falls back to it.

Why it matters: ikev1 and ikev2 never meet. ike starts IKEv2 only and never falls back, but answers IKEv1, so the tunnel
comes up only when the ikev1 end starts it. The router's log shows NO_PROPOSAL_CHOSEN or "no IKE config found", as if an
algorithm or address were wrong.

How to fix it: Set ikeversion=ikev2 at both ends.

What it cannot see: peers that no file tells of, and which end starts.

References: RFC 7296 section 2.5; measured with strongSwan 5.9; configure.py of CloudStack 4.22, class CsSite2SiteVpn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.comparing.judgeable import where_answered
from vpnaudit.comparing.peer_files import with_peer_files
from vpnaudit.comparing.unknowns import far_value
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="critical", subject="connection", reads=("both_ends", "outcomes", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = with_peer_files(estate["both_ends"], estate["outcomes"], estate["peers"])
    ours, by_file = _version(rows["ike_version"]), rows["told_by"].notna()
    as_written = rows["ike_version_far"].mask(by_file, far_value(rows, estate["differences"], "ikeversion", ours))
    theirs = _version(as_written)
    never = ((ours == "ikev1") & (theirs == "ikev2")) | ((ours == "ikev2") & (theirs == "ikev1"))
    sometimes = ((ours == "ikev1") & (theirs == "ike")) | ((ours == "ike") & (theirs == "ikev1"))
    consequence = words_by_condition(
        rows.index, [(never, "the tunnel cannot come up.")], "it comes up only if the ikev1 end starts it."
    )
    return verdicts(
        rows,
        **where_answered(rows, "the IKE version of one end was not said", by_file=by_file),
        fails=never | sometimes,
        severity=words_by_condition(rows.index, [(never, "critical")], "medium"),
        sentence="This end speaks " + rows["ike_version"] + ", the other " + as_written + ": " + consequence,
        reasons=[
            Reason(
                "ikeversion",
                ours=rows["ike_version"],
                theirs=as_written,
                expected="ikev2",
                who=words_by_condition(rows.index, [(ours == "ikev2", Side.FAR)], Side.NEAR),
            )
        ],
        evidence=[
            Cell("connections", rows["id"], "ike_version", rows["ike_version"]),
            Cell(
                rows["far_table"],
                rows["far_row"],
                words_by_condition(rows.index, [(by_file, "ike_versions")], "ike_version"),
                as_written,
            ),
        ],
        action=words_by_condition(rows.index, [(ours != "ikev2", "update-customer-gateway")], ""),
        changes={"ikeversion": "ikev2"},
    )


def _version(stored: pd.Series[Any]) -> pd.Series[Any]:
    """As the router takes it: any case, and `ike` for whatever it does not know."""
    lower = stored.str.lower()
    return lower.where(lower.isna() | ((lower == "ikev1") | (lower == "ikev2")).fillna(value=False), "ike")
