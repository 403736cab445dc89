"""The two ends have no ESP proposal in common.

What it finds: connections whose far side is known, where cipher or integrity algorithm of ESP differ so that no child
SA comes up, or none can be rekeyed. All differing algorithms are named. Where the group alone differs, it is
pfs-mismatch.

Why it matters: IKE comes up and no child SA does: CloudStack shows Connected, and nothing passes. Under IKEv2 the first
child leaves groups out, so it may come up on one of the defaults that the router always adds; these have no group, so a
far side that asks for one refuses the first rekey.

How to fix it: Set the same esppolicy on both ends, with the stronger algorithm of each kind. The update restarts the
tunnel.

What it cannot see: far sides whose configuration is not known; the defaults of other strongSwan releases than 5.9.8.
Two routers of CloudStack that differ meet on a default that neither end names: that is suite-not-as-configured.

References: RFC 7296 sections 1.2, 1.3 and 2.17; RFC 2409 section 5.5; measured with strongSwan 5.9.8
(docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.causes import PROPOSAL_FIELDS, causes
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.stronger_policy import reason_of_policy, stronger_policy_changes
from vpnaudit.comparing.unknowns import unknown_proposals
from vpnaudit.comparing.words import confidence_words, first_rekey_words, starter_words
from vpnaudit.estate.outcomes import INITIATORS
from vpnaudit.findings import Finding, Tables, rule, update_with, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_OTHERS = [part for part in PROPOSAL_FIELDS["esp"] if part != "esp_group"]


@rule(severity="critical", subject="connection", reads=("predictions_by_connection", "tunnels", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    failing = causes(rows, differences, _OTHERS)
    fails = failing.any(axis=1).astype("boolean")
    unknown = unknown_proposals(rows, differences, "esp")
    nothing, works = (
        pd.concat([failing[who] & (rows[f"verdict_{who}"].isin(named)) for who in INITIATORS], axis=1).any(axis=1)
        for named in (["ike_only"], ["partial", "latent_rekey_failure"])
    )

    def finding(failed: pd.DataFrame) -> Finding:
        alone, later = nothing[failed.index], works[failed.index]
        consequence = words_by_condition(
            failed.index,
            [
                (alone, ": IKE comes up alone, and the API shows Connected"),
                (later, ": it works now and fails at the first rekey" + first_rekey_words(failed)),
            ],
            otherwise=": once IKE comes up, no child SA will",
        )
        starters = starter_words(failing.loc[failed.index])
        changes = stronger_policy_changes(failed, differences, ["esp"])
        return {
            "severity": words_by_condition(failed.index, [(later & ~alone, "high")], "critical"),
            "sentence": "No common ESP proposal " + starters + consequence + confidence_words(failed) + ".",
            "reasons": [
                reason_of_policy(failed, "esp", changes),
                *reasons_of_differences(failed, differences, PROPOSAL_FIELDS["esp"]),
            ],
            "evidence": cells_of_both_ends(failed, estate["tunnels"], estate["peers"], ["esp_policy"]),
            **update_with(changes),
        }

    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=fails.mask(unknown["open"]).mask(~fails & ~unknown["passes"]),
        finding=finding,
    )
