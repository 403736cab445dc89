"""The router does not run the access list in the order in which it is written.

What it finds: lists in which a rule with several CIDRs lets later rules land between them, so that other packets pass
than the text says. Critical where a packet that a rule denies gets through, high where allowed packets are dropped. It
says which packets, and gives the list that restores the text: one CIDR a rule.

Why it matters: The router inserts each rule at a counted place, and counts a rule with several CIDRs once. "Deny A and
B, then allow all" lets A in: a deny that everyone can read is not there.

How to fix it: One CIDR a rule. From the lowest number to the highest: first add a copy of the rule for each further
CIDR, at free numbers next to it, then cut the rule itself down to one. Never the other way round, and never by moving
rules: moves are not sent to the router.

What it cannot see: whether the router was rebuilt in between; VPCs in network mode ROUTED. Causes other than the order
have rules of their own.

References: apache/cloudstack issue 12668; CsNetfilter.py; measured with real iptables, packet by packet.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vpnaudit.comparing.rule_cells import rule_cells
from vpnaudit.findings import Cell, Reason, Tables, rule, verdicts, words_by_condition

if TYPE_CHECKING:
    import pandas as pd

    from vpnaudit.findings.verdicts import Finding
    from vpnaudit.policy import Policy

_WORDS = 40


@rule(severity="critical", subject="ACL list", reads=("acl_analysis", "acl_rules"), absence=("acl_rules",))
def find(estate: Tables, policy: Policy) -> pd.DataFrame:  # noqa: ARG001 - every rule has this form
    """See the module."""
    rows = estate["acl_analysis"][estate["acl_analysis"]["kind"] == "list"]
    return verdicts(
        rows,
        fails=rows["order_broken"],
        unknown=rows["reason"],
        why=rows["why"],
        finding=partial(_finding, estate["acl_rules"]),
    )


def _finding(acl_rules: pd.DataFrame, rows: pd.DataFrame) -> Finding:
    cidr_list = rule_cells(rows, acl_rules, ["cidr_list"], "split_id")["cidr_list"]
    opened, closed = rows["opened"], rows["closed"]
    leaks = opened.notna()
    rewrite = rows["rewrite"].str.replace("\n", "; ", regex=False)
    side = opened.fillna(closed)
    words = (
        words_by_condition(rows.index, [(leaks, "opens ")], "closes ")
        + side.str.slice(0, _WORDS)
        + words_by_condition(rows.index, [(side.str.len() > _WORDS, " …")], "")
    )
    rules = rows["split_rules"].str.slice(0, 20)
    return {
        "severity": words_by_condition(rows.index, [(leaks, "critical")], "high"),
        "sentence": "Several CIDRs in rule " + rules + ": the router " + words + ", against the text.",
        "reasons": [
            Reason("order", ours="opens " + opened, expected=rewrite, when=leaks),
            Reason("order", ours="closes " + closed, expected=rewrite, when=closed.notna()),
        ],
        "evidence": [Cell("acl_rules", rows["split_id"], "cidr_list", cidr_list)],
        "action": "rewrite-acl",
    }
