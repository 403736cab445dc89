"""A remote network is so large that it is nearly everything.

What it finds: customer gateways with a network in cidrlist whose prefix is 4 bits or less, or which is not private (RFC
1918, RFC 6598) and whose prefix is 8 bits or less; both limits are in the policy.

Why it matters: All traffic of the VPC to these addresses goes into the tunnel, the way out to the Internet and to the
VPC's other sites included, and the far side may send from any of them. createVpnConnection refuses 0.0.0.0/0 because it
overlaps the VPC, but an update of the customer gateway is checked by nobody.

How to fix it: Set cidrlist to the networks that the site really has, and the far side's own networks to the same list.
The update restarts the tunnel; check the new list against the VPC and its other connections first, since the server
does not.

What it cannot see: which networks the site has.

References: RFC 1918; RFC 6598; RFC 7296 section 2.9; Site2SiteVpnManagerImpl.java of CloudStack 4.22,
updateCustomerGateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.matching import has_match
from vpnaudit.estate.cidrs import is_private
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "cidrs"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    gateways, networks = estate["customer_gateways"], estate["cidrs"]
    networks = networks[networks["role"] == "customer"]
    broad = (networks["prefix"] < policy.remote_prefix_min) | (
        ~is_private(networks) & (networks["prefix"] < policy.public_remote_prefix_min)
    )
    key = ["source", "id"]
    lists = networks[broad.fillna(value=False)].groupby(key)["text"].agg(", ".join)
    keys = pd.MultiIndex.from_frame(gateways[key])
    texts = pd.Series(lists.reindex(keys).array, index=gateways.index, dtype="string").fillna("")
    doubtful = has_match(gateways, key, networks[broad.isna()]) | ~has_match(gateways, key, networks)
    has_networks = gateways["cidr_list"].str.strip(", ").ne("").astype("boolean")
    return verdicts(
        gateways,
        fails=(texts != "").mask((texts == "") & doubtful),
        applies=has_networks.fillna(value=True),
        sentence="The remote network "
        + texts.str.split(", ").str[0]
        + " is nearly everything: other traffic goes into the tunnel.",
        why=words_by_condition(
            gateways.index,
            [
                (has_networks.isna(), "the server sent no list of remote networks"),
                (~has_networks, "there is no remote network: see unusable-value"),
            ],
            otherwise="a text in the list of remote networks is no IPv4 network",
        ),
        reasons=[Reason("cidrlist", ours=texts, expected="the networks of the site")],
        evidence=[Cell("customer_gateways", gateways["id"], "cidr_list", gateways["cidr_list"])],
        action="update-customer-gateway",
    )
