"""The two ends have different lifetimes.

What it finds: connections whose far side is known, where the IKE or the ESP lifetime differs, as the daemons read them.
Medium under IKEv1 with a device that is not strongSwan, where the lifetime is negotiated and a device may refuse
another one.

Why it matters: The shorter lifetime decides: who planned for the longer one rekeys more often than planned, and finds
another time in the far side's log. IKEv2 negotiates no lifetime, and strongSwan takes any: in 34 measured pairs a
difference never kept a tunnel down.

How to fix it: Set ikelifetime and esplifetime on both ends to the same values; the lower one is within every policy, as
long as it is above 1080 s, which strongSwan's rekey margin needs. The update restarts the tunnel, so let it wait for
another reason to update.

What it cannot see: far sides whose lifetimes are not known; how routers of CloudStack 4.17 to 4.21, which write hours
with a fraction, read their own.

References: RFC 7296 section 2.8; RFC 2407 section 4.5.4; strongSwan ipsec.conf(5), lifetime and margintime; measured
with strongSwan 5.9.8 (docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.evidence import cells_of_both_ends
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.estate.outcomes import INITIATORS, difference_in
from vpnaudit.findings import Reason, Tables, rule, update_with, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_FIELDS = ("ikelifetime", "esplifetime")


@rule(severity="low", subject="connection", reads=("predictions_by_connection", "tunnels", "differences", "peers"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    difference = {field: difference_in(rows, differences, field) for field in _FIELDS}
    fails = pd.concat([one["different"] for one in difference.values()], axis=1).any(axis=1).astype("boolean")
    unknown = unknown_fields(rows, differences, _FIELDS)
    first = pd.concat([(rows[f"ike_version_{who}"] == 1).fillna(value=False) for who in INITIATORS], axis=1).any(axis=1)
    foreign = ~rows["implementation"].isin(["strongswan", "cloudstack"])
    best = {field: _best(one, policy) for field, one in difference.items()}
    words = {
        field: f"{field[:3].upper()} lifetime " + one["ours"] + " here, " + one["theirs"] + " there"
        for field, one in difference.items()
    }
    endless = (
        pd.concat([one[side] == "0 s" for one in difference.values() for side in ("ours", "theirs")], axis=1)
        .fillna(value=False)
        .any(axis=1)
    )
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=fails.mask(~fails & unknown["open"]),
        severity=words_by_condition(rows.index, [(first & foreign, "medium")], "low"),
        sentence=(words["ikelifetime"] + "; " + words["esplifetime"])
        .fillna(words["ikelifetime"])
        .fillna(words["esplifetime"])
        + ": the shorter one decides"
        + words_by_condition(rows.index, [(endless, "; 0 s is no limit.")], "."),
        reasons=[
            Reason(
                field,
                ours=one["ours"],
                theirs=one["theirs"],
                expected=best[field].astype("string") + " s",
                who=words_by_condition(rows.index, [(best[field] != _seconds(one["ours"]), Side.NEAR)], Side.FAR),
                when=one["different"],
            )
            for field, one in difference.items()
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["ike_lifetime_s", "esp_lifetime_s"]),
        **update_with(_changes(difference, best)),
    )


def _seconds(texts: pd.Series[Any]) -> pd.Series[Any]:
    return texts.str.removesuffix(" s").astype("Int64")


def _best(difference: pd.DataFrame, policy: Policy) -> pd.Series[Any]:
    """The lower of both lifetimes, unless strongSwan cannot keep it (0 is no limit at all): then the higher."""
    ours, theirs = _seconds(difference["ours"]), _seconds(difference["theirs"])
    low, high = (
        ours.where((ours < theirs).fillna(value=False), theirs),
        ours.where((ours > theirs).fillna(value=False), theirs),
    )
    return low.where((low >= policy.lifetime_stable_min_s).fillna(value=False), high)


def _changes(difference: dict[str, pd.DataFrame], best: dict[str, pd.Series[Any]]) -> pd.Series[Any]:
    """What this end sets, where it is the one to change."""
    new = pd.DataFrame(
        {
            field: best[field].mask((best[field] == _seconds(one["ours"])).fillna(value=True))
            for field, one in difference.items()
        }
    )
    changes = [
        {field: str(value) for field, value in zip(new.columns, row, strict=True) if not pd.isna(value)} or None
        for row in new.itertuples(index=False, name=None)
    ]
    return pd.Series(changes, index=new.index, dtype="object")
