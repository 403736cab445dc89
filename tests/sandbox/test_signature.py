"""Requests are accepted and refused as a real server does, in its order of tests."""

from datetime import UTC, datetime

import pytest

from vpnaudit.sandbox.signature import is_fresh, sign

from .asking import send

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


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


def test_names_in_any_case_are_read_and_signed_as_sent(sandbox):
    key, secret = sandbox.credentials["prod"]["admin"]
    params = {"apiKey": key, "command": "listVPCs", "listAll": "true", "response": "json"}
    status, _, text = send(sandbox, "prod", params | {"signature": sign(params, secret)})
    assert status == 200
    assert '"count":' in text
