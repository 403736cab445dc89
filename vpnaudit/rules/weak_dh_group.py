"""The key exchange uses a Diffie-Hellman group that is too small.

What it finds: customer gateways with an element in ikepolicy or esppolicy whose group is weaker than the policy's
dh_min_strength_bits, or is one of those that the standards advise against: modp768 (1), modp1024 (2), modp1536 (5),
modp1024s160 (22), modp2048s224 (23), modp2048s256 (24). Every element of a comma list is judged. ESP without a group is
pfs-off.

Why it matters: Whoever breaks the exchange has every key that follows from it, also for traffic recorded years before.
1024 bits are within reach of a large attacker, and one precomputation serves all who use the same group (Logjam).
Groups 22 to 24 have small subgroups of unknown making. CloudStack's form proposes modp1536.

How to fix it: Set ikepolicy and esppolicy on the customer gateway to modp2048 or larger, such as
aes256-sha256;modp2048, and the far side to the same. Groups of modp4096 and larger make the router's first packet
longer than 1500 bytes: where fragments are dropped, it never starts.

What it cannot see: what was negotiated. strongSwan adds its default groups, none of which is among the weak ones.

References: RFC 8247 section 2.4; NIST SP 800-56A Rev. 3; Adrian et al., Imperfect Forward Secrecy (2015); NetUtils.java
of CloudStack 4.22, isValidS2SVpnPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.offers import offers_below_limits
from vpnaudit.estate.proposal_table import (
    least_keyword,
)
from vpnaudit.findings import Tables, rule, verdicts
from vpnaudit.knowledge import group_name

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    weak = (rows["group_strength_bits"] < policy.dh_min_strength_bits) | rows["group_below_standard"]
    weak = weak.mask(rows["text"].notna() & rows["group"].isna() & (rows["phase"] == "esp"), other=False)
    offers = rows["group"].where(weak.fillna(value=False)).map(group_name, na_action="ignore").astype("string")
    weakest = least_keyword("group", policy)
    expected = f"{group_name(weakest) if weakest else f'{policy.dh_min_strength_bits} bits'} or stronger"
    return verdicts(
        gateways,
        **offers_below_limits(
            gateways,
            rows,
            weak,
            offers,
            consequence=": who breaks the exchange reads the tunnel.",
            expected=expected,
            limits=policy,
        ),
    )
