"""Findings become causes: one cause is one repair, and mending it closes every finding in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.dependents import connections_of_subjects
from vpnaudit.findings import SEVERITIES
from vpnaudit.report.words import verdict

if TYPE_CHECKING:
    from vpnaudit.audit import Audit
    from vpnaudit.estate import Estate

_GATEWAY = "update-customer-gateway"
_EVERYWHERE = ("change-setting", "upgrade", "clamp-mss")


def with_cause(audit: Audit) -> pd.DataFrame:
    """The open findings with a column `cause`: the fingerprint of the worst finding that the same repair mends.

    - An update of a customer gateway carries every parameter, so all findings that an update of one gateway mends are
      one cause.
    - Rows of one rule that name each other (both ends of a tunnel, two connections that overlap) are one cause: that of
      the first of them.
    - A setting, an upgrade or a clamp of the MSS mends all that one rule finds in a source.
    - Any other finding shares its cause with those that the same action on the same subject mends; without an action it
      stands alone.

    Every finding has exactly one cause. Rows stay in the order of the audit, worst first, so a cause's first row is its
    worst.
    """
    findings = audit.open.copy()
    first = _first_of_pair(findings)
    leaders = findings.loc[first].reset_index(drop=True)
    keys = _keys(leaders, _gateways(audit.estate, leaders))
    findings["cause"] = findings["fingerprint"].groupby(keys.to_numpy()).transform("first").astype(STRING)
    return findings


def connections_of(rows: pd.DataFrame, estate: Estate) -> pd.DataFrame:
    """Which connections each row touches: those that depend on its subject, as `Audit.findings_by_connection` has it.

    Columns: row (index of `rows`), source, connection (its UUID); a row may have none, or many.
    """
    keys = ["source", "subject_kind", "subject_id"]
    touched = rows[keys].assign(row=rows.index).merge(connections_of_subjects(estate, rows), on=keys)
    return touched.rename(columns={"connection_id": "connection"})[["row", "source", "connection"]]


def causes(audit: Audit) -> pd.DataFrame:
    """One row a cause, worst first, then those that touch most connections. Index: cause.

    Columns: severity, rule, subject, source, sentence (of its worst finding), findings, rules, connections (how many of
    each).
    """
    findings = with_cause(audit)
    touched = connections_of(findings, audit.estate).merge(findings[["cause"]], left_on="row", right_index=True)
    reach = touched.drop_duplicates(["cause", "source", "connection"]).groupby("cause").size()
    grouped = findings.groupby("cause", sort=False)
    table = grouped[["severity", "rule", "subject", "source", "sentence"]].first()
    table["findings"], table["rules"] = grouped.size(), grouped["rule"].nunique()
    table["connections"] = reach.reindex(table.index, fill_value=0)
    rank = table["severity"].map(SEVERITIES.index)
    table = table.assign(_rank=rank, _order=range(len(table)))
    table = table.sort_values(["_rank", "connections", "_order"], ascending=[True, False, True], kind="stable")
    return table.drop(columns=["_rank", "_order"])


def by_severity(table: pd.DataFrame) -> dict[str, int]:
    """How many causes of each severity `causes` gave; every severity is there."""
    return {severity: int((table["severity"] == severity).sum()) for severity in SEVERITIES}


def headline(audit: Audit, table: pd.DataFrame) -> str:
    """The verdict in a sentence, as report, run.json and mail begin with; `table` is what `causes` gave."""
    _, connections = audit.clear_connections
    return verdict(
        by_severity(table),
        connections_by_severity(audit),
        connections,
        audit.coverage_percent,
        audit.policy.coverage_min_percent,
    )


def connections_by_severity(audit: Audit) -> dict[str, int]:
    """Connections that open findings of this severity or worse touch."""
    return {severity: len(audit.connections_with_findings(severity)) for severity in SEVERITIES}


def _first_of_pair(findings: pd.DataFrame) -> pd.Series:
    """For each row the index of the first row, in the order of the audit, that its rule joins with it by naming each
    other.
    """
    own = pd.Series(findings.index, index=findings.index)
    pairs = findings[["rule", "subject_id", "other_id"]].assign(row=findings.index).dropna(subset=["other_id"])
    mirror = pairs.rename(columns={"subject_id": "other_id", "other_id": "subject_id", "row": "other_row"})
    links = pairs.merge(mirror, on=["rule", "subject_id", "other_id"])
    while True:  # each round hands the smallest row on by one link: the longest chain decides how often
        offered = own.loc[links["other_row"]].groupby(links["row"].to_numpy()).min()
        better = pd.concat([own, offered]).groupby(level=0).min()
        if better.equals(own):
            return own
        own = better


def _gateways(estate: Estate, rows: pd.DataFrame) -> pd.Series:
    """The customer gateway that a row is about; missing where it is about none."""
    ends = estate["connections"][["source", "id", "customer_gateway_id"]].rename(columns={"id": "subject_id"})
    joined = rows[["source", "subject_id", "subject_kind"]].merge(ends, on=["source", "subject_id"], how="left")
    return joined["customer_gateway_id"].where(joined["subject_kind"] != "customer gateway", joined["subject_id"])


def _keys(rows: pd.DataFrame, gateways: pd.Series) -> pd.Series:
    action = rows["action"].fillna("")
    subject = rows["subject_id"].fillna("") + "|" + rows["subject_kind"]
    what = action.where(action != "", rows["rule"])
    key = what + "|" + rows["source"] + "|" + subject
    key = key.where(~action.isin(_EVERYWHERE).astype(bool), action + "|" + rows["source"] + "|" + rows["rule"])
    mends = (action == _GATEWAY) & gateways.notna()
    return key.where(~mends.astype(bool), _GATEWAY + "|" + rows["source"] + "|" + gateways.fillna("")).astype(STRING)
