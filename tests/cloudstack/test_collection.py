"""All that one source shows to its key, whoever the key belongs to, and whatever of the introduction fails."""

from __future__ import annotations

import httpx
import pandas as pd
import pytest

from tests import replay
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.estate import TABLES

# What each account may see: the union of every pass that was recorded for it.
ROWS_BY_ACCOUNT = {
    "admin": {
        "vpcs": 20,
        "connections": 33,
        "customer_gateways": 34,
        "tiers": 17,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 19,
    },
    "auditor": {
        "vpcs": 20,
        "connections": 33,
        "customer_gateways": 34,
        "tiers": 17,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 19,
    },
    "acme-admin": {
        "vpcs": 16,
        "connections": 27,
        "customer_gateways": 28,
        "tiers": 13,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 15,
    },
    "globex-admin": {
        "vpcs": 4,
        "connections": 6,
        "customer_gateways": 6,
        "tiers": 4,
        "acl_lists": 2,
        "acl_rules": 4,
        "vpn_gateways": 4,
    },
    "alice": {
        "vpcs": 6,
        "connections": 14,
        "customer_gateways": 15,
        "tiers": 11,
        "acl_lists": 9,
        "acl_rules": 19,
        "vpn_gateways": 5,
    },
}

ROOT_ONLY = {"hosts", "service_offerings", "settings"}
GAPS_BY_ACCOUNT = {
    "admin": set(),
    "auditor": set(),
    "acme-admin": ROOT_ONLY,
    "globex-admin": ROOT_ONLY,
    "alice": ROOT_ONLY | {"routers", "domains"},
}


@pytest.mark.parametrize("who", replay.ACCOUNTS)
def test_each_account_gets_the_union_of_its_passes_and_only_the_gaps_of_its_role(who):
    estate = replay.estate_of(who)
    assert {table: len(estate[table]) for table in ROWS_BY_ACCOUNT[who]} == ROWS_BY_ACCOUNT[who]
    for table in (
        "vpcs",
        "connections",
        "customer_gateways",
        "vpn_gateways",
        "routers",
        "public_ips",
        "projects",
        "virtual_machines",
    ):
        assert set(estate[table]["id"]) == replay.recorded_ids(who, TABLES[table].command), table
    gaps = estate["gaps"]
    assert set(gaps["table"]) == GAPS_BY_ACCOUNT[who]
    assert gaps["expected"].all()
    assert set(gaps["reason"]) <= {"not-permitted"}


def test_settings_are_the_named_ones_and_events_bear_on_tunnels(auditor):
    names = set(auditor["settings"]["name"])
    assert {"site2site.vpn.vpngateway.connection.limit", "default.page.size"} <= names
    assert not any("provider.exclude" in name or "encryption" in name for name in names)
    assert auditor["events"]["type"].str.match(r"VPN\.S2S|NETWORK\.ACL\.ITEM\.UPDATE|ROUTER|VPC\.RESTART").all()


def test_a_call_that_listapis_does_not_name_is_not_asked_and_is_a_gap():
    commands = []

    def spoil(query, response):
        commands.append(query["command"])
        if query["command"] == "listApis":
            apis = [api for api in response.json()["listapisresponse"]["api"] if api["name"] != "listVpnConnections"]
            return httpx.Response(200, json={"listapisresponse": {"count": len(apis), "api": apis}})
        return response

    estate = replay.estate_of("auditor", spoil=spoil)
    assert "listVpnConnections" not in commands
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["reason"], gap["expected"]) == ("connections", "not-permitted", False)
    assert len(estate["customer_gateways"]) == 34


def test_without_listapis_everything_is_asked_and_refusals_become_gaps():
    estate = replay.estate_of("alice", spoil=replay.refusing("listApis"))
    gaps = estate["gaps"].set_index("table")
    assert set(gaps.index) == GAPS_BY_ACCOUNT["alice"]
    assert gaps.loc["routers", "status"] == 432
    assert gaps["expected"].all()


def test_where_the_role_cannot_be_learnt_all_passes_are_made():
    estate = replay.estate_of("acme-admin", spoil=replay.refusing("listAccounts"))
    assert pd.isna(estate["sources"].iloc[0]["role_type"])
    assert len(estate["vpcs"]) == 16
    assert not estate["gaps"].loc[estate["gaps"]["table"] == "accounts", "expected"].any()


def test_where_all_projects_at_once_are_refused_each_is_asked():
    def spoil(query, response):
        if query.get("projectid") == "-1":
            return httpx.Response(531, json={"x": {"errorcode": 531, "cserrorcode": 4365, "errortext": "no"}})
        return response

    for who in ("auditor", "alice"):
        estate = replay.estate_of(who, spoil=spoil)
        assert len(estate["connections"]) == ROWS_BY_ACCOUNT[who]["connections"]
        assert set(estate["gaps"]["table"]) == GAPS_BY_ACCOUNT[who]


def test_a_setting_that_was_not_asked_for_by_its_whole_name_is_not_kept():
    """The server searches names by part; another setting may hold a password."""

    def with_neighbours(inner):
        rows = inner.get("configuration", [])
        return {"count": 9, "configuration": [*rows, {"name": "default.page.size.of.x", "value": "canary"}]}

    estate = replay.estate_of("auditor", spoil=replay.replacing("listConfigurations", with_neighbours))
    assert not estate["settings"]["name"].str.startswith("default.page.size.").any()
    assert estate["settings"]["name"].is_unique


def test_a_key_that_is_shown_no_setting_of_the_whole_cloud_has_a_gap_for_them():
    estate = replay.estate_of("acme-admin", spoil=replay.replacing("listConfigurations", lambda inner: {}))
    (gap,) = estate["gaps"][estate["gaps"]["table"] == "settings"].to_dict("records")
    assert (gap["reason"], gap["expected"]) == ("not-permitted", True)
    root = replay.estate_of("auditor", spoil=replay.replacing("listConfigurations", lambda inner: {}))
    assert root["gaps"][["table", "reason"]].to_numpy().tolist() == [["settings", "not-collected"]]


def test_whoever_waits_is_told_how_many_lists_are_read():
    lines = []
    replay.estate_of("alice", on_progress=lines.append)
    assert lines[0].startswith("alice: 1 of ")
    last = lines[-1].split()
    assert last[1] == last[3] == str(len(lines))


def test_projects_that_were_not_all_read_are_not_taken_for_all_there_are():
    """A domain admin is asked project by project; with an incomplete list of them the wide pass is made too."""
    passes = []

    def spoil(query, response):
        if query["command"] == "listVPCs":
            passes.append(query.get("projectid"))
        return replay.refusing("listProjects")(query, response)

    estate = replay.estate_of("acme-admin", spoil=spoil)
    assert set(passes) >= {None, "-1"}
    assert "projects" in set(estate["gaps"]["table"])


SUBDOMAINS = {"vpcs": 27, "connections": 49, "customer_gateways": 61, "tiers": 42, "acl_lists": 34, "acl_rules": 280}


def test_a_domain_admin_gets_the_projects_of_sub_domains_that_only_rows_name():
    estate = replay.estate_of("wayne-admin", path=replay.SUBDOMAINS)
    assert {table: len(estate[table]) for table in SUBDOMAINS} == SUBDOMAINS
    gaps = estate["gaps"]
    assert set(gaps["table"]) == ROOT_ONLY, "a project of another domain is never asked for"
    assert gaps["expected"].all()
    assert not estate["requests"]["status"].eq(531).any()


def test_a_project_that_rows_name_and_one_call_refuses_is_a_gap_of_that_table():
    def spoil(query, response):
        if query["command"] == "listVPCs" and len(query.get("projectid", "")) > 2:
            return replay.refusing("listVPCs", status=531, outer="x")(query, response)
        return response

    estate = replay.estate_of("wayne-admin", path=replay.SUBDOMAINS, spoil=spoil)
    assert len(estate["connections"]) == 49
    gaps = estate["gaps"][~estate["gaps"]["expected"]]
    assert set(gaps["table"]) == {"vpcs"}
    assert gaps["pass"].is_unique
    assert len(gaps) == 2
    assert gaps["rows_where"].str.startswith("project_id=").all()


def test_vpcs_that_are_counted_and_not_shown_are_a_gap_of_all_that_hangs_on_them():
    def without_projects(inner):
        rows = [row for row in inner.get("network", []) if "projectid" not in row]
        return {"count": len(rows), "network": rows} if rows else {}

    estate = replay.estate_of(
        "wayne-admin", path=replay.SUBDOMAINS, spoil=replay.replacing("listNetworks", without_projects)
    )
    assert len(estate["vpcs"]) == 23
    gaps = estate["gaps"][~estate["gaps"]["expected"]]
    assert {"vpcs", "connections", "customer_gateways", "acl_rules"} <= set(gaps["table"])
    assert gaps["text"].str.contains("counts 27 VPCs in the domain of this key and below, and 23 were shown").all()
    assert set(gaps["rows_where"]) == {"project_id=?"}


def test_whoever_waits_is_told_of_the_lists_of_further_projects_too():
    lines = []
    replay.estate_of("wayne-admin", path=replay.SUBDOMAINS, on_progress=lines.append)
    last = lines[-1].split()
    assert last[1] == last[3] == str(len(lines))


@pytest.mark.parametrize(
    ("what", "kept"), [("all", lambda rows: []), ("half", lambda rows: rows[1::2]), ("one", lambda rows: rows[1:])]
)
def test_rows_of_any_list_that_its_count_still_names_are_a_gap(what, kept):
    thinned = set()

    def spoil(query, response):
        command = COMMANDS.get(query["command"])
        ((outer, inner),) = response.json().items()
        if command is None or not command.table or command.single or not inner.get(command.key):
            return response
        thinned.add(command.table)
        return httpx.Response(200, json={outer: inner | {command.key: kept(inner[command.key])}})

    estate = replay.estate_of("admin", spoil=spoil)
    gaps = estate["gaps"][~estate["gaps"]["expected"]]
    assert len(thinned) > 15
    assert thinned <= set(gaps["table"])
