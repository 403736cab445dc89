"""What each tunnel is, as its router shows it: one verdict with its reasons, apart from what the API says."""

from __future__ import annotations

import json
from datetime import UTC as UTC_ZONE
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from vpnaudit.diagnosis.diagnose import diagnose
from vpnaudit.estate import ends
from vpnaudit.estate.agreement import agreement, independent_predictions
from vpnaudit.estate.columns import BOOLEAN, STRING, UTC
from vpnaudit.estate.observations import observations

if TYPE_CHECKING:
    from vpnaudit.diagnosis.observation import Observation
    from vpnaudit.diagnosis.verdict import Ground
    from vpnaudit.estate.tables import Tables

BASE: Final = ("router_facts", "tunnel_status", "log_events", "packet_counters", *ends.BASE)
COLUMNS: Final = {
    "book": STRING,
    "router": STRING,
    "name": STRING,
    "source": STRING,
    "connection_id": STRING,
    "gateway": STRING,
    "verdict": STRING,
    "meaning": STRING,
    "since_utc": UTC,
    "ike_suite": STRING,
    "esp_suite": STRING,
    "acts": STRING,
    "action": STRING,
    "rests_on": STRING,
    "against": STRING,
    "may_be": STRING,
    "unknown": STRING,
    "predicted": STRING,
    "agrees": BOOLEAN,
}


def diagnoses(tables: Tables) -> pd.DataFrame:
    """One row for each connection on each router of which there is evidence.

    `verdict` is one of the knowledge table `diagnoses`; missing: the evidence does not tell, and `unknown` says what is
    lacking. `may_be` lists the verdicts that would look the same. `rests_on` and `against` are JSON lists of what was
    seen and where. The suites are those of the SAs that stand. `predicted` is what both ends' settings lead to, and
    `agrees` whether the router shows that; missing: nothing to compare.
    """
    rows = []
    predictions = independent_predictions(tables)
    for facts, row, observation in observations(tables):
        diagnosis = diagnose(observation)
        ike, esp = _suites(observation)
        compared = agreement(diagnosis.verdict, predictions.get((row.get("source"), row.get("connection_id"))))
        rows.append(
            {
                "book": facts["book"],
                "router": facts["router"],
                "name": observation.name,
                "source": row.get("source"),
                "connection_id": row.get("connection_id"),
                "gateway": row.get("gateway"),
                "verdict": diagnosis.verdict,
                "meaning": diagnosis.meaning,
                "since_utc": None if diagnosis.since is None else datetime.fromtimestamp(diagnosis.since, UTC_ZONE),
                "ike_suite": ike,
                "esp_suite": esp,
                "acts": diagnosis.acts,
                "action": diagnosis.action,
                "rests_on": _grounds(diagnosis.rests_on),
                "against": _grounds(diagnosis.against),
                "may_be": ",".join(diagnosis.may_be) or None,
                "unknown": diagnosis.unknown,
                "predicted": compared.predicted,
                "agrees": compared.agrees,
            }
        )
    return pd.DataFrame({name: pd.Series([one[name] for one in rows], dtype=dtype) for name, dtype in COLUMNS.items()})


def _suites(observation: Observation) -> tuple[str | None, str | None]:
    """The suites of the SAs that stand: the newest CHILD_SA, and the IKE_SA that it is of."""
    child = max(observation.children, key=lambda one: one.number, default=None)
    standing = [sa for sa in observation.ike if sa.established]
    ike = next((sa for sa in standing if child and sa.number == child.ike_number), None)
    ike = ike or max(standing, key=lambda one: one.number, default=None)
    return ike.suite if ike else None, child.suite if child else None


def _grounds(grounds: tuple[Ground, ...]) -> str:
    rows: list[dict[str, Any]] = [{"says": ground.says, "place": ground.place} for ground in grounds]
    return json.dumps(rows, ensure_ascii=False)
