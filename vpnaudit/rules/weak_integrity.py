"""Packets are protected against change by MD5, SHA-1, or less than the policy asks for.

What it finds: customer gateways with an element in ikepolicy or esppolicy whose hash is md5, or is weaker than the
policy's integrity_min_bits, which sha1 is by default. Every element of a comma list is judged.

Why it matters: The hash keeps packets from being forged, and in IKE it is also the pseudo-random function that all keys
come from. RFC 8247 and RFC 8221 forbid MD5 and let SHA-1 go out of use; NIST ends SHA-1 in 2030. HMAC with SHA-1 has no
known practical break, so it is medium where md5 is high. CloudStack's form proposes sha1.

How to fix it: Set ikepolicy and esppolicy on the customer gateway to one element each, such as aes256-sha256;modp2048,
and the far side to the same. The update restarts the tunnel.

What it cannot see: what was negotiated. strongSwan adds its default proposals, which hold SHA-1 but not MD5.

References: RFC 8221 section 6; RFC 8247 sections 2.2 and 2.3; NIST SP 800-131A Rev. 2; NetUtils.java of CloudStack
4.22, isValidS2SVpnPolicy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.offers import offers_below_limits
from vpnaudit.estate.proposal_table import (
    any_element_fails,
    least_keyword,
)
from vpnaudit.findings import Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. An AEAD cipher needs no hash."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    weak = (rows["integrity_strength_bits"] < policy.integrity_min_bits) | rows["integrity_below_standard"]
    weak = weak.mask(rows["integrity"].isna() & rows["aead"].fillna(value=False), other=False)
    offers = rows["integrity"].where(weak.fillna(value=False))
    forbidden = any_element_fails(gateways, rows, rows["integrity_below_standard"])
    expected = f"{least_keyword('integrity', policy) or f'{policy.integrity_min_bits} bits'} or stronger"
    return verdicts(
        gateways,
        **offers_below_limits(
            gateways,
            rows,
            weak,
            offers,
            consequence=f": forged packets are held off with less than {expected.split(maxsplit=1)[0]}.",
            expected=expected,
            limits=policy,
        ),
        severity=words_by_condition(gateways.index, [(forbidden, "high")], "medium"),
    )
