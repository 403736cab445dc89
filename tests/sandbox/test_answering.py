"""One request is answered as a real server does: its tests in its order, its pages, its envelopes."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from vpnaudit.sandbox import Sandbox

from .asking import ALL, ask, names, rows, send, signed


@pytest.mark.parametrize("command", ["listVpnGateways", "listVpnCustomerGateways", "listVpnConnections"])
def test_unlimited_breaks_the_three_vpn_lists_and_users_are_not_told_why(sandbox, command):
    status, body = ask(sandbox, "prod", "admin", command, pagesize="-1")
    assert (status, "null" in body[f"{command.lower()}response"]["errortext"]) == (530, True)
    status, body = ask(sandbox, "prod", "alice", command, pagesize="-1")
    masked = "Internal error executing command, please contact your system administrator"
    assert (status, body[f"{command.lower()}response"]["errortext"]) == (530, masked)


def test_pages_join_to_the_whole_list(readable):
    everything = rows(readable, "prod", "admin", "listVpnConnections", **ALL)
    pages = [rows(readable, "prod", "admin", "listVpnConnections", page=str(n), pagesize="25", **ALL) for n in range(4)]
    assert [len(page) for page in pages] == [25, 25, 25, len(everything) - 50]
    assert pages[0] == pages[1]  # page 0 acts as 1
    assert [row for page in pages[1:] for row in page] == everything
    status, body = ask(readable, "prod", "admin", "listVpnConnections", page="9", pagesize="25", **ALL)
    assert (status, body) == (200, {"listvpnconnectionsresponse": {"count": len(everything)}})


def test_nothing_is_an_empty_object(sandbox):
    assert ask(sandbox, "prod", "admin", "listVPCs") == (200, {"listvpcsresponse": {}})


def test_without_a_page_the_server_cuts_in_silence(sandbox):
    _, body = ask(sandbox, "prod", "admin", "listEvents", **ALL)
    inner = body["listeventsresponse"]
    assert inner["count"] > 500 == len(inner["event"])


def test_a_lower_maximum_is_said_by_the_setting_too():
    with Sandbox(page_size=20) as small:
        _, body = ask(small, "prod", "admin", "listVPCs", page="1", pagesize="500", **ALL)
        assert body["listvpcsresponse"]["errortext"] == "Page size can't exceed max allowed page size value: 20"
        (setting,) = rows(
            small, "prod", "admin", "listConfigurations", name="default.page.size", page="1", pagesize="20"
        )
        assert setting["value"] == "20"


def test_unlimited_is_everything_where_it_works(readable):
    assert len(rows(readable, "prod", "admin", "listEvents", pagesize="-1", **ALL)) > 500


def test_one_name_makes_its_page_invalid_json_and_can_be_isolated(sandbox):
    key, secret = sandbox.credentials["prod"]["auditor"]
    broken = 0
    names = set()
    for page in range(1, 100):
        status, _, text = send(
            sandbox, "prod", signed(key, secret, "listVpnCustomerGateways", page=str(page), pagesize="1", **ALL)
        )
        assert status == 200
        try:
            page_rows = json.loads(text)["listvpncustomergatewaysresponse"].get("vpncustomergateway", [])
        except json.JSONDecodeError:
            assert r"branch \A" in text
            broken += 1
            continue
        if not page_rows:
            break
        names |= {row["name"] for row in page_rows}
    assert broken == 1
    assert "branch\nBcc: everybody@example.org" in names


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


REFUSED = "unable to verify user credentials and/or request signature"


def answer(sandbox, params):
    status, headers, text = send(sandbox, "prod", params)
    return status, text, headers


def test_wrong_secret_wrong_key_and_expired_look_alike(sandbox):
    key, secret = sandbox.credentials["prod"]["admin"]
    late = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S%z")
    for params in (
        signed(key, "wrong", "listVPCs"),
        signed("unknown", secret, "listVPCs"),
        signed(key, secret, "listVPCs", signatureversion="3", expires=late),
        {"command": "listVPCs", "response": "json"},
    ):
        status, text, headers = answer(sandbox, params)
        assert (status, text) == (
            401,
            f'{{"listvpcsresponse":{{"uuidList":[],"errorcode":401,"errortext":"{REFUSED}"}}}}',
        )
        assert "x-description" not in headers


def test_unknown_command_shows_in_the_outer_key_only(sandbox):
    status, body = ask(sandbox, "prod", "admin", "listNoSuchThing")
    assert (status, list(body), body["errorresponse"]["errortext"]) == (401, ["errorresponse"], REFUSED)


def test_forbidden_command_is_told_before_the_signature_is_looked_at(sandbox):
    key, _ = sandbox.credentials["prod"]["alice"]
    status, text, headers = answer(sandbox, signed(key, "wrong", "listHosts"))
    assert status == 432
    assert text.startswith(
        '{"errorresponse":{"uuidList":[],"errorcode":432,"cserrorcode":9999,"errortext":"The API [listHosts] does not'
        " exist"
    )
    assert "listHosts" in headers["x-description"]


def test_nothing_but_lists(sandbox):
    assert ask(sandbox, "prod", "auditor", "createVpnGateway")[0] == 432
    status, body = ask(sandbox, "prod", "admin", "deleteVpnConnection", id="x")
    assert status == 530
    assert "was not carried out" in body["deletevpnconnectionresponse"]["errortext"]


def test_without_a_command_the_outer_key_is_null(sandbox):
    status, _, text = send(sandbox, "prod", {"response": "json"})
    assert (status, text.startswith('{"null":{"uuidList":[],"errorcode":401')) == (401, True)
