"""The router takes other suites than the configured ones.

What it finds: sources with connections. No version of CloudStack's router pins its proposals, so this is said once for
each source: it is how the platform works, not a mistake in one tunnel.

Why it matters: The configured policies are a preference. strongSwan adds its own proposals: 3DES and SHA-1 for IKE, and
ESP without a group. A far side that asks for one of these gets it, and nothing in CloudStack shows that. Under IKEv1 a
router that starts offers one default only.

How to fix it: Pin the proposals on the far side: most devices do so by themselves, strongSwan with ! in ipsec.conf. The
API of CloudStack refuses a !, and between two of its routers nobody can. Where the far side's configuration is known,
suite-not-as-configured says what the tunnel runs on.

What it cannot see: which suite was negotiated; the defaults of other strongSwan releases than 5.9.8.

References: configure.py of CloudStack 4.11.1 and 4.22, class CsSite2SiteVpn; NetUtils.java of CloudStack 4.22,
isValidS2SVpnPolicy; strongSwan ipsec.conf(5), ike and esp; measured with strongSwan 5.9.8 (docs/negotiation.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vpnaudit.comparing.networks import first_names
from vpnaudit.findings import Cell, Reason, Tables, counted, rule, verdicts
from vpnaudit.hostile import one_line
from vpnaudit.ipsec.proposals import default_proposals
from vpnaudit.ipsec.sides import Side
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.ipsec.proposals import Protocol
    from vpnaudit.policy import Policy

_PHASES: tuple[Protocol, ...] = ("ike", "esp")
_FACTS = {"encryption": "encryption", "integrity": "integrity", "group": "dh_groups"}


@rule(severity="info", subject="source", reads=("sources", "tunnels"), needs=("connections",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["sources"].assign(id=estate["sources"]["source"]).reset_index(drop=True)
    tunnels = estate["tunnels"].sort_values("label", kind="stable")
    with_policies = tunnels.dropna(subset=["ike_policy", "esp_policy"]).drop_duplicates("source").set_index("source")
    count = rows["source"].map(tunnels.groupby("source").size()).fillna(0).astype("int64")
    names = {
        source: first_names([one_line(label) for label in labels])
        for source, labels in tunnels.groupby("source")["label"]
    }
    first = {
        column: rows["source"].map(with_policies[column].astype("object"))
        for column in ("id", "ike_policy", "esp_policy")
    }
    return verdicts(
        rows,
        fails=(count > 0).astype("boolean").mask((count > 0) & first["id"].isna()),
        sentence="The suites of "
        + counted(count, "connection")
        + " are a preference: the router also takes strongSwan's defaults.",
        why="the server sent no policies of its connections",
        reasons=[
            Reason("connections", ours=rows["source"].map(names), expected="pinned by the far side", who=Side.FAR),
            *(
                Reason(
                    f"{phase}policy",
                    ours=f"the configured, then defaults down to {_floor(phase)}",
                    expected="the configured",
                    who=Side.FAR,
                )
                for phase in _PHASES
            ),
        ],
        evidence=[Cell("connections", first["id"], column, first[column]) for column in ("ike_policy", "esp_policy")],
    )


def _floor(phase: Protocol) -> str:
    """The weakest algorithm of each kind among the defaults, in words."""
    defaults = default_proposals(phase)
    words = [_weakest(kind, [word for one in defaults for word in getattr(one, kind)]) for kind in _FACTS]
    return ", ".join(word or "no group" for word in words)


def _weakest(kind: str, words: list[str]) -> str | None:
    by_word: dict[str, dict[str, Any]] = facts(_FACTS[kind])
    return min(
        (word for word in words if word in by_word), key=lambda word: by_word[word]["strength_bits"], default=None
    )
