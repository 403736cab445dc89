"""The tunnel runs on a suite that this connection's configuration does not name.

What it finds: connections whose far side is known, where the prediction gives a suite for IKE, for the first child SA,
or after a renewal that neither ikepolicy nor esppolicy of this end names. High where that suite is below policy, by its
algorithms or by lacking PFS.

Why it matters: The router never pins its proposals, so strongSwan's defaults stand behind them: 3DES for IKE among
them, and no group for ESP. Two routers of CloudStack that differ always meet there. The tunnel works, and nothing that
CloudStack shows tells that what was agreed does not run: a group on one end alone is silently lost at the first rekey.

How to fix it: Set the same policies on both ends, with the stronger algorithm of each kind. The update restarts the
tunnel. CloudStack cannot pin a suite, so a far side that insists still gets its own.

What it cannot see: what the daemons really negotiated: it is a prediction. Far sides whose configuration is not known;
the defaults of other strongSwan releases than 5.9.8.

References: RFC 7296 sections 2.7 and 2.17; strongSwan ipsec.conf(5), ike and esp; configure.py of CloudStack 4.22,
which writes no !; measured with strongSwan 5.9.8 (docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.comparing.causes import PROPOSAL_FIELDS
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.stronger_policy import reason_of_policy, stronger_policy_changes
from vpnaudit.comparing.unconfigured_suites import unconfigured_suites
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.comparing.words import confidence_words
from vpnaudit.findings import Finding, Tables, rule, update_with, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(
    severity="medium",
    subject="connection",
    reads=("predictions_by_connection", "tunnels", "differences", "peers"),
    yields_to=("phase1-mismatch", "phase2-mismatch", "pfs-mismatch"),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    suites = unconfigured_suites(rows, policy)
    unconfigured = {phase: suites[phase].notna() for phase in ("ike", "esp")}
    fails = (unconfigured["ike"] | unconfigured["esp"]).astype("boolean")
    unknown = unknown_fields(rows, differences, ["ike_proposals", "esp_proposals", "ikeversion"])
    version = unknown_fields(rows, differences, ["ikeversion"])
    no_suite = (rows["ike_suite_router"].isna() & rows["ike_suite_peer"].isna()) & rows["answered"].fillna(value=False)

    def finding(failed: pd.DataFrame) -> Finding:
        suites_of_failed = suites.loc[failed.index]
        changes = stronger_policy_changes(failed, differences, ["ike", "esp"])
        when = {phase: mask[failed.index] for phase, mask in unconfigured.items()}
        return {
            "severity": words_by_condition(failed.index, [(suites_of_failed["weak"], "high")], "medium"),
            "sentence": _suite_words(suites_of_failed) + ", not as configured here" + confidence_words(failed) + ".",
            "reasons": [
                *(reason_of_policy(failed, phase, changes, Side.BOTH, mask) for phase, mask in when.items()),
                *reasons_of_differences(failed, differences, [*PROPOSAL_FIELDS["ike"], *PROPOSAL_FIELDS["esp"]]),
            ],
            "evidence": cells_of_both_ends(failed, estate["tunnels"], estate["peers"], ["ike_policy", "esp_policy"]),
            **update_with(changes),
        }

    return verdicts(
        rows,
        **where_predicted(rows, unknown, nothing_to_judge=no_suite, because="no IKE SA comes up, so there is no suite"),
        fails=fails.mask(version["open"]).mask(~fails & unknown["open"]),
        finding=finding,
    )


def _suite_words(suites: pd.DataFrame) -> pd.Series[Any]:
    after, pfs = (
        words_by_condition(suites.index, [(suites["lost_pfs"], words)], "")
        for words in (" after a renewal", ", without PFS")
    )
    where_esp = after + " on " + suites["esp"] + pfs
    ike = "IKE runs on " + suites["ike"]
    return words_by_condition(
        suites.index,
        [(suites["ike"].notna() & suites["esp"].notna(), ike + " and ESP" + where_esp), (suites["ike"].notna(), ike)],
        otherwise="ESP runs" + where_esp,
    )
