"""The far side wants to authenticate in another way than with the pre-shared key that the router holds.

What it finds: connections whose far side is told by a file that asks for certificates, XAuth or EAP, for aggressive
mode under IKEv1, or for IKE SAs without a child (`childless = force`), and those whose file holds no key that fits this
router.

Why it matters: CloudStack's routers know pre-shared keys in main mode alone, and make the first child with the IKE SA.
The far side refuses them whatever the proposals are, and no tunnel comes up.

How to fix it: On the far side, since no setting of CloudStack changes it: authenticate both directions with a
pre-shared key (`leftauth=psk`, `rightauth=psk`, `auth = psk`), in main mode, with `childless = allow`, and give that
key the two identities of this tunnel.

What it cannot see: peers that no file tells of, and keys that a device keeps elsewhere than in the file.

References: RFC 7296 section 2.15; RFC 6023; cs_site2sitevpn.py of CloudStack 4.22 (authby=secret); measured with
strongSwan 5.9.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.causes import causes
from vpnaudit.comparing.evidence import cells_of_both_ends, reasons_of_differences
from vpnaudit.comparing.judgeable import where_predicted
from vpnaudit.comparing.unknowns import unknown_fields
from vpnaudit.comparing.words import confidence_words, starter_words
from vpnaudit.estate.outcomes import difference_in
from vpnaudit.findings import Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy

_FIELDS = ("authentication", "childless", "aggressive", "ipsecpsk")
_SHOWN = 40


@rule(
    severity="critical",
    subject="connection",
    reads=("predictions_by_connection", "tunnels", "differences", "peers"),
    yields_to=("psk-mismatch",),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    differences = estate["differences"]
    rows = estate["predictions_by_connection"]
    failing = causes(rows, differences, _FIELDS)
    fails = failing.any(axis=1).astype("boolean")
    unknown = unknown_fields(rows, differences, _FIELDS)
    by_field = {field: difference_in(rows, differences, field) for field in _FIELDS}
    is_cause = {field: causes(rows, differences, [field]).any(axis=1) for field in _FIELDS}
    theirs = by_field["authentication"]["theirs"].str.slice(0, _SHOWN)
    words = {
        "authentication": "The far side asks for " + theirs + ", the router has a pre-shared key alone",
        "childless": "The far side takes no IKE SA that comes with a child, which the router always sends",
        "aggressive": "The far side speaks aggressive mode, which the router refuses with a pre-shared key",
        "ipsecpsk": "The far side has no key that fits this router",
    }
    return verdicts(
        rows,
        **where_predicted(rows, unknown),
        fails=fails.mask(~fails & unknown["open"]),
        sentence=words_by_condition(rows.index, [(is_cause[field], text) for field, text in words.items()])
        + ": it fails "
        + starter_words(failing)
        + confidence_words(rows)
        + ".",
        reasons=reasons_of_differences(rows, differences, _FIELDS),
        evidence=cells_of_both_ends(rows, estate["tunnels"], estate["peers"], ["gateway", "ike_version"]),
    )
