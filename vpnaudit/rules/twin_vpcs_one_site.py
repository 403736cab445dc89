"""Two VPCs with overlapping networks are tunnelled to the same site.

What it finds: connections of two VPCs whose CIDRs overlap, to the same peer address or to an equal remote network,
across zones and sources. Each connection that has a twin gets one row, which names one of them.

Why it matters: The site can have one route for an address. It answers one of the two VPCs; the other one sends and
hears nothing, or its answers reach strangers. CloudStack looks at one VPN gateway at a time and cannot notice.

How to fix it: A VPC's CIDR cannot be changed: move the machines of one VPC to a new VPC with other addresses, or
translate addresses on the far side. Where both tunnels are a pair for failover, keep one up at a time.

What it cannot see: address translation at the site, and whether equal remote networks behind two peers are one site or
two.

References: Site2SiteVpnManagerImpl of CloudStack 4.22, createVpnConnection: checks siblings of one gateway only; RFC
4301 section 4.4.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.comparing.matching import has_match
from vpnaudit.comparing.overlapping import neighbours, overlap_counts
from vpnaudit.estate.cidrs import with_intervals
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition
from vpnaudit.ipsec.sides import Side

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_KEYS = ["source", "id"]
_VPC = ["source", "vpc_id"]
_PLACE = ["source", "id", "vpc_id", "vpc_cidr", "label", "start", "end"]


@rule(
    severity="high",
    subject="connection",
    reads=("tunnels", "cidrs"),
    needs=("connections", "vpn_gateways", "vpcs"),
    across=True,
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    tunnels = with_intervals(estate["tunnels"].assign(text=estate["tunnels"]["vpc_cidr"]))
    sites = _sites(tunnels, estate["cidrs"])
    rows = tunnels.merge(_twins(sites), on=_KEYS, how="left")
    hit = rows["id_right"].notna()
    return verdicts(
        rows,
        fails=hit.astype("boolean").where(hit | ~_may_have_twin(rows, sites, tunnels)),
        sentence="Another VPC with "
        + rows["vpc_cidr_right"]
        + " goes to the same "
        + rows["site_left"]
        + ": answers reach one of both.",
        unknown=words_by_condition(rows.index, [(rows["vpc_cidr"].isna(), "not-collected")], "unknown-value"),
        why=words_by_condition(
            rows.index,
            [(rows["vpc_cidr"].isna(), "the network of the connection's VPC is not known")],
            otherwise="where this connection goes, or one that may be its twin, is not known",
        ),
        other_id=rows["id_right"],
        reasons=[
            Reason(
                "cidr",
                ours=rows["vpc_cidr"],
                theirs=rows["vpc_cidr_right"],
                expected="no address in common",
                who=Side.BOTH,
            )
        ],
        evidence=[
            Cell("vpcs", rows["vpc_id"], "cidr", rows["vpc_cidr"]),
            Cell("vpcs", rows["vpc_id_right"], "cidr", rows["vpc_cidr_right"]),
            Cell("connections", rows["id"], "gateway", rows["gateway"]),
            Cell("connections", rows["id"], "cidr_list", rows["cidr_list"]),
        ],
    )


def _twins(sites: pd.DataFrame) -> pd.DataFrame:
    """A twin of each connection that has one: columns source, id; id_right, vpc_id_right, vpc_cidr_right, site_left."""
    sites = sites.dropna(subset=["site", "start", "vpc_id"]).reset_index(drop=True)
    # One connection stands for its VPC at a site: all others there are then another VPC's.
    heads = sites.sort_values(_KEYS, kind="stable").drop_duplicates(["site", *_VPC], ignore_index=True)
    meeting = neighbours(heads, "site")
    left, right = (heads.iloc[meeting[side]].reset_index(drop=True) for side in ("left", "right"))
    pairs = left[["site", *_VPC]].join(right.drop(columns="site").add_suffix("_right"))
    pairs = sites.merge(pairs, on=["site", *_VPC])
    pairs["order"] = pairs["order"].where(pairs["start_right"] >= pairs["start"], pairs["order_right"])
    pairs = pairs.sort_values([*_KEYS, "source_right", "id_right", "order"], kind="stable")
    return pairs.drop_duplicates(_KEYS).rename(columns={"site": "site_left"})[
        [*_KEYS, "id_right", "vpc_id_right", "vpc_cidr_right", "site_left"]
    ]


def _may_have_twin(rows: pd.DataFrame, sites: pd.DataFrame, tunnels: pd.DataFrame) -> pd.Series[Any]:
    """Whether cells are missing that could show a twin: its own, or those of a connection that could be one."""
    aimless = tunnels["gateway"].isna() | tunnels["cidr_list"].isna()
    placeless = tunnels["start"].isna()
    others = tunnels[aimless]
    near = overlap_counts(tunnels, others, []) > overlap_counts(tunnels, others, _VPC)
    same_site = sites.merge(sites.loc[sites["start"].isna(), ["site"]].drop_duplicates(), on="site")
    unclear = aimless | placeless
    unclear |= near | has_match(tunnels, _KEYS, same_site)
    unclear |= bool((aimless & placeless).any())
    return has_match(rows, _KEYS, tunnels[unclear])


def _sites(tunnels: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Every connection once for its peer and once for each remote network, named in words in `site`."""
    peers = tunnels[_PLACE].assign(site="peer " + tunnels["gateway"].str.strip().str.lower())
    remote = networks.loc[networks["role"] == "remote", [*_KEYS, "start", "prefix", "text"]].dropna(subset=["start"])
    # Equal means the same first address and prefix, however the text is written.
    first = remote.sort_values("text").drop_duplicates(["start", "prefix"])[["start", "prefix", "text"]]
    named = remote.drop(columns="text").merge(first, on=["start", "prefix"])
    far = tunnels[_PLACE].merge(named.assign(site="remote network " + named["text"])[[*_KEYS, "site"]], on=_KEYS)
    sites = pd.concat([peers, far], ignore_index=True)
    return sites.assign(order=sites.index)
