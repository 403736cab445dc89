"""An HTTP answer becomes a reply or a typed error, and says whether another try makes sense."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.foreign_answers import UnfitEndpoint
from vpnaudit.cloudstack.redaction import Redactor
from vpnaudit.cloudstack.replies import HttpAnswer, Reply, UnknownCommand, UnreadableReply, interpret
from vpnaudit.errors import CloudStackError, Malformed, Refused
from vpnaudit.psk import Fingerprinter

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OBJECT = "1d4f2f3e-0000-4000-8000-000000000001"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=9,
)


def outcome_of(body, status=200):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = HttpAnswer(status, content, "https://cloud.example.org/client/api")
    return interpret("listVPCs", answer, NOW, Redactor(Fingerprinter()), lambda text: text.replace("canary", "[x]"))


def refused(status, **inner):
    return outcome_of({"listvpcsresponse": {"errorcode": status, **inner}}, status)


def test_a_good_answer_is_its_inner_object_with_the_sum_of_the_whole():
    outcome = outcome_of({"listvpcsresponse": {"count": 1, "vpc": [{"id": "v"}, "odd"]}})
    assert outcome.result.rows("vpc") == [{"id": "v"}]
    assert outcome.result.count == 1
    assert outcome.error is None
    same = outcome_of(b'{ "listvpcsresponse": {"vpc": [{"id":"v"},"odd"], "count": 1} }')
    assert same.sha256 == outcome.sha256, "order and blanks are no part of an answer"


@pytest.mark.parametrize(("body", "rows", "count"), [({}, [], None), ({"vpc": {}, "count": "9"}, [], None)])
def test_an_answer_without_an_array_holds_no_rows_and_a_count_that_is_no_number_none(body, rows, count):
    reply = Reply(body, 200)
    assert (reply.rows("vpc"), reply.count) == (rows, count)


def test_an_unknown_command_is_one_only_where_the_server_names_no_command():
    no = {"errorcode": 401, "errortext": "unable to verify user credentials"}
    assert isinstance(outcome_of({"errorresponse": no}, 401).error, UnknownCommand)
    bad_key = outcome_of({"listvpcsresponse": no}, 401).error
    assert not isinstance(bad_key, UnknownCommand)
    assert "a wrong key or secret" in str(bad_key)


@pytest.mark.parametrize(
    ("status", "wait"), [(429, True), (502, True), (503, True), (504, True), (431, None), (530, None)]
)
def test_only_a_no_that_passes_is_worth_another_try(status, wait):
    for body in ({"r": {"errorcode": status}}, {"two": {}, "keys": {}}, b"<html>"):
        assert outcome_of(body, status).wait_s is wait


def test_the_servers_own_wait_is_kept_spread_and_bounded():
    assert 1.5 <= refused(429, errortext="please retry after [1500] ms.").wait_s <= 2.25
    assert 60 <= refused(429, errortext="retry after [99999999] ms").wait_s <= 90


def test_an_error_in_a_200_is_an_error_and_a_code_that_is_no_number_is_none():
    outcome = outcome_of({"listvpcsresponse": {"errorcode": "odd", "errortext": "canary words"}})
    assert isinstance(outcome.error, Refused)
    assert (outcome.error.status, outcome.error.code) == (200, None)
    assert outcome.error.text == "[x] words"
    assert refused(431).error.text == "no reason given"


def test_what_is_no_json_is_tried_three_times_and_names_its_object():
    outcome = outcome_of(f'{{"r":{{"vpc":[{{"id":"{OBJECT}","name":"\\A"}}]}}}}'.encode())
    assert isinstance(outcome.error, UnreadableReply)
    assert (outcome.error.first_id, outcome.most_tries) == (OBJECT, 3)
    proxy = outcome_of(b"<html>", 404)
    assert isinstance(proxy.error, Refused)
    assert "a proxy spoke" in proxy.error.text


@pytest.mark.parametrize("body", [{}, {"a": {}, "b": {}}, {"a": [1]}, {"a": None}])
def test_another_envelope_is_malformed(body):
    assert isinstance(outcome_of(body).error, Malformed)


@settings(max_examples=80, deadline=None)
@given(json_values | st.binary(max_size=30), st.sampled_from([200, 302, 401, 429, 431, 503, 530]))
def test_any_answer_is_a_reply_or_a_typed_error(body, status):
    outcome = outcome_of(body, status)
    assert isinstance(outcome.result, Reply | CloudStackError)
    assert outcome.result.status == status
    assert isinstance(outcome.result, CloudStackError) or status == 200


def test_capabilities_are_one_object_and_no_array():
    capabilities = COMMANDS["listCapabilities"]
    assert Reply({"capability": {"a": 1}}, 200).entries(capabilities) == [{"a": 1}]
    for body in ({}, {"capability": [{}]}, {"capability": None}):
        with pytest.raises(Malformed, match="no object capability"):
            Reply(body, 200).entries(capabilities)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_a_reply_in_another_encoding_of_json_is_read_without_its_key(encoding):
    text = json.dumps({"r": {"vpncustomergateway": [{"id": "g", "ipsecpsk": "canary-key"}]}})
    outcome = outcome_of(text.encode(encoding))
    assert outcome.result.body["vpncustomergateway"][0]["psk_length"] == 10
    assert "canary" not in repr(outcome)


def test_what_only_looks_like_another_encoding_is_no_json():
    assert isinstance(outcome_of(b"\xff\xfe{").error, UnreadableReply)


@pytest.mark.parametrize("depth", [100, 900, 10**6])
def test_a_reply_that_is_nested_as_none_is_no_reply(depth):
    outcome = outcome_of(b'{"r": {"vpc": ' + b"[" * depth + b"]" * depth + b"}}")
    assert isinstance(outcome.error, UnreadableReply)
    assert "nested" in outcome.error.text


def test_the_integration_port_is_told_by_its_number_and_its_no():
    answer = HttpAnswer(432, b'{"errorresponse": {"errorcode": 432}}', "http://127.0.0.1:8096/client/api")
    outcome = interpret("listApis", answer, NOW, Redactor(Fingerprinter()), str)
    assert isinstance(outcome.error, UnfitEndpoint)
    assert "integration.api.port = 0" in outcome.error.text


@pytest.mark.parametrize(("content", "foreign"), [(b"<html>", True), (b" \n<html>", True), (b"{", False)])
def test_a_web_page_is_not_cloudstacks_and_what_is_no_json_may_be(content, foreign):
    assert outcome_of(content).foreign is foreign
