"""The cipher of IKE or ESP is 3DES, or its key is shorter than the policy asks for.

What it finds: customer gateways with an element in ikepolicy or esppolicy whose cipher is 3des or has a shorter key
than the policy's encryption_min_bits. Every element of a comma list is judged: the far side picks, so the weakest one
counts.

Why it matters: 3DES works on blocks of 64 bits: after some 32 GB under one key, blocks repeat and tell about the plain
text (Sweet32). Shorter AES keys are not broken; the policy says how much margin recorded traffic needs. IKE protects
the keys of ESP, so a weak cipher in either phase lowers the whole tunnel. CloudStack's form proposes aes128.

How to fix it: Set ikepolicy and esppolicy on the customer gateway to one element each, such as aes256-sha256;modp2048,
and the far side to the same. The columns hold 30 characters, so two elements with a group do not fit. The update
restarts the tunnel.

What it cannot see: what was negotiated. The router pins nothing: strongSwan adds its own default proposals, 3DES for
IKE among them, so a far side that insists can still get less than what is configured.

References: RFC 8221 section 5; RFC 8247 section 2.1; NIST SP 800-131A Rev. 2; CVE-2016-2183 (Sweet32); NetUtils.java of
CloudStack 4.22, isValidS2SVpnPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.offers import offers_below_limits
from vpnaudit.estate.proposal_table import (
    least_keyword,
)
from vpnaudit.findings import Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    weak = (rows["encryption_key_bits"] < policy.encryption_min_bits) | rows["encryption_below_standard"]
    offers = rows["encryption"].where(weak.fillna(value=False))
    expected = f"{least_keyword('encryption', policy) or f'{policy.encryption_min_bits} bits'} or stronger"
    return verdicts(
        gateways,
        **offers_below_limits(
            gateways,
            rows,
            weak,
            offers,
            consequence=f": less protection than a {max(policy.encryption_min_bits, 128)}-bit key gives.",
            expected=expected,
            limits=policy,
        ),
    )
