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

import pandas as pd

from vpnaudit.comparing.agreement import PARTS, confidence_words, stronger_policy_changes, unknown_fields, update_action
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.unconfigured_suites import unconfigured_suites
from vpnaudit.findings import Reason, Tables, rule, verdicts
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
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
    found = unconfigured_suites(rows, policy)
    here = {phase: found[phase].notna() for phase in ("ike", "esp")}
    fails = (here["ike"] | here["esp"]).astype("boolean")
    doubt = unknown_fields(rows, differences, ["ike_proposals", "esp_proposals", "ikeversion"])
    version = unknown_fields(rows, differences, ["ikeversion"])
    none_up = (rows["ike_suite_router"].isna() & rows["ike_suite_peer"].isna()) & rows["answered"].fillna(value=False)
    esp = ("ESP on " + found["esp"]).mask(found["lost_pfs"], "ESP after a renewal on " + found["esp"] + ", without PFS")
    both = ("IKE runs on " + found["ike"] + " and " + esp).fillna("IKE runs on " + found["ike"])
    said = both.fillna(esp.str.replace("ESP", "ESP runs", n=1, regex=False))
    fix = stronger_policy_changes(rows, differences, ["ike", "esp"])
    return verdicts(
        rows,
        applies=rows["answered"].mask(none_up, other=False),
        fails=fails.mask(version["open"]).mask(~fails & doubt["open"]),
        severity=pd.Series("medium", index=rows.index).mask(found["weak"], "high"),
        sentence=said + ", not as configured here" + confidence_words(rows) + ".",
        unknown=rows["reason"].fillna(doubt["reason"]).fillna("unknown-value"),
        why=rows["why"].fillna(doubt["why"]).fillna("no IKE SA comes up, so there is no suite"),
        other_id=rows["far_id"].where(rows["far"] == "connection"),
        reasons=[
            *(
                Reason(
                    f"{phase}policy",
                    ours=rows[f"{phase}_policy"],
                    expected=_new(fix, f"{phase}policy"),
                    who=Side.BOTH,
                    when=here[phase],
                )
                for phase in here
            ),
            *reasons_of_differences(rows, differences, [*PARTS["ike"], *PARTS["esp"]]),
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["ike_policy", "esp_policy"]),
        action=update_action(fix),
        changes=fix,
    )


def _new(fix: pd.Series[Any], field: str) -> pd.Series[Any]:
    """What this end shall set; missing where it stays as it is."""
    return fix.map(lambda made: made.get(field), na_action="ignore").astype("string")
