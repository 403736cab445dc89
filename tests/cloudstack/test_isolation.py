"""One object that cannot be sent costs itself: the lists beside it are read, and its own place is told."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from tests import replay

LIST_OF_RULES = "listNetworkACLs"


def poisoned(*ids, commands, status=431, text="Illegal group reference: group index is missing"):
    """The server stumbles over every reply to these commands that holds one of the ids."""

    def spoil(query, response):
        command = query["command"]
        if command in commands and any(object_id.encode() in response.content for object_id in ids):
            inner = {"uuidList": [], "errorcode": status, "cserrorcode": 9999, "errortext": text}
            return httpx.Response(status, json={f"{command.lower()}response": inner})
        return response

    return spoil


def counted(spoil, counter):
    def count(query, response):
        counter[query["command"]] += 1
        return spoil(query, response)

    return count


def test_of_an_access_rule_that_ends_the_call_the_list_is_told_and_all_other_lists_are_whole(auditor):
    rule = auditor["acl_rules"].iloc[7]
    spoil = poisoned(rule["id"], commands=[LIST_OF_RULES], status=530, text="null")
    estate = replay.estate_of("auditor", spoil=spoil)
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["rows_where"], gap["expected"]) == ("acl_rules", f"acl_id={rule['acl_id']}", False)
    assert f"in the access list {rule['acl_id']}" in gap["text"]
    assert "partialupgrade" in gap["text"]
    assert set(auditor["acl_rules"]["id"]) - set(estate["acl_rules"]["id"]) == {rule["id"]}


def test_of_a_rule_that_breaks_the_json_the_list_is_told_with_its_id(auditor):
    rule = auditor["acl_rules"].iloc[7]

    def spoil(query, response):
        marked = response.content.replace(rule["id"].encode() + b'"', rule["id"].encode() + b'", "reason": "\\A"')
        return httpx.Response(200, content=marked) if query["command"] == LIST_OF_RULES else response

    (gap,) = replay.estate_of("auditor", spoil=spoil)["gaps"].to_dict("records")
    assert (gap["subject_id"], gap["rows_where"]) == (rule["id"], f"acl_id={rule['acl_id']}")


def test_a_call_that_fails_for_every_list_is_not_made_for_each(auditor):
    calls = Counter()
    spoil = replay.refusing(LIST_OF_RULES, status=530, outer="listnetworkaclsresponse", text="null")
    estate = replay.estate_of("auditor", spoil=counted(spoil, calls))
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["rows_where"]) == ("acl_rules", None)
    assert calls[LIST_OF_RULES] < 25


def test_where_a_list_of_rules_was_not_shown_its_rules_may_be_missing_too(auditor):
    """The unreadable rule is located, and still not every list was asked for."""
    rule = auditor["acl_rules"].iloc[7]
    hidden = next(acl_id for acl_id in auditor["acl_lists"]["id"] if acl_id != rule["acl_id"])

    def spoil(query, response):
        if query["command"] == "listNetworkACLLists" and hidden.encode() in response.content:
            return httpx.Response(
                530, json={"listnetworkacllistsresponse": {"errorcode": 530, "cserrorcode": 4250, "errortext": "null"}}
            )
        return poisoned(rule["id"], commands=[LIST_OF_RULES], status=530)(query, response)

    gaps = replay.estate_of("auditor", spoil=spoil)["gaps"]
    places = gaps.loc[gaps["table"] == "acl_rules", "rows_where"]
    assert set(places.dropna()) == {f"acl_id={rule['acl_id']}"}
    assert places.isna().any()


def test_a_gateway_that_cannot_be_sent_is_told_by_its_id_where_a_connection_names_it(auditor):
    victim = auditor["connections"].iloc[3]["customer_gateway_id"]
    estate = replay.estate_of("auditor", spoil=poisoned(victim, commands=["listVpnCustomerGateways"]))
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["expected"]) == ("customer_gateways", victim, False)
    assert "u0024" in gap["text"]
    assert "rename" in gap["text"]
    assert len(estate["customer_gateways"]) == len(auditor["customer_gateways"]) - 1


def test_one_that_nothing_names_stays_one_of_an_unknown_id(auditor):
    named = set(auditor["connections"]["customer_gateway_id"])
    victim = min(set(auditor["customer_gateways"]["id"]) - named)

    def without_events(query, response):
        if query["command"] == "listEvents":
            return httpx.Response(200, json={"listeventsresponse": {}})
        return poisoned(victim, commands=["listVpnCustomerGateways"])(query, response)

    (gap,) = replay.estate_of("auditor", spoil=without_events)["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["rows_where"]) == ("customer_gateways", None, None)


def test_objects_that_a_broken_list_does_not_show_are_read_by_their_ids(auditor):
    """Only the whole list fails; each object can be asked for."""
    named = set(auditor["connections"]["customer_gateway_id"])

    def spoil(query, response):
        if query["command"] == "listVpnCustomerGateways" and "id" not in query:
            return replay.refusing(
                "listVpnCustomerGateways", status=530, outer="listvpncustomergatewaysresponse", text="null"
            )(query, response)
        return response

    estate = replay.estate_of("auditor", spoil=spoil)
    assert set(estate["customer_gateways"]["id"]) >= named
    (gap,) = estate["gaps"].to_dict("records")
    assert (gap["table"], gap["subject_id"], gap["status"]) == ("customer_gateways", None, 530)


def test_where_each_object_fails_by_its_id_too_each_is_a_gap(auditor):
    named = set(auditor["connections"]["customer_gateway_id"])
    spoil = replay.refusing("listVpnCustomerGateways", status=530, outer="listvpncustomergatewaysresponse", text="null")
    gaps = replay.estate_of("auditor", spoil=spoil)["gaps"]
    assert set(gaps["subject_id"].dropna()) >= named
    assert gaps["subject_id"].isna().sum() == 1


@pytest.mark.parametrize("gone", [True, False])
def test_an_event_whose_text_cannot_be_sent_is_expected_and_its_object_is_not(auditor, gone):
    """The object that is gone leaves its event behind for a month; one that is there is a gap of its own."""
    events = auditor["events"]
    victim = events.loc[events["type"] == "VPN.S2S.CUSTOMER.GATEWAY.CREATE", "resource_id"].iloc[0]
    commands = ["listEvents"] if gone else ["listEvents", "listVpnCustomerGateways"]
    gaps = replay.estate_of("auditor", spoil=poisoned(victim, commands=commands))["gaps"]
    of_events = gaps[gaps["table"] == "events"]
    assert of_events["expected"].all()
    assert set(of_events["rows_where"]) <= {f"type={kind}" for kind in set(events["type"])}
    assert of_events["text"].str.contains("archiveEvents").all()
    assert gaps["expected"].all() == gone


def test_an_event_that_fails_for_another_reason_is_not_expected(auditor):
    victim = auditor["events"].iloc[0]["id"]
    (gap,) = replay.estate_of("auditor", spoil=poisoned(victim, commands=["listEvents"], status=530))["gaps"].to_dict(
        "records"
    )
    assert not gap["expected"]
    assert "management-server.log" in gap["text"]
