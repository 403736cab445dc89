"""Full packets of a tier do not fit into the tunnel.

What it finds: VPCs where the largest packet of a tier (its privatemtu), with the exact overhead of the suite, is longer
than the MTU of the router's public side (publicmtu), or where less than 1280 bytes would fit. One finding a VPC and
suite, at its first connection. The suite is the predicted one, or where the far side is not known the configured one.
UDP encapsulation counts 8 bytes.

Why it matters: Such packets are sent in fragments, which firewalls drop and which slow a router down, or are refused,
which hangs transfers where ICMP is filtered: logins work, and the first large answer does not. The router clamps
nothing.

How to fix it: Clamp the MSS of TCP to the value in the finding, at the far side's device or on the machines. At a path
of 1500 bytes it is 1406 to 1366 by suite (docs/negotiation.md), and the manual's 1350 fits all of them. Or lower
privatemtu of the tiers with updateNetwork, where the zone lets users set it; where it does not, the call succeeds and
changes nothing.

What it cannot see: a smaller MTU on the way, such as 1492 of PPPoE; a NAT, which adds the 8 bytes; a clamp at the far
side; servers before 4.18, which send no MTU.

References: RFC 4303 section 2.4; RFC 3948; RFC 8200 section 5 (1280); 714 packet sizes of 14 suites, measured with
strongSwan 5.9.8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.overhead import esp_layout, largest_inner, outer_size, tcp_mss
from vpnaudit.ipsec.proposals import parse_proposal
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.ipsec.overhead import EspLayout
    from vpnaudit.policy import Policy

_LEAST = 1280
_MANUAL = 1350
_VPC = ["source", "vpc_id"]


@rule(severity="medium", subject="connection", reads=("predictions_by_connection", "tiers", "vpcs"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = _with_mtu(estate["predictions_by_connection"], estate)
    decisive = rows[["suite", "private", "public", "force_encap", "partly"]]
    distinct = decisive.drop_duplicates().itertuples(index=False, name=None)
    sizes_by_case = {case: _judged(dict(zip(decisive.columns, case, strict=True))) for case in distinct}
    sizes = pd.DataFrame(
        [sizes_by_case[case] for case in decisive.itertuples(index=False, name=None)],
        index=rows.index,
        columns=["fails", "inner", "mss"],
    )
    fails = sizes["fails"].astype("boolean")
    first = _first(rows, fails)
    sized = rows["private"].notna() & rows["public"].notna()
    inner, mss = (sizes[name].astype("Int64").astype("string") for name in ("inner", "mss"))
    too_much = sizes["mss"].astype("Int64") < _MANUAL
    manual = words_by_condition(rows.index, [(too_much, f"{_MANUAL} is too much")], f"the manual's {_MANUAL} fits")
    tight = sized & sizes["mss"].notna() & ~rows["partly"]
    return verdicts(
        rows,
        applies=first.isna().astype("boolean"),
        fails=fails,
        sentence="On "
        + rows["suite"]
        + " no packet over "
        + inner
        + " bytes fits: clamp TCP to an MSS of "
        + mss
        + "; "
        + manual
        + ".",
        unknown=words_by_condition(rows.index, [(tight, "needs-router-evidence")], "unknown-value"),
        why=words_by_condition(
            rows.index,
            [
                (first.notna(), "as for " + first + ", of the same VPC and suite"),
                (tight, "a NAT, which adds 8 bytes, decides it, and only the router sees one"),
                (sized & sizes["mss"].isna(), "nothing is known of the size of the suite"),
            ],
            otherwise="the server sent no MTU of the VPC or of a tier",
        ),
        reasons=[
            Reason("privatemtu", ours=rows["private"], expected="at most " + inner, who=Side.EITHER),
            Reason("publicmtu", ours=rows["public"], who=Side.OPERATOR),
        ],
        evidence=[
            Cell("vpcs", rows["vpc_id"], "public_mtu_bytes", rows["public"]),
            Cell("tiers", rows["tier_id"], "private_mtu_bytes", rows["private"]),
            Cell("connections", rows["id"], "esp_policy", rows["esp_policy"]),
        ],
        action="clamp-mss",
    )


def _with_mtu(rows: pd.DataFrame, estate: Tables) -> pd.DataFrame:
    """With public and private MTU, the tier of the latter, and the suite without its group."""
    vpcs = estate["vpcs"][["source", "id", "public_mtu_bytes"]].rename(
        columns={"id": "vpc_id", "public_mtu_bytes": "public"}
    )
    tiers = estate["tiers"].rename(columns={"id": "tier_id", "private_mtu_bytes": "private"})
    blind = pd.MultiIndex.from_frame(tiers.loc[tiers["private"].isna(), _VPC])
    largest = tiers.sort_values("private", ascending=False, kind="stable").drop_duplicates(_VPC)[
        [*_VPC, "tier_id", "private"]
    ]
    rows = rows.merge(vpcs, on=_VPC, how="left").merge(largest, on=_VPC, how="left")
    configured = rows["esp_policy"].str.split(",").str[0].str.replace(";", "-", regex=False)
    suite = (
        rows["esp_suites_router"]
        .str.split(",")
        .str[0]
        .mask((rows["esp_suites_router"] == "").fillna(value=False))
        .fillna(configured)
    )
    loose = tiers.loc[tiers["vpc_id"].isna(), "source"]
    partly = pd.Series(pd.MultiIndex.from_frame(rows[_VPC]).isin(blind), index=rows.index) | rows["source"].isin(loose)
    bare = {text: _bare(text) for text in suite.dropna().unique()}
    return rows.assign(suite=suite.map(bare).astype("string"), partly=partly)


def _bare(text: str) -> str | None:
    proposal = parse_proposal(text, "esp")
    return None if proposal is None else "-".join((*proposal.encryption[:1], *proposal.integrity[:1]))


def _judged(row: dict[str, Any]) -> tuple[bool | None, int | None, int | None]:
    """Whether full packets do not fit, the largest inner packet that does, and the MSS, both with UDP unless it is
    known to be absent.
    """
    layout = None if pd.isna(row["suite"]) else esp_layout(row["suite"])
    if layout is None or pd.isna(row["private"]) or pd.isna(row["public"]):
        return None, None, None
    tight, wide = (_fits(row["private"], row["public"], layout, udp=udp) for udp in (True, False))
    forced = bool(row["force_encap"]) if not pd.isna(row["force_encap"]) else False
    fails = not tight if forced else True if not wide else None if not tight else False
    return (
        None if fails is False and row["partly"] else fails,
        largest_inner(row["public"], layout, udp=True),
        tcp_mss(row["public"], layout, udp=True),
    )


def _fits(private: int, public: int, layout: EspLayout, *, udp: bool) -> bool:
    return outer_size(private, layout, udp=udp) <= public and largest_inner(public, layout, udp=udp) >= _LEAST


def _first(rows: pd.DataFrame, fails: pd.Series[Any]) -> pd.Series[Any]:
    """For each failing connection but the first of its VPC and suite, the label of that one."""
    hit = rows[fails.fillna(value=False)].sort_values("id")
    head = hit.drop_duplicates([*_VPC, "suite"])[[*_VPC, "suite", "id", "label"]].rename(columns={"id": "head_id"})
    same = rows[[*_VPC, "suite", "id"]].merge(head, on=[*_VPC, "suite"], how="left").set_axis(rows.index)
    later = fails.fillna(value=False) & (same["id"] != same["head_id"]).fillna(value=False)
    return same["label"].map(one_line, na_action="ignore").astype("string").where(later)
