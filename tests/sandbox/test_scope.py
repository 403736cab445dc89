"""What each role is shown: the rules that the recordings of a real server prove, on the example estate."""

import pytest

from .asking import ask, rows

ALL = {"listall": "true", "isrecursive": "true"}
PLUS = {**ALL, "projectid": "-1"}


def names(sandbox, role, command, source="prod", **params):
    return {row["name"] for row in rows(sandbox, source, role, command, **params)}


def project(sandbox, name):
    return next(row["id"] for row in rows(sandbox, "prod", "admin", "listProjects", **ALL) if row["name"] == name)


def domain(sandbox, path):
    return next(row["id"] for row in rows(sandbox, "prod", "admin", "listDomains") if row["path"] == path)


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_an_administrator_needs_listall_and_minus_one(readable, role):
    assert names(readable, role, "listVPCs") == set()
    assert len(names(readable, role, "listVPCs", **ALL)) == 29
    assert len(names(readable, role, "listVPCs", **PLUS)) == 32
    assert names(readable, role, "listVPCs", projectid="-1") == {"bridge-ams", "bridge-fra", "vault-core"}


def test_minus_one_shrinks_what_a_domain_administrator_sees(readable):
    tree = names(readable, "acme-admin", "listVPCs", **ALL)
    assert {"acme-hub", "acme-erp", "acme-legacy"} <= tree
    assert "bridge-ams" not in tree
    assert (
        names(readable, "acme-admin", "listVPCs")
        == names(readable, "acme-admin", "listVPCs", **PLUS)
        == {"acme-hub", "acme-remote"}
    )
    assert names(readable, "acme-admin", "listVPCs", projectid="-1") == set()
    assert names(readable, "acme-admin", "listVPCs", projectid=project(readable, "bridge")) == {
        "bridge-ams",
        "bridge-fra",
    }


def test_a_user_sees_his_own_and_the_projects_he_is_in(readable):
    own = names(readable, "alice", "listVPCs")
    assert own == names(readable, "alice", "listVPCs", **ALL)
    assert names(readable, "alice", "listVPCs", **PLUS) == own | {"bridge-ams", "bridge-fra"}
    assert names(readable, "alice", "listVPCs", projectid="-1") == {"bridge-ams", "bridge-fra"}


def test_networks_follow_rules_of_their_own(readable):
    every = names(readable, "admin", "listNetworks", **PLUS)
    assert names(readable, "admin", "listNetworks") == set()  # nobody in ROOT has a network
    of_domain = names(readable, "acme-admin", "listNetworks")
    assert "acme-erp-web" in of_domain  # any account of exactly this domain
    assert "acme-legacy-app" not in of_domain
    tree = names(readable, "acme-admin", "listNetworks", **ALL)
    assert "acme-legacy-app" in tree
    assert names(readable, "acme-admin", "listNetworks", **PLUS) == tree | {"bridge-ams-app", "bridge-fra-app"}
    assert tree < every


def test_projects_of_others(readable):
    vault = project(readable, "vault")
    status, body = ask(readable, "prod", "alice", "listVPCs", projectid=vault)
    words = f"The API [listVPCs] does not exist or is not available for this account/user in project [{vault}]."
    assert (status, body["errorresponse"]["errortext"]) == (432, words)
    status, body = ask(readable, "prod", "acme-admin", "listVPCs", projectid=vault)
    assert (status, body["listvpcsresponse"]["cserrorcode"]) == (531, 4365)
    text = body["listvpcsresponse"]["errortext"]
    assert text.startswith('Account Account [{"accountName":"acme-admin"')
    assert text.endswith(f"does not have permission to operate within domain id={domain(readable, 'ROOT/globex')}")


def test_by_domain_and_account(readable):
    acme, emea = domain(readable, "ROOT/acme"), domain(readable, "ROOT/acme/emea")
    exact = names(readable, "admin", "listVPCs", domainid=acme)
    assert "acme-erp" in exact
    assert "acme-legacy" not in exact
    assert "acme-legacy" in names(readable, "admin", "listVPCs", domainid=acme, isrecursive="true")
    assert names(readable, "admin", "listVPCs", domainid=emea, account="bob") == names(readable, "bob", "listVPCs")
    status, body = ask(readable, "prod", "admin", "listVPCs", account="alice")
    assert status == 431
    assert body["listvpcsresponse"]["errortext"].startswith(
        'could not find account alice in domain Domain {"id":1,"name":"ROOT","path":"\\/"'
    )
    status, body = ask(readable, "prod", "admin", "listVPCs", domainid=acme, account="alice", projectid="-1")
    assert (status, body["listvpcsresponse"]["errortext"]) == (431, "Account and projectId can't be specified together")
    assert ask(readable, "prod", "globex-admin", "listVPCs", domainid=acme)[0] == 531


def test_what_does_not_exist_or_is_not_ones_own(readable):
    nobody = "00000000-0000-0000-0000-000000000000"
    for name in ("domainid", "projectid", "vpcid"):
        status, body = ask(readable, "prod", "admin", "listVpnGateways", **{name: nobody})
        assert (status, f"Invalid parameter {name} value={nobody}" in body["listvpngatewaysresponse"]["errortext"]) == (
            431,
            True,
        )
    emea = domain(readable, "ROOT/acme/emea")
    assert ask(readable, "prod", "bob", "listVPCs", domainid=emea, account="bob")[0] == 200
    assert ask(readable, "prod", "alice", "listVPCs", account="acme-admin")[0] == 531
    assert names(readable, "alice", "listVPCs", domainid=domain(readable, "ROOT/acme")) == names(
        readable, "alice", "listVPCs"
    )
    assert "acme-legacy" in names(readable, "acme-admin", "listVPCs", domainid=emea)
    assert names(readable, "acme-admin", "listVPCs", domainid=domain(readable, "ROOT/acme"), account="alice") >= {
        "acme-erp"
    }
    hub = next(row["id"] for row in rows(readable, "prod", "admin", "listVPCs", **ALL) if row["name"] == "acme-hub")
    assert names(readable, "acme-admin", "listNetworkACLLists", vpcid=hub) >= {"acme-hub-sites"}
    assert names(readable, "admin", "listVPCs", name="ACME-H", **ALL) == {"acme-hub"}
    assert names(readable, "admin", "listVPCs", keyword="nothing has this name", **ALL) == set()


def test_by_id(readable):
    vpcs = {row["name"]: row["id"] for row in rows(readable, "prod", "admin", "listVPCs", **PLUS)}
    assert names(readable, "admin", "listVPCs", id=vpcs["vault-core"]) == {"vault-core"}
    assert names(readable, "acme-admin", "listVPCs", id=vpcs["acme-legacy"]) == {"acme-legacy"}
    assert names(readable, "acme-admin", "listVPCs", id=vpcs["globex-shop"]) == set()
    assert names(readable, "alice", "listVPCs", id=vpcs["bridge-ams"]) == set()
    connections = rows(readable, "prod", "auditor", "listVpnConnections", vpcid=vpcs["acme-hub"], **ALL)
    assert len(connections) == 4


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


def test_what_a_role_may_not_ask(readable):
    allowed = {
        role: {api["name"] for api in rows(readable, "prod", role, "listApis")}
        for role in ("admin", "auditor", "acme-admin", "alice")
    }
    assert allowed["auditor"] < allowed["admin"]
    assert allowed["alice"] < allowed["acme-admin"] < allowed["admin"]
    assert "listHosts" not in allowed["acme-admin"]
    assert not {"listRouters", "listDomains", "listConfigurations"} & allowed["alice"]
    for role, command in (
        ("acme-admin", "listHosts"),
        ("alice", "listRouters"),
        ("alice", "listConfigurations"),
        ("alice", "listDomains"),
    ):
        assert ask(readable, "prod", role, command)[0] == 432
    status, body = ask(
        readable, "prod", "acme-admin", "listServiceOfferings", issystem="true", systemvmtype="domainrouter"
    )
    assert (status, body["listserviceofferingsresponse"]["errortext"]) == (
        431,
        "Only ROOT admins can access system offerings.",
    )
    assert {"site2site.vpn.vpngateway.connection.limit", "api.key.access"} <= names(
        readable, "auditor", "listConfigurations"
    )
    of_domain = names(readable, "acme-admin", "listConfigurations")
    assert "api.key.access" in of_domain
    assert "site2site.vpn.vpngateway.connection.limit" not in of_domain


def test_keys_come_in_clear(readable):
    for command, field in (
        ("listVpnCustomerGateways", "ipsecpsk"),
        ("listVpnConnections", "ipsecpsk"),
        ("listRemoteAccessVpns", "presharedkey"),
    ):
        found = rows(readable, "prod", "auditor", command, **ALL)
        assert found
        assert all(row[field] for row in found)


def test_an_old_release_lacks_what_came_later(readable):
    assert all(
        "ikeversion" not in row and "domainpath" not in row
        for row in rows(readable, "dr", "auditor", "listVpnCustomerGateways", **ALL)
    )
    assert all("ikeversion" in row for row in rows(readable, "prod", "auditor", "listVpnCustomerGateways", **ALL))
    # Before 4.14 -1 with listall is the projects alone.
    assert names(readable, "auditor", "listVPCs", source="dr", **PLUS) == {"vault-dr"}
    _, body = ask(readable, "dr", "auditor", "listCapabilities")
    assert body["listcapabilitiesresponse"]["capability"]["cloudstackversion"] == "4.10.0.0"
