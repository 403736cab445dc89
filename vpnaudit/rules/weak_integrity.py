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

from vpnaudit.estate.proposal_table import (
    any_element_fails,
    changes,
    least_keyword,
    offer_words,
    texts_by_place,
    unknown_words,
)
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. An AEAD cipher needs no hash."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    weak = (rows["integrity_strength_bits"] < policy.integrity_min_bits) | rows["integrity_below_standard"]
    weak = weak.mask(rows["integrity"].isna() & rows["aead"].fillna(value=False), other=False)
    named = rows["integrity"].where(weak.fillna(value=False))
    forbidden = any_element_fails(gateways, rows, rows["integrity_below_standard"]).fillna(value=False)
    expected = f"{least_keyword('integrity', policy) or f'{policy.integrity_min_bits} bits'} or stronger"
    fix = changes(gateways, rows, weak, policy)
    return verdicts(
        gateways,
        fails=any_element_fails(gateways, rows, weak),
        sentence=offer_words(gateways, rows, named)
        + f": forged packets are held off with less than {expected.split(maxsplit=1)[0]}.",
        why=unknown_words(gateways, rows),
        severity=forbidden.map({True: "high", False: "medium"}),
        reasons=[
            Reason(field, ours=texts, expected=expected, when=texts.notna())
            for field, texts in texts_by_place(gateways, rows, named)
        ],
        evidence=[
            Cell("customer_gateways", gateways["id"], column, gateways[column])
            for column in ("ike_policy", "esp_policy")
        ],
        action=fix.notna().map({True: "update-customer-gateway", False: ""}),
        changes=fix,
    )
