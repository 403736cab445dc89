"""A rule of an access list never decides anything.

What it finds: rules all of whose packets other rules decide, as the router runs the list. Medium where one of those
does the opposite of what this rule says, low where all say the same.

Why it matters: Somebody wrote the rule and believes in it. Where rules before it do the opposite, a denied packet
passes or an allowed one is dropped, and the list says otherwise to everyone who reads it. Where they say the same, it
is clutter that hides the next fault.

How to fix it: If it is right, give it a number below the rules that cover it (updateNetworkACLItem id=… number=…). If
not, deleteNetworkACL.

What it cannot see: which of the two was meant; VPCs in network mode ROUTED.

References: E. S. Al-Shaer and H. H. Hamed, Firewall Policy Advisor for Anomaly Discovery and Rule Editing, 2003
(shadowing, redundancy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.findings.verdicts import Finding
    from vpnaudit.policy import Policy

_COLUMNS = (
    *("source", "id", "number", "action", "shadowed", "contradicted"),
    *("covered_by", "covered_by_id", "reason", "why"),
)


@rule(
    severity="low",
    subject="ACL rule",
    reads=("acl_analysis",),
    absence=("acl_rules",),
    yields_to=("acl-rule-dead", "acl-rule-misread"),
)
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rules = estate["acl_analysis"]["kind"] == "rule"
    rows = estate["acl_analysis"].loc[rules, list(_COLUMNS)]
    return verdicts(
        rows,
        fails=rows["shadowed"],
        unknown=rows["reason"],
        why=rows["why"],
        other_id=rows["covered_by_id"],
        finding=_finding,
    )


def _finding(rows: pd.DataFrame) -> Finding:
    against = rows["contradicted"]
    opposite = rows["action"].map({"Allow": "deny", "Deny": "allow"}).astype("string")
    by = "rule " + rows["covered_by"].str.slice(0, 40)
    what = words_by_condition(
        rows.index, [(against, " decides, and there is a " + opposite)], " decides all of its packets"
    )
    return {
        "severity": words_by_condition(rows.index, [(against, "medium")], "low"),
        "sentence": "It never matches: " + by + what + ".",
        "reasons": [
            Reason("number", ours=rows["number"], expected="below rule " + rows["covered_by"] + ", or no such rule")
        ],
        "evidence": [
            Cell("acl_rules", rows["id"], "number", rows["number"]),
            Cell("acl_rules", rows["covered_by_id"], "number", rows["covered_by"].str.split(",").str[0]),
        ],
        "action": "delete-acl-rule",
    }
