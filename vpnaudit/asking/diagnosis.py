"""What the routers show of the tunnels: every verdict, worst first, beside what the API says; and one connection's with
its reasons.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.asking.naming import find_connection
from vpnaudit.errors import ConfigError
from vpnaudit.estate.tables import records
from vpnaudit.hostile import one_line
from vpnaudit.knowledge import facts

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

    Row = dict[str, Any]

CANNOT_TELL: Final = "cannot tell"
NO_EVIDENCE: Final = "no evidence"
NOT_ASKED: Final = "the router was not asked: `vpnaudit evidence fetch-plan` says how to fetch what it shows"
_COLUMNS: Final = (
    "source",
    "connection_id",
    "label",
    "state",
    "router",
    "name",
    "gateway",
    "verdict",
    "carries",
    "since_utc",
    "meaning",
    "acts",
    "action",
    "may_be",
    "unknown",
    "predicted",
    "agrees",
    "ike_suite",
    "esp_suite",
    "rests_on",
    "against",
    "book",
)


@dataclass(frozen=True)
class ConnectionDiagnosis:
    """What routers show of one connection: `.verdicts` has a row for each router and each split part of it, as
    `.diagnoses` has them; `.reasons` a row for each line and cell that speaks for or against one.
    """

    label: str
    verdicts: pd.DataFrame
    reasons: pd.DataFrame

    def _repr_html_(self) -> str:
        shown = self.verdicts.drop(columns=["rests_on", "against", "source", "connection_id", "label"]).T
        return f"<h4>{html.escape(one_line(self.label))}</h4>{shown.to_html()}{self.reasons.to_html()}"


def diagnoses_beside_state(estate: Tables) -> pd.DataFrame:
    """One row for each connection on each router that shows it, and one for each connection that no router shows; worst
    first, those of which nothing is known before those that carry.

    `state` is what the API says, `verdict` what the router shows; it is missing where the evidence does not tell, and
    `unknown` says why. `carries` says whether traffic passes both ways; missing where that is not known. The other
    columns are those of the table `diagnoses`.
    """
    tunnels = {(row["source"], row["id"]): row for row in records(estate["tunnels"])}
    diagnosed = records(estate["diagnoses"])
    shown = {(row["source"], row["connection_id"]) for row in diagnosed}
    rows = [_row(row, tunnels.get((row["source"], row["connection_id"]))) for row in diagnosed]
    rows += [_row({}, tunnel) for key, tunnel in tunnels.items() if key not in shown]
    rows.sort(key=_rank)
    types = estate["diagnoses"].dtypes.to_dict() | {"label": "string", "state": "string", "carries": "boolean"}
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=types[name]) for name in _COLUMNS})


def diagnosis_of(estate: Tables, connection: str) -> ConnectionDiagnosis:
    """What routers show of the connection that the text names, as `find_connection` takes it, or as charon calls it:
    `vpn-192.0.2.26`.

    Raises:
        ConfigError: it fits no connection, or several.
    """
    every = diagnoses_beside_state(estate)
    mine = every[(every["name"] == connection.strip()).fillna(value=False).astype(bool)]
    if mine.empty:
        try:
            row = find_connection(estate, connection)
        except ConfigError as error:
            if len(by_peer := every[(every["gateway"] == connection.strip()).fillna(value=False).astype(bool)]) == 0:
                raise ConfigError(f"{error} Or as the router's log has it: vpn-ADDRESS.") from None
            mine = by_peer
        else:
            mine = every[
                ((every["source"] == row["source"]) & (every["connection_id"] == row["id"])).fillna(value=False)
            ]
    mine = mine.reset_index(drop=True)
    return ConnectionDiagnosis(records(mine)[0]["label"], mine, _reasons(mine))


def reasons_of(row: Row) -> list[Row]:
    """The lines and cells of one row of the table, each with whether it speaks `for` or `against` the verdict."""
    return [
        {"router": row["router"], "name": row["name"], "speaks": side, **ground}
        for side, column in (("for", "rests_on"), ("against", "against"))
        for ground in json.loads(row[column] or "[]")
    ]


def _reasons(rows: pd.DataFrame) -> pd.DataFrame:
    reasons = [reason for row in records(rows) for reason in reasons_of(row)]
    return pd.DataFrame(reasons, columns=["router", "name", "speaks", "says", "place"], dtype="string")


def _row(diagnosis: Row, tunnel: Row | None) -> Row:
    row = dict.fromkeys(_COLUMNS) | {name: diagnosis[name] for name in _COLUMNS if name in diagnosis}
    if tunnel is not None:
        row |= {"source": tunnel["source"], "connection_id": tunnel["id"], "label": tunnel["label"]}
        row |= {"state": tunnel["state"], "gateway": row["gateway"] or tunnel["gateway"]}
    else:
        row["label"] = f"{diagnosis['name']} on {diagnosis['router'] or diagnosis['book']}, none of this estate"
    if not diagnosis:
        row["unknown"] = NOT_ASKED
    if row["verdict"] is not None:
        row["carries"] = bool(facts("diagnoses")[row["verdict"]]["carries"])
    return row


def _rank(row: Row) -> tuple[Any, ...]:
    """What fails before what is not known before what carries; the first of those where the settings should work."""
    order = list(facts("diagnoses"))
    group = {False: 0, None: 1, True: 3}[row["carries"]] + (row["router"] is None)
    place = order.index(row["verdict"]) if row["verdict"] else len(order)
    return group, row["agrees"] is not False, place, row["label"] or "", row["router"] or "", row["name"] or ""
