"""Pages, their limits, and the texts of the refusals, which were recorded."""

import json

import pytest

from vpnaudit.sandbox import Sandbox

from .asking import ask, rows, send, signed

ALL = {"listall": "true", "isrecursive": "true"}
NOBODY = "00000000-0000-0000-0000-000000000000"
NO_SUCH_ID = (
    f"Unable to execute API command listvpcs due to invalid value. Invalid parameter id value={NOBODY} due to incorrect"
    " long value format, or entity does not exist or due to incorrect parameter annotation for the field in api cmd"
    " class."
)


@pytest.mark.parametrize(
    ("command", "params", "inner", "text"),
    [
        ("listVPCs", {"page": "1", "pagesize": "501"}, 4350, "Page size can't exceed max allowed page size value: 500"),
        ("listVPCs", {"page": "1", "pagesize": "-1"}, 4350,
        "Can't specify page parameter when pagesize is -1 (Unlimited)"), ("listVPCs", {"page": "2"}, 9999,
        '"pagesize" parameter is required when "page" is specified'), ("listVPCs", {"pagesize": "10"}, 9999,
        '"page" parameter is required when "pagesize" is specified'), ("listVPCs", {"page": "one", "pagesize": "10"},
         9999, "Unable to execute API command listvpcs due to invalid value one for parameter page"),
        ("listVPCs", {"id": NOBODY}, 9999, NO_SUCH_ID),
        ("listVPCs", {"name": "a\tb"}, 9999,
        "Received value containing illegal ASCII non-printable characters for parameter name"),
    ],
)  # fmt: skip
def test_refusals(sandbox, command, params, inner, text):
    status, body = ask(sandbox, "prod", "admin", command, **params)
    assert status == 431
    assert body == {
        f"{command.lower()}response": {"uuidList": [], "errorcode": 431, "cserrorcode": inner, "errortext": text}
    }


@pytest.mark.parametrize("command", ["listVpnGateways", "listVpnCustomerGateways", "listVpnConnections"])
def test_unlimited_breaks_the_three_vpn_lists_and_users_are_not_told_why(sandbox, command):
    status, body = ask(sandbox, "prod", "admin", command, pagesize="-1")
    assert (status, "null" in body[f"{command.lower()}response"]["errortext"]) == (530, True)
    status, body = ask(sandbox, "prod", "alice", command, pagesize="-1")
    masked = "Internal error executing command, please contact your system administrator"
    assert (status, body[f"{command.lower()}response"]["errortext"]) == (530, masked)


def test_pages_join_to_the_whole_list(readable):
    whole = rows(readable, "prod", "admin", "listVpnConnections", **ALL)
    pages = [rows(readable, "prod", "admin", "listVpnConnections", page=str(n), pagesize="25", **ALL) for n in range(4)]
    assert [len(page) for page in pages] == [25, 25, 25, len(whole) - 50]
    assert pages[0] == pages[1]  # page 0 acts as 1
    assert [row for page in pages[1:] for row in page] == whole
    status, body = ask(readable, "prod", "admin", "listVpnConnections", page="9", pagesize="25", **ALL)
    assert (status, body) == (200, {"listvpnconnectionsresponse": {"count": len(whole)}})


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


def test_events_by_time(readable):
    page = {"page": "1", "pagesize": "500"}
    newest = rows(readable, "prod", "admin", "listEvents", **page, **ALL)
    moment = newest[20]["created"]
    later = rows(readable, "prod", "admin", "listEvents", startdate=moment[:19].replace("T", " "), **page, **ALL)
    assert {row["id"] for row in later} == {row["id"] for row in newest if row["created"] >= moment}
    assert rows(readable, "prod", "admin", "listEvents", enddate="2001-01-01", **page, **ALL) == []


def test_order(readable):
    made = [row["created"] for row in rows(readable, "prod", "admin", "listVPCs", **ALL)]
    assert made == sorted(made, reverse=True)
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
    found = {row["name"] for row in rows(sandbox, "prod", "admin", "listConfigurations", name="site2site.vpn")}
    assert {"site2site.vpn.vpngateway.connection.limit", "site2site.vpn.customergateway.subnets.limit"} <= found
    assert all("site2site.vpn" in name for name in found)


def test_one_name_makes_its_page_invalid_json_and_can_be_isolated(sandbox):
    key, secret = sandbox.credentials["prod"]["auditor"]
    broken = 0
    seen = set()
    for page in range(1, 100):
        status, _, text = send(
            sandbox, "prod", signed(key, secret, "listVpnCustomerGateways", page=str(page), pagesize="1", **ALL)
        )
        assert status == 200
        try:
            shown = json.loads(text)["listvpncustomergatewaysresponse"].get("vpncustomergateway", [])
        except json.JSONDecodeError:
            assert r"branch \A" in text
            broken += 1
            continue
        if not shown:
            break
        seen |= {row["name"] for row in shown}
    assert broken == 1
    assert "branch\nBcc: everybody@example.org" in seen
