"""The columns as data: sound, and in step with the calls that fill them."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache

import pytest

from tests import replay
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.estate.columns import BOOLEAN, INTEGER, SPECIFICATION, STRING, UTC

RECORDINGS = ("estate_a.jsonl.gz", "domain_admin_subdomains.jsonl.gz")
SHAPES = replay.ESTATE_A.parents[1] / "recordings/shapes.jsonl.gz"
ROWS = [(table, *row) for table, (_, _, _, columns) in SPECIFICATION.items() for row in columns]


@pytest.mark.parametrize("table", SPECIFICATION)
def test_names_a_column_once_and_has_its_key(table: str) -> None:
    _, key, meaning, columns = SPECIFICATION[table]
    names = [name for name, *_ in columns]
    assert len(names) == len(set(names))
    assert set(key) <= set(names)
    assert meaning
    fields = [field for _, _, field, _ in columns if field]
    assert len(fields) == len(set(fields)), "a field of the reply fills one column"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_has_one_of_four_types_and_its_unit_in_its_name(row: tuple[str, ...]) -> None:
    table, name, dtype, field, _ = row
    assert dtype in (STRING, INTEGER, BOOLEAN, UTC)
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert re.fullmatch(r"[a-z0-9]*", field), "fields as the API writes them"
    assert (dtype == UTC) is name.endswith("_utc"), table


def test_each_table_of_the_api_is_filled_by_the_call_that_it_names() -> None:
    filled = {command.table: command.name for command in COMMANDS.values() if command.table}
    named = {table: command for table, (command, *_) in SPECIFICATION.items() if command}
    assert filled == named


def test_what_vpnaudit_makes_itself_names_no_field_of_a_reply() -> None:
    made = [table for table, (command, *_) in SPECIFICATION.items() if not command]
    evidence = ["router_facts", "tunnel_status", "log_events", "peer_fields", "packet_counters"]
    assert made == ["peers", *evidence, "requests", "gaps"]
    assert not [row for row in ROWS if row[0] in made and row[3]]


@cache
def recorded_fields() -> dict[str, set[str]]:
    """Call to every field that a real server was seen to send in its rows."""
    fields: dict[str, set[str]] = {}
    places = sorted(replay.ESTATE_A.parents[1].glob("*/*.jsonl.gz"))
    recordings = [replay.recording(path) for path in places if path.name in RECORDINGS]
    for record in (record for one in recordings for record in one.records):
        for reply in record["body"].values() if record["status"] == 200 else ():
            rows = [row for value in reply.values() for row in (value if isinstance(value, list) else [value])]
            fields.setdefault(record["command"], set()).update(*(row for row in rows if isinstance(row, dict)))
    with gzip.open(SHAPES, "rt", encoding="utf-8") as lines:
        for line in lines:
            shape = json.loads(line)
            fields.setdefault(shape["command"], set()).update(*shape["rows"])
    return fields


_PROJECT = "as every object that a project can own: ControlledViewEntityResponse of 4.22"
NEVER_RECORDED = {
    "customer_gateways.excludedparameters": "since 4.23: Site2SiteCustomerGatewayResponse",
    "customer_gateways.obsoleteparameters": "since 4.23: Site2SiteCustomerGatewayResponse",
    "private_gateways.project": _PROJECT,
    "private_gateways.projectid": _PROJECT,
    "remote_access_vpns.project": _PROJECT,
    "remote_access_vpns.projectid": _PROJECT,
    "service_offerings.networkrate": "sent where an offering limits it: ServiceOfferingResponse of 4.22",
    "static_routes.project": _PROJECT,
    "static_routes.projectid": _PROJECT,
    "virtual_machines.project": _PROJECT,
    "virtual_machines.projectid": _PROJECT,
    "vpcs.ip4routing": "sent in ROUTED mode: VpcResponse of 4.22",
}
"""Fields that no recorded reply has, and where their spelling is from."""


def test_the_spelling_of_a_field_is_that_of_a_real_reply() -> None:
    unseen = {
        f"{table}.{field}"
        for table, (command, _, _, columns) in SPECIFICATION.items()
        for _, _, field, _ in columns
        if command and field and field not in recorded_fields().get(command, set())
    }
    assert unseen == set(NEVER_RECORDED)
