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

from vpnaudit.comparing.causes import causes
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.stronger_policy import reason_of_policy, stronger_policy_changes
from vpnaudit.comparing.unknowns import unknown_proposals
from vpnaudit.comparing.words import confidence_words, first_rekey_words
from vpnaudit.estate.outcomes import INITIATORS, difference_in
from vpnaudit.findings import Tables, rule, update_with, verdicts, words_by_condition

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
    unknown = unknown_proposals(rows, differences, "esp")
    groups = difference_in(rows, differences, "esp_group")
    changes = stronger_policy_changes(rows, differences, ["esp"])
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=fails.mask(unknown["open"]).mask(~fails & ~unknown["passes"]),
        sentence="PFS differs, "
        + groups["ours"]
        + " against "
        + groups["theirs"]
        + _when(rows, failing)
        + confidence_words(rows)
        + ".",
        reasons=[
            reason_of_policy(rows, "esp", changes),
            *reasons_of_differences(rows, differences, ["esp_group"]),
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["esp_policy"]),
        **update_with(changes),
    )


def _when(rows: pd.DataFrame, failing: pd.DataFrame) -> pd.Series[Any]:
    """When it fails, as the end of a sentence: the worst that one who starts may meet."""

    def is_met(column: str, *values: str) -> pd.DataFrame:
        return pd.DataFrame({who: rows[f"{column}_{who}"].isin(values) for who in INITIATORS})

    refused = failing & is_met("error", "NO_PROPOSAL_CHOSEN")
    return words_by_condition(
        rows.index,
        [
            (
                (refused & is_met("verdict", "ike_only")).any(axis=1),
                ": no child SA comes up, and the API shows Connected",
            ),
            (
                (refused & is_met("verdict", "partial")).any(axis=1),
                ": only the first child SA comes up, and it fails at its first rekey",
            ),
            (
                (failing & is_met("verdict", "partial", "latent_rekey_failure")).any(axis=1),
                ": works now, fails at the first rekey" + first_rekey_words(rows),
            ),
        ],
        otherwise=": at a rekey under IKEv2, at once under IKEv1",
    )
