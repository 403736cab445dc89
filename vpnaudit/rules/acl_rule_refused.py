"""The router refuses a rule of the access list, and the rules after it lose their place.

What it finds: lists with a rule that iptables does not take: ICMP type any with a code; and on CloudStack before 4.14
any protocol number.

Why it matters: The router counts the refused rule all the same. The next rule lands behind the final drop, those after
it nowhere, and the next configuration run (any change of the VPC, a new tunnel, a restart) puts every rule behind the
drop: the tier's ingress is then closed altogether. The API shows all of them as Active.

How to fix it: Mend the rule: updateNetworkACLItem id=… icmptype=-1 icmpcode=-1, or name a type; before 4.14 write the
protocol as a word. If rules stood behind the drop already they stay there: restart the VPC with clean-up in a
maintenance window.

What it cannot see: whether the next configuration run has come already; VPCs in network mode ROUTED.

References: CsNetfilter.py (the counter); NetworkACLServiceImpl; apache/cloudstack issue 3602; measured with real
iptables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.policy import Policy


@rule(severity="critical", subject="ACL list", reads=("acl_analysis",), needs=("acl_rules",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    judged = estate["acl_analysis"]
    rows, rules = (
        judged[judged["kind"] == "list"],
        judged[(judged["kind"] == "rule") & judged["refused"].fillna(value=False)],
    )
    first = rules.sort_values("number", kind="stable").drop_duplicates(["source", "acl_id"])
    first = first.set_index(["source", "acl_id"])[["id", "text", "note"]].add_prefix("rule_")
    rows = rows.join(first, on=["source", "acl_id"])
    numbers, behind = rows["refused_rules"].str.slice(0, 30), rows["behind_drop"].str.slice(0, 20)
    closing = (
        "The router refuses rule " + numbers + "; behind the drop: " + behind + ". The next run closes the ingress."
    )
    return verdicts(
        rows,
        fails=rows["refused"],
        unknown=rows["reason"],
        why=rows["why"],
        sentence=closing.fillna("The router refuses rule " + numbers + " and runs the list without it."),
        reasons=[Reason("icmptype, icmpcode, protocol", ours=rows["rule_text"], expected=rows["rule_note"])],
        evidence=[Cell("acl_rules", rows["rule_id"], "number", rows["refused_rules"].str.split(",").str[0])],
        action="rewrite-acl",
    )
