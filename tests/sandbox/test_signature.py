"""Requests are accepted and refused as a real server does, in its order of tests."""

from datetime import UTC, datetime, timedelta

import pytest

from vpnaudit.sandbox.signature import is_fresh, sign

from .asking import ask, send, signed

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REFUSED = "unable to verify user credentials and/or request signature"


def test_example_of_the_developer_guide():
    params = {
        "command": "listUsers",
        "response": "json",
        "apikey": "plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg",
    }
    secret = "VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ"
    assert sign(params, secret) == "TTpdDq/7j/J58XCRHomKoQXEQds="


def test_values_are_encoded_as_java_does():
    assert sign({"a": "x y~*"}, "s") != sign({"a": "x+y~*"}, "s")
    assert sign({"a": "x", "signature": "anything"}, "s") == sign({"a": "x"}, "s")


@pytest.mark.parametrize(
    ("version", "expires", "fresh"),
    [
        (None, None, True),
        ("2", "2001-01-01T00:00:00+0000", True),
        ("3", None, False),
        ("3", "tomorrow", False),
        ("3", "2026-11-24T11:59:59+0000", False),
        ("3", "2026-11-24T12:00:01+0000", True),
        ("3", "2026-11-24T13:00:01+01:00", True),
        ("3", "2026-11-24T12:00:01.500000Z", True),
    ],
)
def test_expires_counts_with_version_3_only(version, expires, fresh):
    assert is_fresh(version, expires, NOW) is fresh


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_get_and_post_form(sandbox, method):
    params = signed(*sandbox.credentials["prod"]["admin"], "listZones")
    status, headers, _ = send(sandbox, "prod", params, method)
    assert status == 200
    assert headers["content-type"] == "application/json;charset=UTF-8"


def refusal(sandbox, params):
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
        status, text, headers = refusal(sandbox, params)
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
    status, text, headers = refusal(sandbox, signed(key, "wrong", "listHosts"))
    assert status == 432
    assert text.startswith(
        '{"errorresponse":{"uuidList":[],"errorcode":432,"cserrorcode":9999,"errortext":"The API [listHosts] does not'
        " exist"
    )
    assert "listHosts" in headers["x-description"]


def test_names_in_any_case_are_read_and_signed_as_sent(sandbox):
    key, secret = sandbox.credentials["prod"]["admin"]
    params = {"apiKey": key, "command": "listVPCs", "listAll": "true", "response": "json"}
    status, _, text = send(sandbox, "prod", params | {"signature": sign(params, secret)})
    assert status == 200
    assert '"count":' in text


def test_nothing_but_lists(sandbox):
    assert ask(sandbox, "prod", "auditor", "createVpnGateway")[0] == 432
    status, body = ask(sandbox, "prod", "admin", "deleteVpnConnection", id="x")
    assert status == 530
    assert "was not carried out" in body["deletevpnconnectionresponse"]["errortext"]


def test_xml_unless_asked_for_json(sandbox):
    params = signed(*sandbox.credentials["prod"]["admin"], "listZones", response="xml")
    _, headers, text = send(sandbox, "prod", params)
    assert headers["content-type"].startswith("text/xml")
    assert text.startswith(
        '<?xml version="1.0" encoding="UTF-8"?><listzonesresponse'
        ' cloud-stack-version="4.22.0.0"><count>3</count><zone><id>'
    )


def test_without_a_command_the_outer_key_is_null(sandbox):
    status, _, text = send(sandbox, "prod", {"response": "json"})
    assert (status, text.startswith('{"null":{"uuidList":[],"errorcode":401')) == (401, True)
