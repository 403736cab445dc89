"""Whether what a router shows of a tunnel is what both ends' settings lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.estate.tables import records

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

    Row = dict[str, Any]

_WORKS: Final = frozenset({"ok", "partial", "latent_rekey_failure", "interrupted_later"})
_LEADS_TO: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("version", "proposal_phase1", "identity", "wrong_key"), frozenset({"no_ike"})),
    **dict.fromkeys(("proposal_phase2", "selectors"), frozenset({"ike_only"})),
    **dict.fromkeys(
        ("up", "idle", "acl_blocked", "no_return", "flapping", "peer_restarting", "duplicate_peer", "child_dead"),
        _WORKS,
    ),
    "rekey_failing": frozenset({"latent_rekey_failure"}),
}
"""What both ends' settings lead to where the router shows this. Other verdicts are about the path, an address or a peer
that is off, of which settings say nothing.
"""
_ROUTER_LOG: Final = "router-log"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was predicted for either initiator in words, and whether the router shows it; None: nothing to compare."""

    predicted: str | None = None
    agrees: bool | None = None


def independent_predictions(tables: Tables) -> dict[tuple[str | None, str | None], Row]:
    """The predictions by connection, without those made from a router's own log: they would agree with themselves."""
    peers = tables["peers"]
    from_log = set(peers.loc[(peers["dialect"] == _ROUTER_LOG).fillna(value=False), "connection_id"].dropna())
    from_file = set(peers.loc[(peers["dialect"] != _ROUTER_LOG).fillna(value=False), "name"])
    return {
        (row["source"], row["id"]): row
        for row in records(tables["predictions_by_connection"])
        if row["far"] != "peers" or row["id"] not in from_log or row["far_id"] in from_file
    }


def agreement(verdict: str | None, prediction: Row | None) -> Agreement:
    """Compare one verdict with one row of `predictions_by_connection`.

    What a prediction had to assume makes it better, never worse: one that works by an assumption is not held against a
    router that shows a refusal.
    """
    if prediction is None or prediction["verdict_router"] is None:
        return Agreement()
    by_who = {who: prediction[f"verdict_{who}"] for who in ("router", "peer")}
    same = len(set(by_who.values())) == 1
    words = by_who["router"] if same else ", ".join(f"{who} starts: {word}" for who, word in by_who.items())
    leads_to = _LEADS_TO.get(verdict or "")
    if leads_to is None:
        return Agreement(words)
    agrees = bool(leads_to & set(by_who.values()))
    assumed = any(prediction[f"assumed_{who}"] for who in by_who)
    if not agrees and leads_to != _WORKS and assumed and set(by_who.values()) <= _WORKS:
        return Agreement(words)
    return Agreement(words, agrees)
