"""A rule of an access list could go, and nothing would change.

What it finds: rules that decide packets, all of which the rules after them would decide in the same way. Rules that
only say what the default says, such as a last deny, are left alone: writing that down is good practice.

Why it matters: Nothing is wrong today. Each rule more is one more to read, and the day one of the two is changed they
say different things.

How to fix it: deleteNetworkACL, after looking at which of the two rules is the one to keep.

What it cannot see: why it was written; lists in which a refused rule moves the others; VPCs in network mode ROUTED.

References: E. S. Al-Shaer and H. H. Hamed, Firewall Policy Advisor for Anomaly Discovery and Rule Editing, 2003
(redundancy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.findings.verdicts import Finding
    from vpnaudit.policy import Policy

_COLUMNS = ("source", "id", "number", "redundant", "instead", "instead_id", "reason", "why")


@rule(
    severity="info",
    subject="ACL rule",
    reads=("acl_analysis",),
    absence=("acl_rules",),
    yields_to=("acl-rule-dead", "acl-rule-misread", "acl-rule-shadowed"),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rules = estate["acl_analysis"]["kind"] == "rule"
    rows = estate["acl_analysis"].loc[rules, list(_COLUMNS)]
    spare = rows["redundant"]
    return verdicts(
        rows,
        fails=spare.mask(spare.fillna(value=False) & rows["instead_id"].isna(), other=False),
        unknown=rows["reason"],
        why=rows["why"],
        other_id=rows["instead_id"],
        finding=_finding,
    )


def _finding(rows: pd.DataFrame) -> Finding:
    by = rows["instead"].str.slice(0, 40)
    return {
        "sentence": "Without it nothing would change: rule " + by + " would decide the same.",
        "reasons": [
            Reason("number", ours=rows["number"], expected="no such rule; what decides then: " + rows["instead"])
        ],
        "evidence": [
            Cell("acl_rules", rows["id"], "number", rows["number"]),
            Cell("acl_rules", rows["instead_id"], "number", by.str.split(",").str[0]),
        ],
        "action": "delete-acl-rule",
    }
