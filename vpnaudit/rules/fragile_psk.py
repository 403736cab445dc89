"""The pre-shared key holds a character that the router or a client does not carry unharmed.

What it finds: customer gateways whose key holds a line break or a double quote (high), begins or ends with a space, or
holds a character outside ASCII (medium).

Why it matters: The router writes the key between double quotes and escapes nothing. A line break leaves the quote open,
and the key is not loaded. At a double quote strongSwan stops reading: the rest of the key, all but what may be a short
word, counts for nothing, and the far side must hold the same stump. Spaces at the ends and characters outside ASCII
pass the router; forms, clients and the far side's device may trim or recode them, and then the keys differ.

How to fix it: Make a random key of 32 to 64 characters of A-Z a-z 0-9 . _ - in a file without a line break, and set
ipsecpsk=@file on the customer gateway and the same key on the far side, at the same time. The update restarts the
tunnel.

What it cannot see: what the far side makes of its own copy. Other marks, such as # $ ' and a backslash, were measured
and are literal.

References: configure.py of CloudStack 4.22, class CsSite2SiteVpn; strongSwan ipsec.secrets(5); RFC 7296 section 2.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


_FLAGS = {
    "line-break": ("a line break", "holds a line break: the router cannot load it, so no tunnel comes up."),
    "quote": ("a double quote", "holds a double quote: the router uses only what stands before it."),
    "surrounding-space": (
        "a space at its start or end",
        "starts or ends with a space: what trims it makes the keys differ.",
    ),
    "non-ascii": ("a character outside ASCII", "has characters outside ASCII: another encoding makes the keys differ."),
}


@rule(severity="high", subject="customer gateway", reads=("customer_gateways",), new_key=True)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - no limit to choose: it breaks or it does not
    """See the module. The worst flag gives the sentence, all are reasons."""
    gateways = estate["customer_gateways"]
    flags = gateways["psk_flags"]
    has = {flag: flags.str.contains(flag, regex=False) for flag in _FLAGS}
    broken = has["line-break"] | has["quote"]
    return verdicts(
        gateways,
        fails=broken | has["surrounding-space"] | has["non-ascii"],
        sentence=words_by_condition(
            gateways.index, [(has[flag], f"Its pre-shared key {words}") for flag, (_, words) in _FLAGS.items()]
        ),
        why="the server sent no pre-shared key",
        severity=words_by_condition(gateways.index, [(broken, "high")], "medium"),
        reasons=[
            Reason("ipsecpsk", ours=mark, expected="letters, digits, dot, dash, underline", when=has[flag])
            for flag, (mark, _) in _FLAGS.items()
        ],
        evidence=[Cell("customer_gateways", gateways["id"], "psk_flags", flags)],
        action="update-customer-gateway",
        changes={"ipsecpsk": "@file"},
    )
