"""A CIDR of an access rule is written with bits behind its prefix.

What it finds: rules with a CIDR such as 10.0.3.0/8, whose address is not the first of its network.

Why it matters: The router masks it: 10.0.3.0/8 opens, or closes, all of 10.0.0.0/8. Who wrote it most likely meant the
smaller network that the address looks like.

How to fix it: Write the network that is meant with updateNetworkACLItem: the first address of the whole network, or the
longer prefix. No command can know which.

What it cannot see: which of both is meant.

References: iptables(8), the mask of -s and -d; measured with iptables rules of CloudStack's router code, 4.11.1 and
4.23.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.estate.cidrs import parse
from vpnaudit.estate.list_contents import in_state, revoked
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from vpnaudit.policy import Policy

_SHOWN = 30


@rule(severity="medium", subject="ACL rule", reads=("acl_rules",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["acl_rules"]
    live = rows[~in_state(rows["state"], revoked)]
    lists = live["cidr_list"]
    texts = lists.unique()
    columns = pd.DataFrame([_masked(text) for text in texts], columns=["cidr", "network"], dtype="string")
    masked = columns.take(pd.Index(texts).get_indexer(lists)).set_axis(live.index)
    return verdicts(
        live,
        fails=masked["network"].notna().astype("boolean").where(lists.notna()),
        sentence=lambda failed: (
            "The router reads "
            + masked["cidr"][failed.index].str.slice(0, _SHOWN)
            + " as "
            + masked["network"][failed.index]
            + ": all of that network, not the part that the address looks like."
        ),
        why="the server sent no CIDRs of the rule",
        reasons=[
            Reason(
                "cidrlist",
                ours=lambda failed: failed["cidr_list"].map(one_line, na_action="ignore"),
                expected=lambda failed: masked["network"][failed.index] + ", or what is meant",
            )
        ],
        evidence=[Cell("acl_rules", live["id"], "cidr_list", lists)],
    )


def _masked(text: Any) -> tuple[str | None, str | None]:
    """The first CIDR with host bits, and the network that it is run as."""
    for cidr in [] if pd.isna(text) else text.split(","):
        network = parse(cidr)
        if network and network[3]:
            first = ".".join(str(network[0] >> shift & 255) for shift in (24, 16, 8, 0))
            return one_line(cidr.strip()), f"{first}/{network[2]}"
    return None, None
