"""Suites that a prediction gives, held against what a connection's own configuration names and against the limits."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.estate.columns import STRING
from vpnaudit.estate.outcomes import INITIATORS
from vpnaudit.estate.proposal_table import meets
from vpnaudit.ipsec.proposals import effective_proposals, parse_proposal, select
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from vpnaudit.estate.proposal_table import Limits
    from vpnaudit.ipsec.proposals import Protocol

_FACTS: Final = {"encryption": "encryption", "integrity": "integrity", "group": "dh_groups"}

_READ: Final = (
    *("ike_policy", "esp_policy"),
    *(
        f"{name}_{who}"
        for who in INITIATORS
        for name in (
            *("ike_version", "ike_suite", "esp_suites", "reauthentication_suite"),
            *("rekey_by_router", "rekey_by_peer"),
        )
    ),
)
"""The columns that decide it: few different rows, however many connections."""


@lru_cache(maxsize=4096)
def policy_names_suite(policy: str, suite: str, protocol: Protocol, *, group: bool) -> bool:
    """Whether a policy of CloudStack names this suite; without `group` the group counts for nothing, as in the first
    child of IKEv2.
    """
    configured = effective_proposals(tuple(policy.replace(";", "-").split(",")), protocol, strict=True)
    proposal = parse_proposal(suite, protocol)
    if proposal is None:
        return False
    if not group:
        configured, proposal = tuple(one.without_group() for one in configured), proposal.without_group()
    return select(configured, (proposal,)) is not None


def is_below_limits(suite: str, protocol: Protocol, limits: Limits, *, group: bool = True) -> bool | None:
    """Whether a suite is weaker than the limits; None where nothing is known of one of its algorithms and the others
    pass.

    With `group` an ESP suite without one is too weak where the limits ask for PFS.
    """
    proposal = parse_proposal(suite, protocol)
    if proposal is None:
        return None
    if group and limits.pfs_required and not proposal.group:
        return True
    words = [(kind, word) for kind in _FACTS for word in getattr(proposal, kind)]
    within = [meets(kind, word, limits) if word in facts(_FACTS[kind]) else None for kind, word in words]
    return True if False in within else None if None in within else False


def unconfigured_suites(rows: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """The suites of a connection that its own configuration does not name.

    Args:
        rows: as `outcomes.predictions_by_connection` gives them.
        limits: what the suites are held against.

    Returns:
        A frame aligned with `rows`: ike and esp, of the suites of each phase that are not named the first that is below
        the limits, else the first; lost_pfs, True where `esp` is what a rekey gives, without the group that is
        configured; weak, True where one is below.
    """
    columns = rows[list(_READ)]
    of_case = {
        row: _unconfigured(dict(zip(_READ, row, strict=True)), limits)
        for row in columns.drop_duplicates().itertuples(index=False, name=None)
    }
    by_row = [of_case[row] for row in columns.itertuples(index=False, name=None)]
    kinds = {"ike": STRING, "esp": STRING, "lost_pfs": "bool", "weak": "bool"}
    return pd.DataFrame(
        {name: pd.Series([one[name] for one in by_row], index=rows.index, dtype=kind) for name, kind in kinds.items()}
    )


def _unconfigured(row: dict[str, Any], limits: Limits) -> dict[str, Any]:
    weak_by_suite: dict[Protocol, dict[str, bool]] = {"ike": {}, "esp": {}}
    for protocol, suite, group in _suites(row):
        if not policy_names_suite(row[f"{protocol}_policy"], suite, protocol, group=group):
            weak = is_below_limits(suite, protocol, limits, group=group) is True
            weak_by_suite[protocol][suite] = weak_by_suite[protocol].get(suite, False) or weak
    ike, esp = (
        next((suite for suite, weak in suites.items() if weak), next(iter(suites), None))
        for suites in weak_by_suite.values()
    )
    renewed = esp in [suite for protocol, suite, group in _suites(row) if protocol == "esp" and group]
    lost = renewed and not _has_group(str(esp)) and ";" in row["esp_policy"]
    return {
        "ike": ike,
        "esp": esp,
        "lost_pfs": lost,
        "weak": any(any(suites.values()) for suites in weak_by_suite.values()),
    }


def _suites(row: dict[str, Any]) -> list[tuple[Protocol, str, bool]]:
    """Each suite that one who starts brings about: phase, text, and whether its group counts."""
    suites: list[tuple[Protocol, Any, bool]] = []
    for who in INITIATORS:
        suites += [("ike", row[f"{name}_{who}"], True) for name in ("ike_suite", "reauthentication_suite")]
        of_children = row[f"esp_suites_{who}"]
        for suite in [] if pd.isna(of_children) or not of_children else of_children.split(","):
            suites.append(("esp", suite, row[f"ike_version_{who}"] == 1 or _has_group(suite)))
        suites += [("esp", row[f"{name}_{who}"], True) for name in ("rekey_by_router", "rekey_by_peer")]
    return [(protocol, suite, group) for protocol, suite, group in suites if not pd.isna(suite)]


def _has_group(suite: str) -> bool:
    proposal = parse_proposal(suite, "esp")
    return bool(proposal and proposal.group)
