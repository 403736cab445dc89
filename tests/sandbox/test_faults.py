"""Faults on demand happen as often as asked, look like the real ones, and repeat with the seed."""

import http.client
import json
import time

import pytest

from vpnaudit.sandbox import Faults, Sandbox

from .asking import ask, rows, send, signed

ALL = {"listall": "true", "isrecursive": "true"}


def outcomes(faults, times=40):
    with Sandbox(faults=faults) as sandbox:
        statuses = []
        for _ in range(times):
            try:
                status, headers, text = send(
                    sandbox, "prod", signed(*sandbox.credentials["prod"]["admin"], "listZones")
                )
            except http.client.IncompleteRead:
                statuses.append("cut")
                continue
            try:
                json.loads(text)
            except json.JSONDecodeError:
                statuses.append("garbled" if headers["content-type"].startswith("application/json") else status)
            else:
                statuses.append(status)
        return statuses


def test_every_kind_shows_and_the_seed_repeats_it():
    faults = Faults(seed=1, throttled=0.2, failing=0.2, cut=0.2, garbled=0.2)
    first = outcomes(faults)
    assert {200, 429, "cut", "garbled"} <= set(first)
    assert {502, 503, 504} & set(first)
    assert outcomes(faults) == first
    assert outcomes(Faults(seed=2, throttled=0.2, failing=0.2, cut=0.2, garbled=0.2)) != first


def test_no_fault_unless_asked():
    assert set(outcomes(Faults(), times=5)) == {200}


def test_no_more_than_so_many_in_a_row():
    assert outcomes(Faults(failing=1, at_most=2), times=6)[2::3] == [200, 200]


def test_throttling_says_how_long():
    with Sandbox(faults=Faults(throttled=1, retry_after_ms=750)) as sandbox:
        status, body = ask(sandbox, "prod", "admin", "listZones")
    assert status == 429
    inner = body["listzonesresponse"]
    assert inner["cserrorcode"] == 9999
    assert inner["errortext"] == "The given user has reached his/her account api limit, please retry after [750] ms."


def test_latency():
    with Sandbox(faults=Faults(latency_s=0.2)) as sandbox:
        start = time.monotonic()
        ask(sandbox, "prod", "admin", "listZones")
        assert time.monotonic() - start >= 0.2


def test_a_forbidden_command_is_refused_and_not_offered():
    with Sandbox(faults=Faults(forbidden=frozenset({"listRouters"}))) as sandbox:
        assert ask(sandbox, "prod", "admin", "listRouters")[0] == 432
        assert "listRouters" not in {api["name"] for api in rows(sandbox, "prod", "admin", "listApis")}


@pytest.mark.parametrize(("role", "words_shown"), [("admin", True), ("alice", False)])
def test_a_list_that_cannot_be_listed(role, words_shown):
    with Sandbox(faults=Faults(unlistable=frozenset({"listVpnGateways"}))) as sandbox:
        for params in ({}, {"page": "1", "pagesize": "1", **ALL}):
            status, body = ask(sandbox, "prod", role, "listVpnGateways", **params)
            text = body["listvpngatewaysresponse"]["errortext"]
            assert (status, text.startswith("Unable to list")) == (530, words_shown)


def test_a_page_that_shifts_while_it_is_read():
    with Sandbox(faults=Faults(shifting=frozenset({"listVPCs"}))) as sandbox:

        def page(number):
            _, body = ask(sandbox, "prod", "admin", "listVPCs", page=str(number), pagesize="10", **ALL)
            inner = body["listvpcsresponse"]
            return inner["count"], [row["id"] for row in inner["vpc"]]

        first, second, third = page(1), page(2), page(3)
        assert (first[0], second[0], third[0]) == (29, 28, 28)
        again = page(1)
        assert again[0] == 28
        missed = set(again[1]) - set(first[1])
        assert len(missed) == 1  # fell between the pages: only who reads again sees it
        assert not missed & {*second[1], *third[1]}


def first_id(command):
    with Sandbox() as sandbox:
        return rows(sandbox, "prod", "admin", command, **ALL)[0]["id"]


@pytest.mark.parametrize(
    ("command", "field"),
    [("listVPCs", "name"), ("listEvents", "description"), ("listNetworkACLs", "reason")],
)
def test_an_object_has_another_text(command, field):
    victim = first_id(command)
    with Sandbox(faults=Faults(texts={victim: "another"})) as sandbox:
        texts = {row["id"]: row.get(field) for row in rows(sandbox, "prod", "admin", command, **ALL)}
    assert [object_id for object_id, text in texts.items() if text == "another"] == [victim]


@pytest.mark.parametrize(
    ("text", "words"), [("a\\u0024b", "Illegal group reference"), ("a\\u005Cb", "character to be escaped is missing")]
)
def test_a_text_that_un_escapes_to_a_mark_of_replacement_ends_the_call(text, words):
    victim = first_id("listVPCs")
    with Sandbox(faults=Faults(texts={victim: text})) as sandbox:
        status, body = ask(sandbox, "prod", "admin", "listVPCs", **ALL)
        elsewhere, _ = ask(sandbox, "prod", "admin", "listVPCs", **ALL, page="2", pagesize="1")
    assert (status, elsewhere) == (431, 200)
    assert words in body["listvpcsresponse"]["errortext"]


def test_a_page_with_an_incomplete_object_ends_with_530():
    victim = first_id("listNetworkACLs")
    with Sandbox(faults=Faults(incomplete=frozenset({victim}))) as sandbox:
        status, body = ask(sandbox, "prod", "admin", "listNetworkACLs", **ALL)
        elsewhere, _ = ask(sandbox, "prod", "admin", "listNetworkACLs", **ALL, page="2", pagesize="1")
    assert (status, elsewhere) == (530, 200)
    assert "is null" in body["listnetworkaclsresponse"]["errortext"]
