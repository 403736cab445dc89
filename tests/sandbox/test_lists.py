"""Each list call gives the rows, the order and the filters of a real server."""

import pytest

from vpnaudit.sandbox.lists import LISTINGS

from .asking import ALL, ask, names, rows


def test_events_by_time(readable):
    page = {"page": "1", "pagesize": "500"}
    newest = rows(readable, "prod", "admin", "listEvents", **page, **ALL)
    moment = newest[20]["created"]
    later = rows(readable, "prod", "admin", "listEvents", startdate=moment[:19].replace("T", " "), **page, **ALL)
    assert {row["id"] for row in later} == {row["id"] for row in newest if row["created"] >= moment}
    assert rows(readable, "prod", "admin", "listEvents", enddate="2001-01-01", **page, **ALL) == []


def test_order(readable):
    created = [row["created"] for row in rows(readable, "prod", "admin", "listVPCs", **ALL)]
    assert created == sorted(created, reverse=True)
    addresses = [
        tuple(map(int, row["ipaddress"].split(".")))
        for row in rows(readable, "prod", "admin", "listPublicIpAddresses", **ALL)
    ]
    assert addresses == sorted(addresses)
    names = [row["name"] for row in rows(readable, "prod", "admin", "listConfigurations")]
    assert names == sorted(names)
    lists = [row["name"] for row in rows(readable, "prod", "admin", "listNetworkACLLists", **ALL)]
    assert lists[-2:] == ["default_allow", "default_deny"]


def test_settings_are_searched_by_part_of_the_name(sandbox):
    setting_names = {row["name"] for row in rows(sandbox, "prod", "admin", "listConfigurations", name="site2site.vpn")}
    assert {"site2site.vpn.vpngateway.connection.limit", "site2site.vpn.customergateway.subnets.limit"} <= setting_names
    assert all("site2site.vpn" in name for name in setting_names)


def test_default_lists_are_everybodys_and_a_list_is_asked_by_id(readable):
    assert names(readable, "initech-admin", "listNetworkACLLists") == {"default_allow", "default_deny"}
    assert len(rows(readable, "prod", "initech-admin", "listNetworkACLs")) == 4
    lists = {row["name"]: row["id"] for row in rows(readable, "prod", "admin", "listNetworkACLLists", **ALL)}
    assert [rule["number"] for rule in rows(readable, "prod", "carol", "listNetworkACLs", aclid=lists["order"])] == [
        3,
        2,
        1,
    ]
    assert ask(readable, "prod", "alice", "listNetworkACLs", aclid=lists["order"])[0] == 531
    vpcs = {row["name"]: row["id"] for row in rows(readable, "prod", "admin", "listVPCs", **ALL)}
    assert "order" in names(readable, "carol", "listNetworkACLLists", vpcid=vpcs["globex-core"])
    assert ask(readable, "prod", "alice", "listNetworkACLLists", vpcid=vpcs["globex-core"])[0] == 531
    tiers = {row["name"]: row["id"] for row in rows(readable, "prod", "admin", "listNetworks", **ALL)}
    assert rows(readable, "prod", "erin", "listNetworkACLs", networkid=tiers["labs-open-bare"]) == []


def test_people_and_projects(readable):
    assert names(readable, "alice", "listAccounts", **ALL) == {"alice"}
    assert names(readable, "acme-admin", "listAccounts", **ALL) == {"acme-admin", "alice", "bob"}
    assert len(names(readable, "auditor", "listAccounts", **ALL)) == 12
    assert names(readable, "acme-admin", "listDomains") == {"acme"}
    assert names(readable, "acme-admin", "listDomains", listall="true") == {"acme", "emea"}
    assert names(readable, "acme-admin", "listProjects") == set()
    assert names(readable, "acme-admin", "listProjects", **ALL) == {"bridge"}
    assert names(readable, "alice", "listProjects") == {"bridge"}
    assert names(readable, "auditor", "listProjects", **ALL) == {"bridge", "vault"}


def test_keys_come_in_clear(readable):
    for command, field in (
        ("listVpnCustomerGateways", "ipsecpsk"),
        ("listVpnConnections", "ipsecpsk"),
        ("listRemoteAccessVpns", "presharedkey"),
    ):
        keyed = rows(readable, "prod", "auditor", command, **ALL)
        assert keyed
        assert all(row[field] for row in keyed)


def test_rules_of_a_tier_are_those_of_its_list(readable):
    tier = next(row for row in rows(readable, "prod", "admin", "listNetworks", **ALL) if row.get("aclid"))
    rules = rows(readable, "prod", "admin", "listNetworkACLs", networkid=tier["id"])
    assert rules
    assert {rule["aclid"] for rule in rules} == {tier["aclid"]}
    (acl,) = rows(readable, "prod", "admin", "listNetworkACLLists", networkid=tier["id"])
    assert acl["id"] == tier["aclid"]


@pytest.mark.parametrize("params", [{"state": "Nothing"}, {"keyword": "nobody has this"}, {"name": "nobody has this"}])
def test_a_filter_that_nothing_passes_leaves_nothing(readable, params):
    for command, listing in LISTINGS.items():
        if set(params) & {*listing.equal, *listing.like, *(["keyword"] if listing.keyword else [])}:
            assert rows(readable, "prod", "admin", command, **{**ALL, **params}) == [], command


def test_a_project_of_others_cannot_be_named_where_rows_belong_to_nobody(readable):
    vault = next(row["id"] for row in rows(readable, "prod", "admin", "listProjects", **ALL) if row["name"] == "vault")
    assert ask(readable, "prod", "alice", "listZones", projectid=vault)[0] == 432
    assert ask(readable, "prod", "carol", "listZones", projectid=vault)[0] == 200
    assert ask(readable, "prod", "alice", "listZones", projectid="-1")[0] == 200


def test_a_user_is_not_shown_what_is_the_operators(readable):
    for command, hidden in (("listVPCs", "network"), ("listVirtualMachines", "nic")):
        admin, user = (rows(readable, "prod", who, command, **ALL)[0] for who in ("admin", "alice"))
        assert hidden in user
        assert set(user) <= {*admin, "readonlydetails"}
    assert not any(
        nic["traffictype"] == "Control"
        for row in rows(readable, "prod", "acme-admin", "listRouters", **ALL)
        for nic in row["nic"]
    )
