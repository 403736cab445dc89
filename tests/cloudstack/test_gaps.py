"""What could not be collected is a row that says who was asked what, what came back, and whether that was expected."""

from __future__ import annotations

import httpx
import pytest

from tests import replay
from vpnaudit.cloudstack.cells import Oddity
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.gaps import Gaps
from vpnaudit.cloudstack.replies import UnreadableReply
from vpnaudit.cloudstack.visibility import Viewer
from vpnaudit.errors import Refused, Unreachable
from vpnaudit.estate import TABLES


def test_a_refused_call_is_one_gap_with_status_code_and_words_and_its_dangling_ids_are_not_told_again():
    estate = replay.estate_of("auditor", spoil=replay.refusing("listVpnCustomerGateways"))
    gaps = estate["gaps"]
    assert set(gaps["table"]) == {"customer_gateways"}
    assert gaps["subject_id"].isna().all()
    assert gaps.iloc[0][["command", "reason", "status", "code"]].tolist() == [
        "listVpnCustomerGateways",
        "not-permitted",
        432,
        432,
    ]
    assert "The API [listVpnCustomerGateways] no" in gaps.iloc[0]["text"]
    assert len(estate["connections"]) == 33


def test_a_call_that_this_version_does_not_know_says_so():
    estate = replay.estate_of("auditor", spoil=replay.refusing("listHosts", status=401))
    assert estate["gaps"][["table", "reason"]].to_numpy().tolist() == [["hosts", "not-in-this-version"]]


def test_a_gap_that_the_profile_lists_is_expected():
    gaps = Gaps(replay.profile("auditor", expected_gaps=("hosts",)), Viewer())
    for name in ("listHosts", "listRouters"):
        gaps.failed(COMMANDS[name], {}, Refused(name, "no", status=432))
    assert [(row["table"], row["expected"]) for row in gaps.rows] == [("hosts", True), ("routers", False)]


def test_an_id_that_leads_nowhere_is_a_gap_of_that_object():
    victim = {}

    def spoil(query, response):
        if query["command"] == "listVpnCustomerGateways":
            ((outer, inner),) = response.json().items()
            victim["id"] = inner["vpncustomergateway"][3]["id"]
            del inner["vpncustomergateway"][3]
            inner["count"] -= 1
            return httpx.Response(200, json={outer: inner})
        return response

    estate = replay.estate_of("auditor", spoil=spoil)
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["reason"]) == ("customer_gateways", victim["id"], "not-collected")


def test_one_object_that_breaks_the_json_is_isolated_and_the_rest_is_there():
    victim = next(iter(sorted(replay.recorded_ids("auditor", "listVpnCustomerGateways"))))

    def spoil(query, response):
        if query["command"] == "listVpnCustomerGateways" and victim.encode() in response.content:
            marked = response.content.replace(victim.encode() + b'"', victim.encode() + b'", "name": "\\A"')
            return httpx.Response(200, content=marked)
        return response

    estate = replay.estate_of("auditor", spoil=spoil)
    assert len(estate["customer_gateways"]) == 33
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["reason"], gap["status"]) == (
        "customer_gateways",
        victim,
        "not-collected",
        200,
    )
    assert "rename" in gap["text"]


def test_a_list_that_cannot_be_listed_is_one_gap_and_soon():
    commands = []

    def spoil(query, response):
        commands.append(query["command"])
        if query["command"] == "listNetworkACLs":
            return httpx.Response(
                530, json={"listnetworkaclsresponse": {"errorcode": 530, "cserrorcode": 4250, "errortext": "null"}}
            )
        return response

    estate = replay.estate_of("auditor", spoil=spoil)
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["status"], gap["code"], gap["subject_id"]) == ("acl_rules", 530, 530, None)
    assert commands.count("listNetworkACLs") < 25


def test_an_object_that_one_pass_cannot_show_and_another_does_is_no_gap():
    """Where the version is hidden two passes are made; a page of one of them is broken."""
    victim = min(replay.recorded_ids("auditor", "listVPCs"))

    def spoil(query, response):
        if query["command"] == "listCapabilities":
            return httpx.Response(200, json={"listcapabilitiesresponse": {"capability": {}}})
        if query["command"] == "listVPCs" and "projectid" not in query and victim.encode() in response.content:
            return httpx.Response(
                200, content=response.content.replace(victim.encode() + b'"', victim.encode() + b'",')
            )
        return response

    estate = replay.estate_of("auditor", spoil=spoil)
    assert victim in set(estate["vpcs"]["id"])
    assert not len(estate["gaps"])


def gaps_of(viewer=None):
    return Gaps(replay.profile("auditor"), viewer or Viewer())


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [
        (401, "bad signature", "not-permitted"),
        (432, "not for this role", "not-permitted"),
        (531, "not this object", "not-permitted"),
        (431, "Only ROOT admins can access system offerings.", "not-permitted"),
        (431, "no such parameter", "not-collected"),
        (530, "null", "not-collected"),
        (None, "connection refused", "not-collected"),
    ],
)
def test_a_no_to_the_key_and_a_failure_are_told_apart(status, text, reason):
    gaps = gaps_of()
    gaps.failed(COMMANDS["listHosts"], {}, Refused("listHosts", text, status=status))
    assert [row["reason"] for row in gaps.rows] == [reason]


def test_only_what_the_default_role_never_sees_is_expected_without_a_profile():
    gaps = gaps_of(Viewer(role_type="User"))
    gaps.not_asked(COMMANDS["listRouters"])
    gaps.not_asked(COMMANDS["listVPCs"])
    gaps.without_settings(COMMANDS["listConfigurations"])
    gaps.failed(COMMANDS["listHosts"], {}, Unreachable("listHosts", "time-out"))
    assert [(row["table"], row["expected"]) for row in gaps.rows] == [
        ("routers", True),
        ("vpcs", False),
        ("settings", True),
        ("hosts", False),
    ], "a role explains a no, not a time-out"


def test_a_source_that_was_not_reached_lacks_every_table_that_a_call_fills():
    gaps = gaps_of()
    gaps.unreached(Unreachable("listApis", "connection refused"))
    assert {row["table"] for row in gaps.rows} == {name for name, table in TABLES.items() if table.command}
    assert {row["text"] for row in gaps.rows} == {"source not read: connection refused"}


def test_an_object_is_missing_once_however_many_rows_name_it():
    gaps = gaps_of()
    gaps.failed(COMMANDS["listVPCs"], {}, Refused("listVPCs", "null", status=530), subject_id="v1")
    gaps.dangling({"tiers": [{"vpcid": "v1"}, {"vpcid": "v2"}, {"vpcid": None}], "vpn_gateways": [{"vpcid": "v2"}]})
    assert [row["subject_id"] for row in gaps.rows] == ["v1", "v2"]


def test_what_only_root_is_shown_all_of_is_missed_by_root_alone():
    objects = {"vpcs": [{"vpcofferingid": "o", "zoneid": "z"}], "routers": [{"serviceofferingid": "s", "hostid": "h"}]}
    for role, tables in (("Admin", {"vpc_offerings", "zones", "service_offerings", "hosts"}), ("DomainAdmin", set())):
        gaps = gaps_of(Viewer(role_type=role))
        gaps.dangling(objects)
        assert {row["table"] for row in gaps.rows} == tables


def test_an_address_and_an_account_that_rows_name_must_be_there():
    gateway = {"publicip": "198.51.100.1", "account": "alice", "domainid": "d"}
    objects = {"vpn_gateways": [gateway, {}], "vpcs": [{**gateway, "projectid": "p"}], "customer_gateways": [gateway]}
    gaps = gaps_of()
    gaps.unnamed(objects)
    assert [(row["table"], row["subject_id"]) for row in gaps.rows] == [("public_ips", None), ("accounts", None)]
    assert "rows of vpn_gateways name 1 of them that listPublicIpAddresses did not show" in gaps.rows[0]["text"]
    gaps.unnamed(objects)
    assert len(gaps.rows) == 2, "a table that is known to lack rows is told once"
    whole = gaps_of()
    whole.unnamed(
        {
            **objects,
            "public_ips": [{"ipaddress": "198.51.100.1"}],
            "accounts": [{"name": "alice", "domainid": "d"}],
        }
    )
    assert not whole.rows


def test_odd_cells_are_a_gap_of_their_columns_and_many_alike_are_one():
    gaps = gaps_of()
    gaps.odd([Oddity("listVPCs", "vpcs", "v", ("cidr", "state"))] * 2 + [Oddity("listVPCs", "vpcs", None, ())])
    gaps.odd([Oddity("listEvents", "events", f"e{number}", ("level",)) for number in range(21)])
    assert [(row["table"], row["subject_id"], row["column_names"], row["reason"]) for row in gaps.rows] == [
        ("vpcs", "v", "cidr,state", "unknown-value"),
        ("vpcs", None, None, "unknown-value"),
        ("events", None, "level", "unknown-value"),
    ]
    assert gaps.rows[2]["text"].startswith("21 objects: listEvents sent no value that level can have")
    gaps.dangling({"tiers": [{"vpcid": "v9"}]})
    assert len(gaps.rows) == 3, "the VPC may be the one that no row could be made of"


WHOLE_DOMAIN = {"domains": [{"id": "d", "vpctotal": 2}, {"id": "e", "vpctotal": 9}], "vpcs": [{"id": "v1"}]}
ADMIN_OF_D = Viewer(role_type="DomainAdmin", domain_id="d", allowed=frozenset(COMMANDS) - {"listHosts", "listRouters"})


def test_vpcs_that_are_counted_and_not_shown_are_a_gap_of_each_table_they_fill():
    gaps = gaps_of(ADMIN_OF_D)
    gaps.uncounted(WHOLE_DOMAIN)
    tables = {row["table"] for row in gaps.rows}
    assert {"vpcs", "connections", "acl_rules"} <= tables
    assert not tables & {"tiers", "domains", "routers"}, "nothing of that is missing, or may be asked"
    assert not any(row["expected"] for row in gaps.rows)
    assert {row["rows_where"] for row in gaps.rows} == {"project_id=?"}


def test_what_a_refused_project_would_have_shown_is_not_missed_one_by_one():
    gaps = gaps_of()
    refusal = Refused("listVPCs", "no", status=531)
    gaps.failed(COMMANDS["listVPCs"], {"projectid": "p"}, refusal, rows_where="project_id=p")
    tiers = [{"vpcid": "v1", "projectid": "p"}, {"vpcid": "v2", "projectid": "q"}, {"vpcid": "v3"}]
    gaps.dangling({"tiers": tiers, "acl_lists": [{"vpcid": "v1"}]})
    assert [row["subject_id"] for row in gaps.rows] == [None, "v2", "v3"]


@pytest.mark.parametrize(
    ("viewer", "objects"),
    [
        (Viewer(role_type="Admin", domain_id="d"), WHOLE_DOMAIN),
        (Viewer(role_type="DomainAdmin"), WHOLE_DOMAIN),
        (ADMIN_OF_D, WHOLE_DOMAIN | {"vpcs": [{"id": "v1"}, {"id": "v2"}]}),
        (ADMIN_OF_D, {"domains": [{"id": "d", "vpctotal": "2"}]}),
        (ADMIN_OF_D, {}),
    ],
)
def test_no_vpc_is_missed_where_none_is_or_nothing_is_counted(viewer, objects):
    gaps = gaps_of(viewer)
    gaps.uncounted(objects)
    assert not gaps.rows


def test_vpcs_whose_list_failed_are_not_missed_twice():
    gaps = gaps_of(ADMIN_OF_D)
    gaps.failed(COMMANDS["listVPCs"], {}, Unreachable("listVPCs", "time-out"))
    gaps.uncounted(WHOLE_DOMAIN)
    assert len(gaps.rows) == 1


@pytest.mark.parametrize(
    ("command", "error", "words"),
    [
        (
            "listVPCs",
            UnreadableReply("listVPCs", "no JSON", status=200, first_id=None),
            "followed by u and four digits",
        ),
        ("listVPCs", Refused("listVPCs", "Illegal group reference", status=431), "u0024 or u005c"),
        ("listVPCs", Refused("listVPCs", "null", status=530), "management-server.log"),
        ("listNetworkACLs", Refused("listNetworkACLs", "null", status=530), "lacks its direction"),
        ("listEvents", Refused("listEvents", "Illegal group reference", status=431), "archiveEvents"),
    ],
)
def test_the_advice_fits_what_the_server_stumbled_over(command, error, words):
    gaps = gaps_of()
    gaps.failed(COMMANDS[command], {}, error)
    assert words in gaps.rows[0]["text"]
    assert error.text in gaps.rows[0]["text"]


def test_a_part_of_a_table_is_missing_once_however_many_passes_miss_it():
    gaps = gaps_of()
    for where in ("acl_id=l1", "acl_id=l1", "acl_id=l2"):
        gaps.failed(COMMANDS["listNetworkACLs"], {}, Refused("listNetworkACLs", "null", status=530), rows_where=where)
    assert [row["rows_where"] for row in gaps.rows] == ["acl_id=l1", "acl_id=l2"]
    gaps.dangling({"tiers": [{"vpcid": "v1"}]})
    assert [row["table"] for row in gaps.rows] == ["acl_rules", "acl_rules", "vpcs"]


def test_a_size_that_routers_still_have_may_be_deleted_and_all_sizes_may_not():
    gaps = gaps_of(Viewer(role_type="Admin"))
    gaps.dangling({"routers": [{"serviceofferingid": "o1"}], "service_offerings": [{"id": "o2"}]})
    gaps.dangling({"routers": [{"serviceofferingid": "o3"}]})
    assert [(gap["subject_id"], gap["expected"]) for gap in gaps.rows] == [("o1", True), ("o3", False)]


def test_an_administrator_who_is_shown_no_setting_misses_them():
    for role_type, reason in (("Admin", "not-collected"), ("DomainAdmin", "not-permitted")):
        gaps = gaps_of(Viewer(role_type=role_type))
        gaps.without_settings(COMMANDS["listConfigurations"])
        assert [(gap["reason"], gap["expected"]) for gap in gaps.rows] == [(reason, role_type == "DomainAdmin")]
