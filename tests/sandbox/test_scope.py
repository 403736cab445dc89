"""What each role is shown: the rules that the recordings of a real server prove, on the example estate."""

import pytest

from .asking import ALL, PLUS, ask, names, rows


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
    without_projects = names(readable, "alice", "listVPCs")
    assert without_projects == names(readable, "alice", "listVPCs", **ALL)
    assert names(readable, "alice", "listVPCs", **PLUS) == without_projects | {"bridge-ams", "bridge-fra"}
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
