"""Keys are used longer than the policy allows.

What it finds: customer gateways whose ikelifetime or esplifetime is over the policy's limit, by default 28800 s and
3600 s.

Why it matters: The longer a key serves, the more traffic depends on it and the longer a stolen one is of use.
CloudStack's default for IKE is 86400 s, three times the limit; IKE also checks the far side's identity again only then.

How to fix it: Set ikelifetime=28800 and esplifetime=3600 on the customer gateway. The far side need not have the same:
each side rekeys by its own clock. The update restarts the tunnel.

What it cannot see: the far side's own lifetimes, which may be shorter and then decide.

References: the operating manual's hardening (IKE 28800 s, ESP 3600 s); RFC 7296 section 2.8;
CreateVpnCustomerGatewayCmd of CloudStack 4.22 (defaults 86400 and 3600 s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="customer gateway", reads=("customer_gateways",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. A lifetime of 0 or less is unusable-value."""
    gateways = estate["customer_gateways"]
    limits = {"ike": policy.ike_lifetime_max_s, "esp": policy.esp_lifetime_max_s}
    values = {phase: gateways[f"{phase}_lifetime_s"] for phase in limits}
    over = {phase: values[phase] > limit for phase, limit in limits.items()}
    fails = over["ike"] | over["esp"]
    unusable = ((values["ike"] <= 0) | (values["esp"] <= 0)).fillna(value=False)
    words = {
        phase: (f"{phase.upper()} keys serve " + value.astype("string") + f" s (limit {limits[phase]} s)").where(
            over[phase].fillna(value=False)
        )
        for phase, value in values.items()
    }
    both = words["ike"] + ", " + words["esp"]
    return verdicts(
        gateways,
        fails=fails,
        applies=~(unusable & (~fails).fillna(value=False)),
        sentence=both.fillna(words["ike"]).fillna(words["esp"]) + ": a stolen key opens more.",
        why=words_by_condition(
            gateways.index,
            [(unusable, "a lifetime of 0 or less: see unusable-value")],
            otherwise="the server sent no lifetime",
        ),
        reasons=[
            Reason(f"{phase}lifetime", ours=values[phase], expected=limit, when=over[phase])
            for phase, limit in limits.items()
        ],
        evidence=[
            Cell("customer_gateways", gateways["id"], f"{phase}_lifetime_s", value) for phase, value in values.items()
        ],
        action="update-customer-gateway",
        changes=pd.Series(
            [
                {f"{phase}lifetime": str(limits[phase]) for phase, on in zip(limits, row, strict=True) if on}
                for row in zip(*(mask.fillna(value=False) for mask in over.values()), strict=True)
            ],
            index=gateways.index,
            dtype="object",
        ),
    )
