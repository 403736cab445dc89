"""The two ends have no IKE proposal in common.

What it finds: connections whose far side is known, where no IKE proposal of one end fits the other, for the end that
starts or for both. All differing algorithms are named. strongSwan's own proposals count too, since the router always
adds them.

Why it matters: No IKE SA comes up: the starting end logs NO_PROPOSAL_CHOSEN, and CloudStack shows Disconnected. Under
IKEv1 a router that starts offers its configured suites and one default only, so a tunnel may come up when the far end
starts, and fail when the router does.

How to fix it: Set the same ikepolicy on both ends, with the stronger algorithm of each kind. The update restarts the
tunnel.

What it cannot see: far sides whose configuration is not known; the defaults of other strongSwan releases than 5.9.8.
Two routers of CloudStack that differ meet on a default that neither end names: that is suite-not-as-configured.

References: RFC 7296 section 2.7; RFC 2409 section 5; measured with strongSwan 5.9.8 (docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.causes import PROPOSAL_FIELDS, causes
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.stronger_policy import reason_of_policy, stronger_policy_changes
from vpnaudit.comparing.unknowns import unknown_proposals
from vpnaudit.comparing.words import confidence_words, starter_words
from vpnaudit.estate.outcomes import INITIATORS
from vpnaudit.findings import Finding, Tables, rule, update_with, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_BEFORE = ["network", "address", "version"]
_NOT_RUN = ["file", "router-configuration", "peer-configuration", "start"]


@rule(severity="critical", subject="connection", reads=("predictions_by_connection", "tunnels", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    stops = {who: rows[f"stopped_at_{who}"] for who in INITIATORS}
    alone = causes(rows, differences, PROPOSAL_FIELDS["ike"])
    # Where something stops it earlier, the proposals never met; whether they would is what the causes tell.
    failing = pd.DataFrame(
        {w: (stop == "ike-proposal").fillna(value=False) | (stop.isin(_BEFORE) & alone[w]) for w, stop in stops.items()}
    )
    fails = failing.any(axis=1).astype("boolean")
    unknown = unknown_proposals(rows, differences, "ike")
    not_run = pd.concat([stop.isin(_NOT_RUN) for stop in stops.values()], axis=1).all(axis=1)

    def finding(failed: pd.DataFrame) -> Finding:
        starters = failing.loc[failed.index]
        consequence = words_by_condition(
            failed.index,
            [(starters.all(axis=1), ": NO_PROPOSAL_CHOSEN, and the API shows Disconnected")],
            otherwise=": NO_PROPOSAL_CHOSEN; it comes up only if the other end starts",
        )
        changes = stronger_policy_changes(failed, differences, ["ike"])
        update = update_with(changes)
        return {
            "sentence": "No common IKE proposal "
            + starter_words(starters)
            + consequence
            + confidence_words(failed)
            + ".",
            "reasons": [
                reason_of_policy(failed, "ike", changes),
                *reasons_of_differences(failed, differences, PROPOSAL_FIELDS["ike"]),
            ],
            "evidence": cells_of_both_ends(failed, estate["tunnels"], estate["peers"], ["ike_policy"]),
            "action": update["action"],
            "changes": update["changes"],
        }

    return verdicts(
        rows,
        **where_predicted(
            rows,
            unknown,
            nothing_to_judge=not_run,
            because="an end does not load the connection, so nothing is negotiated",
        ),
        fails=fails.mask(unknown["open"]).mask(~fails & ~unknown["passes"]),
        finding=finding,
    )
