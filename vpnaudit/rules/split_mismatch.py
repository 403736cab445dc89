"""One end makes a child SA for each pair of networks, the other one for all.

What it finds: connections whose far side is known, with several pairs of networks, where one end splits them into child
SAs of their own and the other does not. Medium where some pair has no SA for it, low where that loses none.

Why it matters: It decides which pairs come up, and it depends on who starts. An end with one child for all, against one
with a child for each pair, gets one pair up when it starts; when the other end starts, all come up, under IKEv1 and
IKEv2. CloudStack shows Connected in every case, so it looks like a tunnel that loses networks from one day to the next.

How to fix it: Under IKEv2 set splitconnections=false on both ends, so that one child carries all networks. Under IKEv1
set it to true on both, which works in CloudStack 4.15.1 to 4.16, 4.19.2 and 4.20.1 and later. The update restarts the
tunnel.

What it cannot see: far sides whose setting is not known; who starts; devices that insist on exactly their own
selectors.

References: RFC 7296 section 2.9; RFC 2409 section 5.5; apache/cloudstack issues 3138 and 10073; measured with
strongSwan 5.9.8 (docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.causes import causes
from vpnaudit.comparing.evidence import cells_of_both_ends
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.comparing.words import starter_words
from vpnaudit.estate.outcomes import INITIATORS, difference_in
from vpnaudit.findings import Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_SPLIT = "one SA per pair"


@rule(
    severity="low",
    subject="connection",
    reads=("predictions_by_connection", "tunnels", "differences", "peers"),
    yields_to=("multi-cidr-ikev1",),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    difference, unknown = (
        difference_in(rows, differences, "splitconnections"),
        unknown_fields(rows, differences, ["splitconnections"]),
    )
    networks_may_differ = unknown_fields(rows, differences, ["cidrlist", "vpc_cidr"])["open"]
    networks_may_differ |= (
        difference_in(rows, differences, "cidrlist")["different"]
        | difference_in(rows, differences, "vpc_cidr")["different"]
    )
    single = ~rows["cidr_list"].str.strip(", ").str.contains(",").fillna(value=True) & ~networks_may_differ
    losing = causes(rows, differences, ["splitconnections"])
    first = pd.concat([(rows[f"ike_version_{who}"] == 1).fillna(value=False) for who in INITIATORS], axis=1).any(axis=1)
    ours_splits = difference["ours"] == _SPLIT
    near_changes = ours_splits != first
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=difference["different"].astype("boolean").mask(unknown["open"] & ~single),
        severity=words_by_condition(rows.index, [(losing.any(axis=1), "medium")], "low"),
        sentence="This end makes one child SA for "
        + words_by_condition(rows.index, [(ours_splits, "each pair")], "all pairs")
        + ", the far end does not: "
        + words_by_condition(
            rows.index,
            [(losing.any(axis=1), "not every pair has an SA " + starter_words(losing))],
            otherwise="by itself that keeps no pair out",
        )
        + ".",
        reasons=[
            Reason(
                "splitconnections",
                ours=difference["ours"],
                theirs=difference["theirs"],
                expected=words_by_condition(rows.index, [(first, _SPLIT)], "one SA for all"),
                who=words_by_condition(rows.index, [(near_changes, Side.NEAR)], Side.FAR),
            )
        ],
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["split_connections", "cidr_list"]),
        # Not to true: on some versions the router fails on it, and where a router alone is to blame, multi-cidr-ikev1
        # speaks.
        action=words_by_condition(rows.index, [(near_changes & ~first, "update-customer-gateway")], ""),
        changes={"splitconnections": "false"},
    )
