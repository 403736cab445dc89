"""The state says Connected, and the prediction says that not everything passes.

What it finds: connections in state Connected whose two ends are known, where the prediction says, whoever starts, that
no child SA comes up, or only for a part of the networks, or that it ends at a renewal. Why, the finding of another rule
says: this one is about the state. It stays info without evidence from the router, since it is a prediction.

Why it matters: CloudStack asks the router only whether an IKE SA is established. Connected proves Phase 1 and nothing
more: of 1105 measured negotiations, 291 that carried nothing, only a part, or not for long were shown as Connected.

How to fix it: Mend what the other findings about this connection name. Then let a machine behind the tunnel reach one
behind the far end, and look at the router: ipsec statusall must list a child SA as INSTALLED for each pair of networks,
with bytes both ways.

What it cannot see: whether a child SA is installed. So every other connection that is Connected cannot be told: that is
no fault of the connection. A connection in any other state claims nothing and passes.

References: checks2svpn.sh of CloudStack 4.22, which looks for ESTABLISHED; measured with strongSwan 5.9.8
(docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.judgeable import far_connection
from vpnaudit.estate.outcomes import INITIATORS
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_STATES = ["Pending", "Connecting", "Connected", "Disconnected", "Error", "Removed"]
_CONSEQUENCES = {
    "no_ike": "no IKE SA comes up: the state is old, or the settings changed since.",
    "ike_only": "no child SA comes up, so nothing passes.",
    "partial": "only a part of the networks has a child SA.",
    "latent_rekey_failure": "it carries traffic only until a renewal fails.",
    "interrupted_later": "the router's own lifetimes end it.",
}
"""What is predicted, worst first; `ok` is not among them."""


@rule(severity="info", subject="connection", reads=("predictions_by_connection",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["predictions_by_connection"]
    claims = (rows["state"] == "Connected").where(rows["state"].isin(_STATES))
    predicted = [rows[f"verdict_{who}"] for who in INITIATORS]
    fails_for_both = pd.concat([verdict.isin(list(_CONSEQUENCES)) for verdict in predicted], axis=1).all(axis=1)
    # The milder of both: who started is not known, and more than this is not certain.
    ranks = {verdict: rank for rank, verdict in enumerate(_CONSEQUENCES)}
    mild = pd.concat([verdict.map(ranks) for verdict in predicted], axis=1).max(axis=1)
    consequence = mild.map(dict(enumerate(_CONSEQUENCES.values())))
    return verdicts(
        rows,
        fails=claims & fails_for_both.astype("boolean").mask(~fails_for_both),
        sentence="Connected proves Phase 1 alone, and by the prediction " + consequence,
        unknown=words_by_condition(rows.index, [(claims.isna(), "unknown-value")], "needs-router-evidence"),
        why=words_by_condition(
            rows.index,
            [(claims.isna(), "the server gave no state that is known")],
            otherwise="Connected proves Phase 1 alone: whether a child SA carries traffic, only the router knows",
        ),
        other_id=far_connection(rows),
        reasons=[Reason("state", ours=rows["state"], expected="a child SA for each pair of networks", who=Side.BOTH)],
        evidence=[Cell("connections", rows["id"], "state", rows["state"])],
    )
