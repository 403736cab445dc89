"""ESP has no Diffie-Hellman group, so there is no perfect forward secrecy.

What it finds: customer gateways with an element in esppolicy that has no group behind a semicolon, where the policy
asks for one (pfs_required). CloudStack has no switch for PFS: the group is the switch, for each element of the list
alone.

Why it matters: Without PFS the keys of all children come from the one exchange of IKE: whoever gets that secret reads
all of its traffic. And where the far side insists on PFS, an IKEv2 tunnel comes up, passes traffic, and fails at the
first rekey, within the hour; IKEv1 fails at once (measured). CloudStack's form proposes none.

How to fix it: Set esppolicy to one element with the group of IKE, such as aes256-sha256;modp2048, and the far side to
the same. The column holds 30 characters, so a list of two loses one.

What it cannot see: whether the far side asks for a group: under IKEv2 it shows only at the rekey. The first child of
IKEv2 takes its keys from IKE in any case.

References: RFC 7296 sections 1.3 and 2.12; DISA VPN SRG V-207244; NetUtils.java and configure.py of CloudStack 4.22.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.offers import offers_below_limits
from vpnaudit.estate.proposal_table import (
    mended,
)
from vpnaudit.findings import Tables, rule, verdicts

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    rows = rows[rows["phase"] == "esp"]
    off = (rows["group"].isna() & rows["unknown"].isna()).where(rows["text"].notna()).astype("boolean")
    offers = rows["text"].where(off.fillna(value=False))
    below = offers_below_limits(
        gateways,
        rows,
        off,
        offers,
        consequence=" without a group: one exchange opens all traffic.",
        expected=mended(gateways, policy),
        limits=policy,
    )
    is_asked = pd.Series(data=policy.pfs_required, index=gateways.index)
    below["why"] = below["why"].where(is_asked, "the policy does not ask for perfect forward secrecy")
    return verdicts(gateways, **below, applies=is_asked)
