"""What is predicted for each connection whose two ends are known, and where the ends differ."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from vpnaudit.estate.cases import known_cases
from vpnaudit.estate.columns import BOOLEAN, INTEGER, STRING
from vpnaudit.estate.matching import places_in
from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.renaming import template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vpnaudit.estate.cases import Cases
    from vpnaudit.estate.ends import Ends
    from vpnaudit.estate.tables import Tables
    from vpnaudit.ipsec.outcome import Outcome
    from vpnaudit.ipsec.sides import Case, Initiator

INITIATORS: Final[tuple[Initiator, ...]] = ("router", "peer")

_ENDS: Final = dict.fromkeys(("source", "id", "label", "far", "far_id", "told_by", "reason", "why"), STRING)
OUTCOMES: Final = {
    **_ENDS,
    **dict.fromkeys(("implementation", "initiator", "verdict"), STRING),
    "ike_version": INTEGER,
    **dict.fromkeys(("ike_suite", "esp_suites", "api_state", "stopped_at", "error", "lost"), STRING),
    "rekey_ok": BOOLEAN,
    **dict.fromkeys(("rekey_earliest_s", "rekey_latest_s"), INTEGER),
    **dict.fromkeys(("rekey_says", "rekey_by_router", "rekey_by_peer"), STRING),
    "reauthentication_ok": BOOLEAN,
    **dict.fromkeys(("reauthentication_suite", "confidence", "assumed"), STRING),
}
"""The columns of `outcomes`."""

_FAR: Final = ("far", "far_id", "told_by", "reason", "why", "implementation")
_PREDICTION: Final = tuple(OUTCOMES)[tuple(OUTCOMES).index("verdict") :]

DIFFERENCES: Final = {
    **dict.fromkeys(("source", "id", "field", "ours", "theirs", "state", "who"), STRING),
    **dict.fromkeys(("cause_router", "cause_peer"), BOOLEAN),
}
"""The columns of `differences`."""


def predictions(tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables `outcomes` and `differences`, which come from the same ends.

    `outcomes`, one row a connection and initiator (`router`, `peer`): the columns `OUTCOMES`, of
    `ipsec.outcome.Outcome`. `far`, `far_id`, `told_by`: see `Ends`. Where an end is not known, everything from
    `verdict` on is missing, and `reason` and `why` say what is. `esp_suites` and `assumed` are comma lists; `lost`
    names the configured pairs without traffic as `network > network`, and those with some as `network > network in
    part`. `rekey_ok`: a rekey of the CHILD_SAs works whoever starts it; missing where none was made. It comes between
    `rekey_earliest_s` and `rekey_latest_s` after establishment, on the suite `rekey_by_router` or `rekey_by_peer`,
    missing where that rekey fails.

    `differences`, one row a connection and reason, of `ipsec.outcome.Reason`, in the order in which a negotiation meets
    them: the columns `DIFFERENCES`. `cause_router` and `cause_peer`: it is a cause where the router, or the peer,
    starts. Connections with an end that is not known have no row here, and neither have equal ends.
    """
    cases = known_cases(tables)
    return {"outcomes": _outcomes(tables, cases), "differences": _differences(tables, cases)}


def _outcomes(tables: Tables, cases: Cases) -> pd.DataFrame:
    tunnels = tables["tunnels"]
    rows = np.repeat(np.arange(len(tunnels)), len(INITIATORS))
    who = np.tile(np.arange(len(INITIATORS)), len(tunnels))
    numbers = cases.number[rows]
    of_cases = _frame([_cells(case, one) for case in cases.cases for one in INITIATORS], OUTCOMES)
    of_rows = np.where(numbers < 0, -1, numbers * len(INITIATORS) + who)
    cells = {name: of_cases[name].array.take(of_rows, allow_fill=True) for name in _PREDICTION}
    is_lost = (cells["lost"] != "").fillna(value=False).to_numpy(bool)
    cells["lost"] = _in_own_names(cases, rows, cells["lost"], is_lost)
    cells |= {name: tunnels[name].array.take(rows) for name in ("source", "id", "label")}
    cells |= {name: texts[rows] for name, texts in cases.texts.items()}
    cells["initiator"] = pd.array(INITIATORS, dtype=STRING).take(who)
    return pd.DataFrame({name: pd.Series(cells[name], dtype=dtype) for name, dtype in OUTCOMES.items()})


def _differences(tables: Tables, cases: Cases) -> pd.DataFrame:
    of_cases = [_reasons(case) for case in cases.cases]
    reasons = _frame([row for rows in of_cases for row in rows], DIFFERENCES)
    counts = np.array([len(rows) for rows in of_cases], dtype=int)
    known = np.flatnonzero(cases.number >= 0)
    number = cases.number[known]
    rows = np.repeat(known, counts[number])
    # Each connection's rows are those of its case, in their order: from the first one of the case on.
    firsts = (np.cumsum(counts) - counts)[number]
    begins = np.cumsum(counts[number]) - counts[number]
    of_rows = np.arange(len(rows)) + np.repeat(firsts - begins, counts[number])
    cells = {name: reasons[name].array.take(of_rows) for name in DIFFERENCES}
    has_names = reasons["field"].isin(_FIELDS_WITH_NAMES).to_numpy()[of_rows]
    cells |= {side: _in_own_names(cases, rows, cells[side], has_names) for side in ("ours", "theirs")}
    cells |= {name: tables["tunnels"][name].array.take(rows) for name in ("source", "id")}
    return pd.DataFrame({name: pd.Series(cells[name], dtype=dtype) for name, dtype in DIFFERENCES.items()})


_FIELDS_WITH_NAMES: Final = ("gateway", "peer_address", "peer_id", "id", "cidrlist", "vpc_cidr", "splitconnections")


def _in_own_names(cases: Cases, rows: Any, texts: Any, has_names: Any) -> Any:
    """The texts of cases, each in the names of the connection that it is about; other texts have none."""
    own = texts.to_numpy(object).copy()
    templates: dict[tuple[int, str], str] = {}
    for at in np.flatnonzero(has_names).tolist():
        row = rows[at]
        number = int(cases.number[row])
        pattern = cases.patterns[number]
        if pattern is not None:
            key = (number, own[at])
            if key not in templates:
                templates[key] = template(own[at], pattern)
            own[at] = templates[key].format(*cases.originals[row])
    return own


def _reasons(case: Case) -> list[dict[str, Any]]:
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for who in INITIATORS:
        for one in outcome_of_case(case, who).reasons:
            key = (one.field, one.ours, one.theirs, one.state, one.who)
            row = dict(zip(("field", "ours", "theirs", "state", "who"), key, strict=True))
            rows.setdefault(key, {**row, "cause_router": False, "cause_peer": False})[f"cause_{who}"] = one.cause
    return list(rows.values())


def outcome_of(ends: Ends, initiator: Initiator) -> Outcome | None:
    """The prediction, worked out once for equal ends; None where an end is not known."""
    return None if ends.case is None else outcome_of_case(ends.case, initiator)


@lru_cache(maxsize=16384)
def outcome_of_case(case: Case, initiator: Initiator) -> Outcome:
    """The prediction for one case, worked out once."""
    return negotiate(case.router, case.peer, initiator, psk=case.psk, path=case.path)


def _cells(case: Case, initiator: Initiator) -> dict[str, Any]:
    outcome = outcome_of_case(case, initiator)
    rekey = next((event for event in outcome.timeline if event.what == "child rekey"), None)
    return {
        "verdict": outcome.verdict,
        "ike_version": outcome.ike_version,
        "ike_suite": next(iter(outcome.ike_suites), None),
        "esp_suites": ",".join(outcome.esp_suites),
        "api_state": outcome.api_state,
        "stopped_at": outcome.stopped_at,
        "error": outcome.error,
        "lost": ", ".join(pair.text for pair in outcome.lost),
        "rekey_ok": rekey.ok if rekey else None,
        "rekey_earliest_s": rekey.earliest_s if rekey else None,
        "rekey_latest_s": rekey.latest_s if rekey else None,
        "rekey_says": rekey.says if rekey else None,
        "rekey_by_router": outcome.renewals.child_by_router.suite,
        "rekey_by_peer": outcome.renewals.child_by_peer.suite,
        "reauthentication_ok": outcome.renewals.ike_by_router.ok,
        "reauthentication_suite": outcome.renewals.ike_by_router.suite,
        "confidence": outcome.confidence,
        "assumed": ",".join(outcome.assumed),
    }


def _frame(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    all_rows = list(rows)
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in all_rows], dtype=dtype) for name, dtype in columns.items()}
    )


def predictions_by_connection(tables: Tables) -> pd.DataFrame:
    """Every connection with its two predictions, for rules: one row a connection, indexed from 0.

    The columns of `tunnels`; far, far_id, told_by, reason, why and implementation; those from verdict to assumed with
    `_router` and `_peer` for who starts; and `answered`: True where both ends are known, False where the far VPC has no
    connection back, else missing.
    """
    outcomes = tables["outcomes"]
    rows = (
        tables["tunnels"]
        .reset_index(drop=True)
        .merge(outcomes[["source", "id", *_FAR]].drop_duplicates(), on=["source", "id"], how="left")
    )
    for who in INITIATORS:
        one = outcomes[outcomes["initiator"] == who][["source", "id", *_PREDICTION]].rename(
            columns={name: f"{name}_{who}" for name in _PREDICTION}
        )
        rows = rows.merge(one, on=["source", "id"], how="left")
    predicted = rows["verdict_router"].notna().astype(BOOLEAN)
    return rows.assign(answered=predicted.where(predicted | (rows["far"] == "unanswered").fillna(value=False)))


def difference_in(rows: pd.DataFrame, differences: pd.DataFrame, field: str) -> pd.DataFrame:
    """How the two ends differ in one field.

    Args:
        rows: with source and id.
        differences: the table `differences`.
        field: as `differences` names it.

    Returns:
        A frame aligned with `rows`: ours, theirs and who, missing where the ends do not differ; different, cause_router
        and cause_peer, True or False. A value that is not known counts as no difference here: `outcomes` lists it in
        `assumed`.
    """
    mine = differences[((differences["field"] == field) & (differences["state"] == "different")).fillna(value=False)]
    mine = mine[::-1]  # of several the last counts
    places = places_in(rows, ["source", "id"], mine)
    texts = {name: mine[name].array.take(places, allow_fill=True) for name in ("ours", "theirs", "who")}
    causes = {
        name: pd.array(mine[name].array.take(places, allow_fill=True), dtype=BOOLEAN).fillna(value=False)
        for name in ("cause_router", "cause_peer")
    }
    return pd.DataFrame({**texts, "different": places >= 0, **causes}, index=rows.index)
