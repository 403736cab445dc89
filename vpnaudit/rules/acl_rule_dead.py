"""A rule of an access list matches no traffic.

What it finds: TCP and UDP rules without ports, which the router runs as port 0 alone, and rules with a protocol number
on CloudStack before 4.14, which its router refuses.

Why it matters: An allow opens nothing, and a deny denies nothing: a list that ends in "deny tcp" without ports has no
such end. The API and the user interface show the rule as Active.

How to fix it: For all ports write them: updateNetworkACLItem id=… startport=0 endport=65535. For a protocol number
before 4.14 write tcp, udp, icmp or all, or upgrade.

What it cannot see: whether the rule is still wanted; VPCs in network mode ROUTED, where a rule without ports is read as
all ports.

References: apache/cloudstack issues 13122 (ports) and 3602 (protocol numbers); NetworkACLTO.java;
SetNetworkAclConfigItem.java.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpnaudit.comparing.rule_cells import rule_cells
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.findings.verdicts import Finding
    from vpnaudit.policy import Policy


@rule(severity="medium", subject="ACL rule", reads=("acl_analysis", "acl_rules"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rules = estate["acl_analysis"]["kind"] == "rule"
    rows = estate["acl_analysis"].loc[rules, ["source", "id", "number", "dead", "refused", "reason", "why"]]
    # Of a rule that is neither, the protocol decides nothing.
    asked = rows[rows["dead"].fillna(value=True) | rows["refused"].fillna(value=True)]
    rows["protocol"] = rule_cells(asked, estate["acl_rules"], ["protocol"])["protocol"].reindex(rows.index)
    return verdicts(
        rows,
        fails=rows["dead"] | _refused(rows),
        unknown=rows["reason"].fillna("not-modelled"),
        why=rows["why"],
        finding=_finding,
    )


def _refused(rows: pd.DataFrame) -> pd.Series[bool]:
    """Whether iptables refuses the number of the protocol."""
    numeric = rows["protocol"].str.fullmatch(r"[0-9]+").fillna(value=False).astype("boolean")
    return rows["refused"] & numeric


def _finding(rows: pd.DataFrame) -> Finding:
    portless = rows["dead"].fillna(value=False)
    word = rows["protocol"].str.upper()
    return {
        "sentence": words_by_condition(
            rows.index,
            [(portless, word + " without ports is run as port 0 alone: the rule matches no traffic.")],
            otherwise="A router before CloudStack 4.14 refuses protocol "
            + rows["protocol"]
            + ": the rule is not there.",
        ),
        "reasons": [
            Reason("startport, endport", ours="none", expected="0 and 65535 for all ports", when=portless),
            Reason("protocol", ours=rows["protocol"], expected="tcp, udp, icmp or all", when=_refused(rows)),
        ],
        "evidence": [
            Cell("acl_rules", rows["id"], "protocol", rows["protocol"]),
            Cell("acl_rules", rows["id"], "number", rows["number"]),
        ],
        "action": words_by_condition(rows.index, [(portless, "update-acl-rule")], ""),
        "changes": portless.map({True: {"startport": "0", "endport": "65535"}, False: None}),
    }
