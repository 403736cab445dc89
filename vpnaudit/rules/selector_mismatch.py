"""The two ends of a tunnel name different traffic.

What it finds: connections between two VPCs of the estate where one end's remote networks are not exactly the CIDR of
the other end's VPC: wider, narrower, partly other, or disjoint. Both ends are judged, and both get a row. And
connections whose far side a peer file tells of, where its networks differ from those of this end.

Why it matters: A router's own side of the selector is always its whole VPC CIDR, so the other end should name just
that. IKEv2 narrows to what both name, and the rest is silently lost; IKEv1 demands equal selectors of many devices and
takes only the first network; nothing in common means no child SA at all, while the state still says Connected.

How to fix it: Set cidrlist of each customer gateway to the whole CIDR of the VPC that it stands for.

What it cannot see: peers that no file tells of, and whether only a part of the VPC is meant to be reached: an access
list is the place for that.

References: RFC 7296 section 2.9; RFC 2409 section 5.5; CommandSetupHelper of CloudStack: the local selector is the
VPC's CIDR; measured with strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.evidence import cells_of_both_ends
from vpnaudit.comparing.judgeable import where_answered
from vpnaudit.comparing.networks import first_names_of_lists, relation
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Cell, Reason, Tables, Update, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_LOST = {
    "wider": "what is outside is lost.",
    "narrower": "the rest is lost.",
    "partial": "only what both name passes.",
    "disjoint": "nothing passes.",
}


@rule(
    severity="high",
    subject="connection",
    reads=("predictions_by_connection", "both_ends", "tunnels", "differences", "peers"),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    ends = estate["predictions_by_connection"]
    by_file = (ends["far"] == "peers").fillna(value=False).astype(bool)
    between = estate["both_ends"]
    return pd.concat([_between_vpcs(between[~by_file]), _against_files(ends[by_file], estate)], ignore_index=True)


def _against_files(rows: pd.DataFrame, estate: Tables) -> pd.DataFrame:
    far, near = (difference_in(rows, estate["differences"], field) for field in ("cidrlist", "vpc_cidr"))
    unknown = unknown_fields(rows, estate["differences"], ["cidrlist", "vpc_cidr"])
    far_differs, near_differs = far["different"].astype("boolean"), near["different"].astype("boolean")
    lost = rows["lost_router"].where(rows["lost_router"].fillna("") != "", rows["lost_peer"])
    nothing_lost = lost.fillna("") == ""
    never = (rows["verdict_router"] == "ike_only") & (rows["verdict_peer"] == "ike_only")
    of_far = (
        "This end names "
        + first_names_of_lists(rows["cidr_list"])
        + ", the far side has "
        + first_names_of_lists(far["theirs"])
    )
    of_near = "The far side names " + first_names_of_lists(near["theirs"]) + ", this VPC is " + rows["vpc_cidr"]
    loss = "lost is " + first_names_of_lists(lost.str.replace(", ", ",")) + "."
    return verdicts(
        rows,
        fails=(far_differs | near_differs).mask(unknown["open"]),
        severity=words_by_condition(rows.index, [(never, "critical"), (nothing_lost, "medium")], "high"),
        sentence=of_far.where(far["different"], of_near)
        + ": "
        + words_by_condition(rows.index, [(nothing_lost, _LOST["partial"])], loss),
        unknown=unknown["reason"].fillna("unknown-value"),
        why=unknown["why"],
        reasons=_reasons(rows, (far["theirs"], far_differs), (near["theirs"], near_differs)),
        evidence=[
            *cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["cidr_list"]),
            Cell("vpcs", rows["vpc_id"], "cidr", rows["vpc_cidr"]),
        ],
        **_update(rows.index, far["different"], far["theirs"]),
    )


def _between_vpcs(rows: pd.DataFrame) -> pd.DataFrame:
    ours, theirs = relation(rows["cidr_list"], rows["far_vpc_cidr"]), relation(rows["cidr_list_far"], rows["vpc_cidr"])
    worst = ((ours == "disjoint") | (theirs == "disjoint")).fillna(value=False) | _insists_on_ikev1(rows)
    both_seen = rows["vpc_cidr"].notna() & rows["far_vpc_cidr"].notna()
    far_differs, near_differs = ((kind != "equal").fillna(value=False) for kind in (ours, theirs))
    of_far = (
        "This end names "
        + first_names_of_lists(rows["cidr_list"])
        + ", "
        + _relation_words(ours)
        + " the far VPC "
        + rows["far_vpc_cidr"]
        + ": "
        + ours.map(_LOST)
    )
    of_near = (
        "The far end names "
        + first_names_of_lists(rows["cidr_list_far"])
        + ", "
        + _relation_words(theirs)
        + " this VPC "
        + rows["vpc_cidr"]
        + ": "
        + theirs.map(_LOST)
    )
    return verdicts(
        rows,
        **where_answered(
            rows,
            "the networks of one end are not known",
            words_by_condition(rows.index, [(both_seen, "unknown-value")], "not-collected"),
        ),
        fails=(ours != "equal") | (theirs != "equal"),
        severity=words_by_condition(rows.index, [(worst, "critical")], "high"),
        sentence=of_far.where(far_differs, of_near),
        reasons=_reasons(
            rows,
            (rows["far_vpc_cidr"], far_differs),
            (rows["cidr_list_far"], near_differs),
        ),
        evidence=[
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
            Cell("connections", rows["id_far"], "cidr_list", rows["cidr_list_far"]),
            Cell("vpcs", rows["vpc_id"], "cidr", rows["vpc_cidr"]),
            Cell("vpcs", rows["far_vpc_id"], "cidr", rows["far_vpc_cidr"]),
        ],
        **_update(rows.index, far_differs, rows["far_vpc_cidr"]),
    )


Networks = tuple["pd.Series[Any]", "pd.Series[Any]"]
"""The far side's networks, and where a list differs from them."""


def _reasons(rows: pd.DataFrame, far: Networks, near: Networks) -> list[Reason]:
    """What the near end names of the far side's networks, and the far end of the VPC's."""
    (theirs, far_differs), (of_vpc, near_differs) = far, near
    return [
        Reason("cidrlist", ours=rows["cidr_list"], theirs=theirs, expected=theirs, when=far_differs),
        Reason(
            "cidrlist",
            ours=rows["vpc_cidr"],
            theirs=of_vpc,
            expected=rows["vpc_cidr"],
            who=Side.FAR,
            when=near_differs,
        ),
    ]


def _update(index: pd.Index[Any], where: pd.Series[Any], networks: pd.Series[Any]) -> Update:
    """The near end names the far side's networks, where it names others."""
    return {
        "action": words_by_condition(index, [(where, "update-customer-gateway")], ""),
        "changes": networks.map(lambda text: {"cidrlist": text}, na_action="ignore"),
    }


def _relation_words(kind: pd.Series[Any]) -> pd.Series[Any]:
    words = {
        "wider": "wider than",
        "narrower": "narrower than",
        "partial": "partly other than",
        "disjoint": "nothing of",
    }
    return kind.map(words).astype("string")


def _insists_on_ikev1(rows: pd.DataFrame) -> pd.Series[Any]:
    insists = (rows["ike_version"].str.lower() == "ikev1") | (rows["ike_version_far"].str.lower() == "ikev1")
    return insists.fillna(value=False)
