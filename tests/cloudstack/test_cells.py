"""A field that its column cannot hold is missing and an oddity; an object without identity is no row; siblings stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.cloudstack.cells import Oddity, fit_objects
from vpnaudit.estate import TABLES

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HALF = "\ud800"
ZONE = {"id": "z", "name": "ams"}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


def fit(table, *objects):
    return fit_objects("listIt", table, objects, NOW)


def columns_of(table, **fields):
    """The columns that lost their values, of one object with these fields."""
    (_, oddities) = fit(table, {"id": "x", **fields})
    return [name for oddity in oddities for name in oddity.column_names]


@pytest.mark.parametrize("identity", [[], None, "", " ", 7, {"id": "x"}, f"{HALF}-1", "x" * 256, True, ...])
def test_an_object_without_identity_is_no_row_and_its_siblings_are(identity):
    odd = {"name": "odd", **({} if identity is ... else {"id": identity})}
    rows, oddities = fit("zones", odd, ZONE)
    assert rows == [ZONE]
    assert oddities == [Oddity("listIt", "zones", None, ())]


def test_a_setting_is_known_by_its_name_and_a_source_by_none():
    rows, oddities = fit("settings", {"name": "a", "value": "1"}, {"value": "2"})
    assert [row["name"] for row in rows] == ["a"]
    assert len(oddities) == 1
    assert fit("sources", {"cloudstackversion": [4]}) == (
        [{"cloudstackversion": None}],
        [Oddity("listIt", "sources", None, ("cloudstack_version",))],
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("networktype", odd) for odd in (5, None, [], {}, True, HALF, "x" * 65_537)),
        *(("routerpublicinterfacemaxmtu", odd) for odd in ("a", "1_500", 1.5, None, True, [], 2**63, "9" * 19)),
    ],
)
def test_a_value_that_is_none_of_its_column_is_missing_and_told(field, value):
    rows, oddities = fit("zones", {**ZONE, field: value})
    assert rows == [{**ZONE, field: None}]
    (oddity,) = oddities
    assert oddity.subject_id == "z"


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("zones", "networktype", "Advanced"),
        ("zones", "networktype", "\U0001f600 ü"),
        ("zones", "routerpublicinterfacemaxmtu", "1500"),
        ("zones", "routerpublicinterfacemaxmtu", -1),
        ("settings", "isdynamic", True),
        ("settings", "isdynamic", "False"),
        ("events", "created", "2026-11-24T09:00:00+0100"),
        ("events", "created", "2026-12-20T09:00:00+0000"),
    ],
)
def test_what_servers_send_stays_as_it_is(table, field, value):
    thing = {"id": "x", "name": "x", field: value}
    assert fit(table, thing) == ([thing], [])


@pytest.mark.parametrize(
    "time",
    [
        "soon",
        1_700_000_000,
        "2026-13-01T00:00:00+0000",
        "2026-11-24T09:00:00",
        "0001-01-01T00:00:00+1400",
        (NOW + timedelta(days=31)).isoformat(),
    ],
)
def test_a_time_that_cannot_be_is_none(time):
    assert columns_of("events", created=time) == ["created_utc"]


def test_a_text_for_people_keeps_what_can_be_read():
    rows, _ = fit("acl_lists", {"id": "l", "name": f"a{HALF}b", "description": "x" * 70_000}, {"id": "m", "name": 5})
    assert rows[0]["name"] == "a�b"
    assert len(rows[0]["description"]) == 65_536
    assert rows[1]["name"] is None


def test_a_field_that_every_version_sends_is_missed():
    assert columns_of("vpn_gateways", vpcid="v") == ["public_ip"]
    assert columns_of("zones") == []


@pytest.mark.parametrize(
    ("table", "field", "columns"),
    [
        ("vpc_offerings", "service", ["services", "vpn_provider"]),
        ("virtual_machines", "nic", ["tier_ids"]),
    ],
)
@pytest.mark.parametrize("value", [None, 5, "a", {}, ["a"], [{"provider": [5]}], [None]])
def test_what_is_worked_out_from_a_list_of_objects_is_missing_where_it_is_none(table, field, columns, value):
    assert columns_of(table, **{field: value}) == columns
    assert columns_of(table, **{field: [{"provider": [{"name": "x"}], "more": 5}]}) == []


def test_an_object_whose_silence_would_say_something_is_no_row_where_it_is_not_silent():
    """An access rule without networks is open to all; one with unreadable networks is not."""
    rule = {"id": "r", "aclid": "l", "number": 1, "protocol": "all", "traffictype": "Ingress", "action": "Allow"}
    rule["state"] = "Active"
    rows, oddities = fit("acl_rules", rule, {**rule, "id": "s", "cidrlist": []})
    assert [row["id"] for row in rows] == ["r"]
    assert oddities == [Oddity("listIt", "acl_rules", "s", ())]


def test_tiers_inside_a_vpc_are_held_to_the_columns_of_tiers():
    vpc = {"id": "v", "cidr": "10.0.0.0/16", "state": "Enabled"}
    (row,), oddities = fit("vpcs", {**vpc, "network": [{"id": "t", "cidr": 5}, "a", {"id": "u"}]})
    assert [tier["id"] for tier in row["network"]] == ["t", "u"]
    assert oddities == [Oddity("listIt", "tiers", "t", ("cidr",)), Oddity("listIt", "tiers", None, ())]
    for odd in (None, "a", {}):
        (row,), oddities = fit("vpcs", {**vpc, "network": odd})
        assert row["network"] == []
        assert oddities == [Oddity("listIt", "tiers", None, ())]


def test_a_key_that_is_no_text_is_an_oddity_where_keys_are_a_column():
    assert columns_of("remote_access_vpns", psk_unreadable=True)[0] == "psk_length"
    assert fit("zones", {**ZONE, "psk_unreadable": True}) == ([ZONE], [])


@given(st.sampled_from(sorted(set(TABLES) - {"peers", "requests", "gaps"})), st.data())
@settings(max_examples=150, deadline=None)
def test_of_any_object_a_row_is_made_that_its_table_can_hold(table, data):
    fields = [column.field for column in TABLES[table].columns if column.field] + ["service", "nic", "network"]
    thing = data.draw(st.dictionaries(st.sampled_from(fields), json_values, max_size=6))
    rows, oddities = fit(table, {**thing, "id": "x", "name": "n"})
    assert len(rows) + sum(not oddity.column_names and oddity.table == table for oddity in oddities) == 1
    columns = {column.field: column.name for column in TABLES[table].columns if column.field}
    frame = TABLES[table].frame([{columns[name]: row[name] for name in columns if name in row} for row in rows])
    for row in rows:
        for name in set(row) & set(columns):
            assert (row[name] is None) == bool(frame[columns[name]].isna()[0])


@given(
    st.sampled_from(["connections", "acl_rules", "events"]),
    st.lists(st.dictionaries(st.integers(0, 40), st.just("aes128-sha1") | st.booleans() | st.integers() | json_values)),
)
@settings(max_examples=60)
def test_a_list_is_judged_as_each_of_its_objects_alone(table, cells):
    fields = [column.field for column in TABLES[table].columns if column.field]
    things = [{"id": "x"} | {fields[n % len(fields)]: value for n, value in row.items()} for row in cells]
    rows, oddities = fit(table, *things)
    alone = [fit(table, thing) for thing in things]
    assert repr(rows) == repr([row for part, _ in alone for row in part])  # nan is not equal to itself
    assert oddities == [oddity for _, part in alone for oddity in part]
    words = [{"id": f"x{n}", **dict.fromkeys(fields, "word")} for n in range(3)]
    assert fit(table, *words, *things)[1] == fit(table, *words)[1] + oddities
