"""The group that ESP rekeys with is weaker than the group of IKE.

What it finds: customer gateways where an element of esppolicy has a group weaker than the strongest group of ikepolicy.
Elements without a group are pfs-off.

Why it matters: PFS should make each rekey as hard to break as the first exchange. With a weaker group the later keys,
which carry almost all of the traffic, are the easier ones. It is mostly a slip in the form.

How to fix it: Set esppolicy to the group of IKE, such as aes256-sha256;modp2048, and the far side to the same. The
update restarts the tunnel.

What it cannot see: which group is used. The first child of IKEv2 takes its keys from IKE, and the far side's list
decides at the rekey.

References: RFC 7296 section 2.12; RFC 8247 section 2.4; NIST SP 800-56A Rev. 3 (strengths).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.offers import cells_of_policies
from vpnaudit.estate.proposal_table import any_element_fails, changes, offer_words, texts_by_place, unknown_words
from vpnaudit.findings import Reason, Tables, rule, update_with, verdicts
from vpnaudit.knowledge import group_name

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="low", subject="customer gateway", reads=("customer_gateways", "proposals"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. Weaker means fewer bits of strength, as `knowledge` has them."""
    gateways, rows = estate["customer_gateways"], estate["proposals"]
    ike = rows[rows["phase"] == "ike"].sort_values("group_strength_bits", ascending=False, na_position="last")
    ike = ike.assign(doubtful=ike["group"].isna() | ike["unknown"].notna())
    best = ike.groupby(["source", "id"]).agg(
        best=("group", "first"), best_bits=("group_strength_bits", "max"), doubtful=("doubtful", "any")
    )
    esp = rows[rows["phase"] == "esp"].merge(best.reset_index(), on=["source", "id"], how="left")
    bare = esp["text"].notna() & esp["group"].isna() & esp["unknown"].isna()
    weaker = (esp["group_strength_bits"] < esp["best_bits"]).mask(bare, other=False)
    sure = weaker.fillna(value=False)
    names = esp[["group", "best"]].apply(lambda words: words.map(group_name, na_action="ignore").astype("string"))
    offers = (names["group"] + ", weaker than " + names["best"] + " of IKE").where(sure)
    applies = any_element_fails(gateways, esp, ~bare)
    return verdicts(
        gateways,
        fails=any_element_fails(gateways, esp, weaker.mask(esp["doubtful"] & ~sure)),
        applies=applies,
        sentence=offer_words(gateways, esp, offers) + ": later keys are easier to break.",
        why=unknown_words(gateways, rows).where(applies.fillna(value=True), "ESP has no group: see pfs-off"),
        reasons=[
            Reason(
                field, ours=texts.str.split(",").str[0], expected=texts.str.split(" than ").str[1], when=texts.notna()
            )
            for field, texts in texts_by_place(gateways, esp, offers)
        ],
        evidence=cells_of_policies(gateways),
        **update_with(changes(gateways, esp, weaker, policy)),
    )
