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

from vpnaudit.comparing.agreement import unknown_fields
from vpnaudit.comparing.evidence import cells_of_both_ends
from vpnaudit.comparing.networks import first_names_of_lists, relation
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts
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
    doubt = unknown_fields(rows, estate["differences"], ["cidrlist", "vpc_cidr"])
    here, there = far["different"].astype("boolean"), near["different"].astype("boolean")
    lost = rows["lost_router"].where(rows["lost_router"].fillna("") != "", rows["lost_peer"])
    silent = (lost.fillna("") == "").astype(bool)
    told = "lost is " + first_names_of_lists(lost.str.replace(", ", ",")) + "."
    ours = (
        "This end names "
        + first_names_of_lists(rows["cidr_list"])
        + ", the far side has "
        + first_names_of_lists(far["theirs"])
        + ": "
    )
    theirs = "The far side names " + first_names_of_lists(near["theirs"]) + ", this VPC is " + rows["vpc_cidr"] + ": "
    never = (rows["verdict_router"] == "ike_only") & (rows["verdict_peer"] == "ike_only")
    return verdicts(
        rows,
        fails=(here | there).mask(doubt["open"]),
        severity=pd.Series("high", index=rows.index).mask(silent, "medium").mask(never.fillna(value=False), "critical"),
        sentence=ours.where(far["different"], theirs) + told.mask(silent, "only what both name passes."),
        unknown=doubt["reason"].fillna("unknown-value"),
        why=doubt["why"],
        reasons=[
            Reason("cidrlist", ours=rows["cidr_list"], theirs=far["theirs"], expected=far["theirs"], when=here),
            Reason(
                "cidrlist",
                ours=rows["vpc_cidr"],
                theirs=near["theirs"],
                expected=rows["vpc_cidr"],
                who=Side.FAR,
                when=there,
            ),
        ],
        evidence=[
            *cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["cidr_list"]),
            Cell("vpcs", rows["vpc_id"], "cidr", rows["vpc_cidr"]),
        ],
        action=pd.Series("update-customer-gateway", index=rows.index).where(far["different"], ""),
        changes=far["theirs"].map(lambda listed: {"cidrlist": listed}, na_action="ignore"),
    )


def _between_vpcs(rows: pd.DataFrame) -> pd.DataFrame:
    ours, theirs = relation(rows["cidr_list"], rows["far_vpc_cidr"]), relation(rows["cidr_list_far"], rows["vpc_cidr"])
    worst = ((ours == "disjoint") | (theirs == "disjoint")).fillna(value=False) | _first_version(rows)
    met = rows["answered"].notna()
    whole = rows["vpc_cidr"].notna() & rows["far_vpc_cidr"].notna()
    here = (ours != "equal").fillna(value=False)
    there = (theirs != "equal").fillna(value=False)
    near = (
        "This end names "
        + first_names_of_lists(rows["cidr_list"])
        + ", "
        + _how(ours)
        + " the far VPC "
        + rows["far_vpc_cidr"]
        + ": "
    )
    far = (
        "The far end names "
        + first_names_of_lists(rows["cidr_list_far"])
        + ", "
        + _how(theirs)
        + " this VPC "
        + rows["vpc_cidr"]
        + ": "
    )
    return verdicts(
        rows,
        applies=rows["answered"],
        fails=(ours != "equal") | (theirs != "equal"),
        severity=pd.Series("critical", index=rows.index).where(worst, "high"),
        sentence=(near + ours.map(_LOST)).where(here, far + theirs.map(_LOST)),
        unknown=pd.Series("unknown-value", index=rows.index).where(whole, "not-collected").where(met, "no-peer-side"),
        why=rows["unanswered"].fillna("the networks of one end are not known"),
        other_id=rows["id_far"],
        reasons=[
            Reason(
                "cidrlist",
                ours=rows["cidr_list"],
                theirs=rows["far_vpc_cidr"],
                expected=rows["far_vpc_cidr"],
                when=here,
            ),
            Reason(
                "cidrlist",
                ours=rows["vpc_cidr"],
                theirs=rows["cidr_list_far"],
                expected=rows["vpc_cidr"],
                who=Side.FAR,
                when=there,
            ),
        ],
        evidence=[
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
            Cell("connections", rows["id_far"], "cidr_list", rows["cidr_list_far"]),
            Cell("vpcs", rows["vpc_id"], "cidr", rows["vpc_cidr"]),
            Cell("vpcs", rows["far_vpc_id"], "cidr", rows["far_vpc_cidr"]),
        ],
        action=pd.Series("update-customer-gateway", index=rows.index).where(here, ""),
        changes=rows["far_vpc_cidr"].map(lambda cidr: {"cidrlist": cidr}, na_action="ignore"),
    )


def _how(kind: pd.Series[Any]) -> pd.Series[Any]:
    words = {
        "wider": "wider than",
        "narrower": "narrower than",
        "partial": "partly other than",
        "disjoint": "nothing of",
    }
    return kind.map(words).astype("string")


def _first_version(rows: pd.DataFrame) -> pd.Series[Any]:
    """One end insists on IKEv1."""
    insists = (rows["ike_version"].str.lower() == "ikev1") | (rows["ike_version_far"].str.lower() == "ikev1")
    return insists.fillna(value=False)
