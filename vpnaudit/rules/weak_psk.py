"""The pre-shared key can be guessed, or is weaker than the suite it protects.

What it finds: customer gateways whose key has a shape that dictionary attacks try first (a word and a few digits,
digits alone, one part repeated, a short key around a word such as secret or vpn), or less than the policy's
psk_min_bits by the upper bound of its length and classes of characters. As info: keys with fewer bits than the IKE
suite that they authenticate.

Why it matters: Whoever guesses the key can pose as either end. Who once stands in for the far side gets enough from one
handshake to try candidates off-line, as fast as his machines go. RFC 7296 wants as much unpredictability in the key as
in the strongest key negotiated. A suite is as strong as its weakest part, so the key is held against the weakest of
cipher, hash and group of the strongest element of ikepolicy: 112 bits for aes256-sha256;modp2048. Held against the
cipher alone, hardly any key that people can carry would do.

How to fix it: Make a random key of 32 to 64 characters of A-Z a-z 0-9 . _ - in a file without a line break, and set
ipsecpsk=@file on the customer gateway and the same key on the far side, at the same time. The update restarts the
tunnel.

What it cannot see: how the key was made. The bits are an upper bound: a key that a person thought of has far fewer.

References: RFC 7296 sections 2.15 and 5; NIST SP 800-131A Rev. 2 (112 bits as the least strength; its use for keys of
IKE is our inference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.proposal_table import unknown_words
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.policy import Policy


@rule(severity="high", subject="customer gateway", reads=("customer_gateways", "proposals"), new_key=True)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:
    """See the module. The key itself is in no table."""
    gateways = estate["customer_gateways"]
    bits, strength = gateways["psk_bits"], _strength(gateways, estate["proposals"])
    shaped = gateways["psk_flags"].str.contains("dictionary-shape", regex=False)
    short = bits < policy.psk_min_bits
    high = (shaped | short).fillna(value=False)
    text = bits.astype("string")
    fewer = "Its pre-shared key has " + text + " bits at most, fewer than "
    sentence = words_by_condition(
        gateways.index,
        [
            (shaped, "Its pre-shared key has a shape that dictionary attacks try first: it can be guessed."),
            (short, fewer + f"{policy.psk_min_bits}: it can be searched for."),
        ],
        otherwise=fewer + "the " + strength.astype("string") + " bits of its IKE suite.",
    )
    return verdicts(
        gateways,
        fails=shaped | short | (bits < strength),
        sentence=sentence,
        why=unknown_words(gateways, estate["proposals"]).mask(
            bits.isna() | shaped.isna(), "the server sent no pre-shared key"
        ),
        severity=words_by_condition(gateways.index, [(high, "high")], "info"),
        reasons=[
            Reason(
                "ipsecpsk", ours="a word with a few digits or marks, or the like", expected="a random key", when=shaped
            ),
            Reason("ipsecpsk", ours=text + " bits at most", expected=f"{policy.psk_min_bits} bits or more", when=short),
            Reason(
                "ipsecpsk",
                ours=text + " bits at most",
                expected=strength.astype("string") + " bits or more",
                when=(bits < strength) & ~high,
            ),
        ],
        evidence=[
            Cell("customer_gateways", gateways["id"], column, gateways[column])
            for column in ("psk_bits", "psk_flags", "ike_policy")
        ],
        action="update-customer-gateway",
        changes={"ipsecpsk": "@file"},
    )


def _strength(gateways: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Bits of the strongest IKE element, each as strong as its weakest part; missing where an element cannot be
    told.
    """
    ike = rows[rows["phase"] == "ike"]
    parts = ike[["encryption_strength_bits", "integrity_strength_bits", "group_strength_bits"]]
    parts = parts.assign(
        integrity_strength_bits=parts["integrity_strength_bits"].mask(ike["aead"].fillna(value=False), 512)
    )
    weakest = parts.min(axis=1, skipna=False).mask(ike["unknown"].notna())
    best = weakest.groupby([ike["source"], ike["id"]]).agg(lambda bits: bits.max(skipna=False))
    return pd.Series(
        best.reindex(pd.MultiIndex.from_frame(gateways[["source", "id"]])).array, index=gateways.index, dtype="Int64"
    )
