"""By the prediction the tunnel does not come up, and no other rule says why.

What it finds: connections of which both ends are known, and for which the prediction is that no IKE SA comes up, or an
IKE SA without a child, when one of the ends starts. It steps back where another rule names the cause.

Why it matters: The tunnel carries nothing. Where an IKE SA comes up alone, the API shows Connected all the same.

How to fix it: Set what the reason names alike at both ends; `vpnaudit tunnel` shows all of both sides, and which of
them can set it.

What it cannot see: peers that no file tells of, filters and translations on the way, and what a device does that its
file does not say.

References: RFC 7296; measured with strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from vpnaudit.comparing.dead import dead_starters
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.comparing.words import confidence_words, starter_words
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from typing import Any

    from vpnaudit.policy import Policy

_SHOWN = 40
_REFUSAL = 120
_DECIDING = (
    *("ikeversion", "ike_proposals", "esp_proposals", "id", "peer_id", "ipsecpsk"),
    *("authentication", "childless", "aggressive", "cidrlist", "vpc_cidr"),
)
_HOLDERS: Final = {"router": Side.NEAR, "peer": Side.FAR, "either": Side.EITHER, "network": Side.NETWORK}


@rule(
    severity="high",
    subject="connection",
    reads=("predictions_by_connection", "differences"),
    yields_to=(
        "phase1-mismatch",
        "phase2-mismatch",
        "pfs-mismatch",
        "psk-mismatch",
        "ike-version-mismatch",
        "selector-mismatch",
        "identity-mismatch",
        "authentication-mismatch",
        "one-sided-connection",
    ),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    dead = dead_starters(rows)
    fails = dead.any(axis=1).astype("boolean")
    unknown = unknown_fields(rows, differences, _DECIDING)
    cause = _first_cause(rows, differences)
    alone = pd.concat([rows[f"verdict_{who}"] == "ike_only" for who in dead], axis=1).any(axis=1)
    error = rows["error_router"].where(dead["router"], rows["error_peer"])
    ours, theirs = (cause[side].str.slice(0, _SHOWN) for side in ("ours", "theirs"))
    fault = "the far side's own file is " + cause["theirs"].str.slice(0, _REFUSAL)
    difference = words_by_condition(
        rows.index,
        [
            (cause["theirs"] == "", cause["field"] + " " + cause["ours"]),
            (cause["field"] == "peer_configuration", fault),
        ],
        otherwise=cause["field"] + " " + ours + " here, " + theirs + " there",
    )
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=fails.mask(~fails & unknown["open"]),
        sentence=words_by_condition(rows.index, [(alone, "IKE comes up alone ")], "No IKE SA comes up ")
        + starter_words(dead)
        + ": "
        + difference.fillna(error).fillna("the configurations do not fit")
        + confidence_words(rows)
        + ".",
        reasons=[
            Reason(
                cause["field"].fillna("prediction"),
                ours=cause["ours"].fillna(error),
                theirs=cause["theirs"].replace("", pd.NA),
                expected=cause["ours"].mask(cause["theirs"] == "").fillna("an IKE SA with a child"),
                who=cause["who"].map(_HOLDERS).fillna(Side.BOTH),
            )
        ],
        evidence=[
            Cell("connections", rows["id"], "gateway", rows["gateway"]),
            Cell("connections", rows["id"], "public_ip", rows["public_ip"]),
        ],
    )


def _first_cause(rows: pd.DataFrame, differences: pd.DataFrame) -> pd.DataFrame:
    """The first difference of each connection that is a cause: field, ours, theirs and who, missing where none is."""
    is_cause = differences[["cause_router", "cause_peer"]].any(axis=1).astype(bool)
    first: pd.DataFrame = differences[is_cause].drop_duplicates(["source", "id"])
    joined = rows[["source", "id"]].merge(first, on=["source", "id"], how="left")
    names: list[Any] = ["field", "ours", "theirs", "who"]
    return joined[names].set_axis(rows.index)
