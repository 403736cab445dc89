"""A refusal has the status, the inner code and the words of the recorded server."""

import pytest

from vpnaudit.sandbox import refusal

from .asking import ask

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


def test_only_an_administrator_is_told_how_the_server_failed():
    assert refusal.broken("null in a table", admin=True).text == "null in a table"
    assert "null" not in refusal.broken("null in a table", admin=False).text


def test_a_wrong_key_has_no_inner_code_and_every_other_no_has_one():
    assert refusal.bad_credentials().inner is None
    others = (refusal.no_access(), refusal.invalid("x"), refusal.not_in_project("listVPCs", "p"))
    assert all(one.inner for one in others)
