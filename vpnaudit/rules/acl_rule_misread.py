"""The router runs a rule as something else than its text.

What it finds: ICMP in upper case (run as echo reply alone), a protocol number with ports (run as the whole protocol),
protocol 0 (run as every protocol), ICMP type 255 (run as every type), and words that are parts of "tcp,udp,icmp,all",
which the server takes and never sends.

Why it matters: "Protocol 6, port 22" opens all of TCP, and an ICMP rule in upper case lets no ping through. The API and
the user interface show the text, and everyone who checks the list checks the text.

How to fix it: Write it as the router reads it: updateNetworkACLItem id=… protocol=icmp in lower case, protocol=tcp with
startport and endport, icmptype=-1 for every type.

What it cannot see: which of the two was meant; VPCs in network mode ROUTED.

References: SetNetworkACLCommand.java and SetNetworkAclConfigItem.java (case of ICMP, words); configure.py (numbers);
measured with real iptables.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.comparing.rule_cells import rule_cells
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    from vpnaudit.findings.verdicts import Finding
    from vpnaudit.policy import Policy

_COLUMNS = ("source", "id", "number", "text", "misread", "note", "reason", "why")


@rule(severity="high", subject="ACL rule", reads=("acl_analysis", "acl_rules"))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rules = estate["acl_analysis"]["kind"] == "rule"
    rows = estate["acl_analysis"].loc[rules, list(_COLUMNS)]
    return verdicts(
        rows,
        fails=rows["misread"],
        unknown=rows["reason"].fillna("not-modelled"),
        why=rows["why"],
        finding=partial(_finding, estate["acl_rules"]),
    )


def _finding(acl_rules: pd.DataFrame, rows: pd.DataFrame) -> Finding:
    rows = rows.join(rule_cells(rows, acl_rules, ["protocol", "icmp_type"]))
    upper = (rows["protocol"].str.lower() == "icmp") & (rows["protocol"] != "icmp")
    every = (rows["protocol"] == "icmp") & (rows["icmp_type"] == 255)  # noqa: PLR2004 - the kernel's own "any" in an ICMP match
    changes = pd.Series(
        [
            {"protocol": "icmp"}
            if by_word is True
            else {"icmptype": "-1", "icmpcode": "-1"}
            if by_type is True
            else None
            for by_word, by_type in zip(upper.astype("object"), every.astype("object"), strict=True)
        ],
        index=rows.index,
        dtype="object",
    )
    note = rows["note"].str.slice(0, 1).str.upper() + rows["note"].str.slice(1) + "."
    is_sent = upper | every | rows["protocol"].str.fullmatch(r"[0-9]+")
    not_sent = (
        rows["protocol"].str.slice(0, 20)
        + " is no protocol: the server takes it and never sends the rule to the router."
    )
    return {
        "sentence": words_by_condition(rows.index, [(~is_sent, not_sent)], note),
        "reasons": [Reason("protocol", ours=rows["text"], expected=rows["note"])],
        "evidence": [
            Cell("acl_rules", rows["id"], "protocol", rows["protocol"]),
            Cell("acl_rules", rows["id"], "number", rows["number"]),
        ],
        "action": words_by_condition(rows.index, [(upper | every, "update-acl-rule")], ""),
        "changes": changes,
    }
