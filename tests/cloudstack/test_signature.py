"""The signature is the server's: the documented example, and the sandbox's independent half for everything else."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.cloudstack.signature import signature, signed_form
from vpnaudit.sandbox.signature import is_fresh, is_signed, sign

# CloudStack developer guide, "How to sign an API call with Python".
KEY = "plgWJfZK4gyS3mOMTVmjUVg-X-jlWlnfaUJ9GAbBbf9EdM-kAYMmAiLqzzq1ElZLYq_u38zCm0bewzGUdP66mg"
SECRET = "VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ"

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789.[]", min_size=1, max_size=12).filter(
    lambda name: name != "signature"
)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def test_the_documented_example():
    params = {"apikey": KEY, "command": "listUsers", "response": "json"}
    assert signature(params, SECRET) == "TTpdDq/7j/J58XCRHomKoQXEQds="


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, values, max_size=6), st.text("abcXYZ019-_", min_size=1))
def test_it_signs_what_an_independent_server_checks(params, secret):
    assert signature(params, secret) == sign(params, secret)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(names, values.filter(bool), max_size=6))
def test_the_form_is_read_back_as_it_was_signed(params):
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    body = signed_form({"command": "listVPCs", **params}, key=KEY, secret=SECRET, now=now)
    read = {
        name: inner[-1] for name, inner in parse_qs(body.decode(), keep_blank_values=True, strict_parsing=True).items()
    }
    assert is_signed(read, SECRET)
    assert is_fresh(read["signatureversion"], read["expires"], now)
    assert not is_fresh(read["signatureversion"], read["expires"], datetime(2026, 11, 24, 12, 11, tzinfo=UTC))


def test_what_the_client_adds_cannot_be_overruled_by_a_parameter():
    body = signed_form(
        {"command": "listVPCs", "apikey": "x", "expires": "never"}, key=KEY, secret=SECRET, now=datetime.now(UTC)
    ).decode()
    assert body.count("apikey=") == 1
    assert f"apikey={KEY}" in body
    assert "never" not in body
