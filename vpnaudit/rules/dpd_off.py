"""Dead peer detection is off, so a dead peer keeps its tunnel shown as Connected.

What it finds: customer gateways with dpd=false, where the policy asks for detection (dpd_required).

Why it matters: Without dead peer detection the router never notices that the peer is gone. In measurements a killed
peer stayed Connected, without traffic, for the whole time watched; with detection it was Disconnected within 45 s
(IKEv2) and 130 s (IKEv1). CloudStack's own default is off.

How to fix it: Set dpd=true on the customer gateway. The router then writes dpddelay=30, dpdtimeout=120,
dpdaction=restart. The far side should have it on as well.

What it cannot see: what the far side does, and detection that a device does by other means, such as a tunnel monitor.

References: RFC 3706; RFC 7296 section 2.4; configure.py of CloudStack 4.22, class CsSite2SiteVpn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="customer gateway", reads=("customer_gateways",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    gateways = estate["customer_gateways"]
    is_asked = pd.Series(data=policy.dpd_required, index=gateways.index)
    return verdicts(
        gateways,
        fails=~gateways["dpd"],
        applies=is_asked,
        sentence="Dead peer detection is off: a dead peer stays shown as Connected.",
        why=words_by_condition(
            gateways.index,
            [(is_asked, "the server did not say whether dead peer detection is on")],
            otherwise="the policy does not ask for dead peer detection",
        ),
        reasons=[Reason("dpd", ours=gateways["dpd"], expected="true")],
        evidence=[Cell("customer_gateways", gateways["id"], "dpd", gateways["dpd"])],
        action="update-customer-gateway",
        changes={"dpd": "true"},
    )
