"""The two ends ask for different groups in ESP, and a rekey fails on it.

What it finds: connections whose far side is known, where the group of ESP differs so that a child SA cannot be made or
rekeyed: another group, or a group on one end and none on the other. Without a group on both ends there is no PFS and no
mismatch: see pfs-off.

Why it matters: Under IKEv2 the first child takes its keys from the IKE SA, so the mismatch shows at the first rekey, 9
to 18 minutes before the lifetime ends: the child ends with its lifetime, nothing replaces it, and CloudStack goes on to
show Connected. The same after each new start. Under IKEv1, and for the second and later networks of split connections,
no child comes up at all.

How to fix it: Set the same group in esppolicy on both ends, the stronger one of the two, such as
aes256-sha256;modp2048. The update restarts the tunnel.

What it cannot see: when the tunnel came up last, so there is an interval and no date; far sides whose configuration is
not known. Two routers of CloudStack that differ meet without any group: that is suite-not-as-configured.

References: RFC 7296 sections 1.3.1 and 2.17; strongSwan ipsec.conf(5), margintime and rekeyfuzz; measured with
strongSwan 5.9.8 (docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.agreement import (
    causes,
    confidence_words,
    first_rekey_words,
    stronger_policy_changes,
    unknown_fields,
    update_action,
)
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.estate.outcomes import INITIATORS, difference_in
from vpnaudit.findings import Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(
    severity="high",
    subject="connection",
    reads=("predictions_by_connection", "tunnels", "differences", "peers"),
    yields_to=("phase2-mismatch",),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    failing = causes(rows, differences, ["esp_group"])
    fails = failing.any(axis=1).astype("boolean")
    own, version = (unknown_fields(rows, differences, [field]) for field in ("esp_proposals", "ikeversion"))
    doubt = own.where(own["open"], version)
    groups = difference_in(rows, differences, "esp_group")
    fix = stronger_policy_changes(rows, differences, ["esp"])
    return verdicts(
        rows,
        applies=rows["answered"],
        fails=fails.mask(own["open"]).mask(~fails & version["open"]),
        sentence="PFS differs, "
        + groups["ours"]
        + " against "
        + groups["theirs"]
        + _when(rows, failing)
        + confidence_words(rows)
        + ".",
        unknown=rows["reason"].fillna(doubt["reason"]).fillna("unknown-value"),
        why=rows["why"].fillna(doubt["why"]),
        other_id=rows["far_id"].where(rows["far"] == "connection"),
        reasons=[
            Reason(
                "esppolicy",
                ours=rows["esp_policy"],
                expected=fix.map(lambda made: made["esppolicy"], na_action="ignore"),
            ),
            *reasons_of_differences(rows, differences, ["esp_group"]),
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["esp_policy"]),
        action=update_action(fix),
        changes=fix,
    )


def _when(rows: pd.DataFrame, failing: pd.DataFrame) -> pd.Series[Any]:
    """When it fails, as the end of a sentence: the worst that one who starts may meet."""
    said = pd.Series(": at a rekey under IKEv2, at once under IKEv1", index=rows.index, dtype="string")
    for verdict, refused, words in (
        ("latent_rekey_failure", False, ": works now, fails at the first rekey" + first_rekey_words(rows)),
        ("partial", False, ": works now, fails at the first rekey" + first_rekey_words(rows)),
        ("partial", True, ": only the first child SA comes up, and it fails at its first rekey"),
        ("ike_only", True, ": no child SA comes up, and the API shows Connected"),
    ):
        for who in INITIATORS:
            met = failing[who] & (rows[f"verdict_{who}"] == verdict).fillna(value=False)
            said = said.mask(
                met & (rows[f"error_{who}"] == "NO_PROPOSAL_CHOSEN").fillna(value=False) if refused else met, words
            )
    return said
